"""What shows, besides places and labels, that a Service is there to try something: its name, and images that only a local cluster has.

Sources: Kubernetes 1.37, `imagePullPolicy: Never` (the kubelet never fetches the image, so that someone loaded it into every node, as
`kind load` and `minikube image load` do); kind 0.30, the local registry of its documentation.
"""

import re

from k8slblint.graph.answers import Found
from k8slblint.graph.containers import images_of, main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.resource import Resource

_WORDS = frozenset(
    {"demo", "demos", "sample", "example", "hello", "helloworld", "tutorial", "playground", "quickstart", "whoami", "podinfo"}
)
_LOCAL_REGISTRIES = ("localhost:", "localhost/", "127.0.0.1:", "kind-registry:", "k3d-registry")


def why_trial(service: Resource, graph: ResourceGraph) -> str | None:
    """Return in words why a Service serves nobody but those who try something; None where nothing shows it."""
    words = {word for name in (service.name, service.namespace or "") for word in re.findall(r"[a-z]+", name)}
    named = sorted(words & _WORDS)
    if named:
        return f"'{named[0]}' in its name says that it is there to be looked at"
    workloads = workloads_of(service, graph)
    if isinstance(workloads, Found) and any(map(_is_loaded_by_hand, workloads.value)):
        return "its image is loaded into the nodes by hand, as on kind and minikube"
    return None


def _is_loaded_by_hand(workload: Resource) -> bool:
    policies = [container.get("imagePullPolicy") for _, container in main_containers_of(workload)]
    return "Never" in policies or any(image.startswith(_LOCAL_REGISTRIES) for image in images_of(workload))
