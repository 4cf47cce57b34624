"""Which BGP implementation MetalLB of a cluster runs: native, FRR or frr-k8s, where the manifests show it.

Source: metallb/metallb 7938d3f8 controller/main.go, speaker/main.go (`METALLB_BGP_TYPE`; absent is native), internal/config/validation.go.
"""

from typing import Literal, TypeAlias

from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WORKLOAD_KINDS

Mode: TypeAlias = Literal["native", "frr", "frr-k8s"]

_MODES: tuple[Mode, ...] = ("native", "frr", "frr-k8s")

_VARIABLE = "METALLB_BGP_TYPE"
_IMAGES = ("/metallb/controller", "/metallb/speaker")


def mode_of(cluster: str, graph: ResourceGraph) -> Mode | None:
    """Return the mode that the workloads of MetalLB in a cluster state, None where none is there or the text is another."""
    known = graph.derived(_modes)
    return known.get(cluster)


def _modes(graph: ResourceGraph) -> dict[str, Mode]:
    found: dict[str, Mode] = {}
    for workload in graph.of_type(*WORKLOAD_KINDS):
        for _, container in main_containers_of(workload):
            image = container.get("image")
            if isinstance(image, str) and any(name in image for name in _IMAGES):
                mode = _stated(container.get("env"))
                if mode is not None:
                    found.setdefault(graph.scope(workload).cluster, mode)
    return found


def _stated(variables: object) -> Mode | None:
    for one in variables if isinstance(variables, list) else ():
        if isinstance(one, dict) and one.get("name") == _VARIABLE:
            return next((mode for mode in _MODES if mode == one.get("value")), None)
    return "native"
