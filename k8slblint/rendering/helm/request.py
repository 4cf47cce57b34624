"""A request to an engine: the archive of a chart, the values, the release and the cluster."""

import re
from typing import NamedTuple

from k8slblint.rendering.helm.charts import Chart, missing_failure
from k8slblint.rendering.helm.packing import Packed, Packing
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.releases import refused_release
from k8slblint.rendering.helm.values import as_json, chart_values, is_disabled, merged_values
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure

API_VERSIONS = (
    "gateway.networking.k8s.io/v1",
    "gateway.networking.k8s.io/v1/Gateway",
    "gateway.networking.k8s.io/v1/GatewayClass",
    "gateway.networking.k8s.io/v1/HTTPRoute",
    "gateway.networking.k8s.io/v1/GRPCRoute",
    "gateway.networking.k8s.io/v1beta1",
    "gateway.networking.k8s.io/v1beta1/Gateway",
    "gateway.networking.k8s.io/v1beta1/HTTPRoute",
    "gateway.networking.k8s.io/v1beta1/ReferenceGrant",
    "networking.k8s.io/v1/Ingress",
    "networking.k8s.io/v1/IngressClass",
    "metallb.io/v1beta1",
    "metallb.io/v1beta1/IPAddressPool",
    "elbv2.k8s.aws/v1beta1",
    "elbv2.k8s.aws/v1beta1/TargetGroupBinding",
    "traefik.io/v1alpha1",
    "traefik.io/v1alpha1/IngressRoute",
)
"""What a cluster is taken to serve besides Kubernetes itself where nobody says more: the APIs that traffic goes through.

Helm knows only core groups without a cluster, and a chart that asks `.Capabilities.APIVersions.Has` for another silently leaves its
objects out; a route that is left out would be a Service without a way in. APIs that carry no traffic are not claimed.
"""

_VERSION = re.compile(r"v?(\d+\.\d+)(\.\d+)?(?:[-+]\S*)?", re.ASCII)
"""A version of Kubernetes; what vendors add (`-eks-1552ad0`, `+k3s1`) one engine shows to templates and the other does not."""


class Printing(NamedTuple):
    """What `helm template` is to print of a chart, by its options of these names."""

    include_crds: bool = False
    skip_tests: bool = False
    no_hooks: bool = False


class Request(NamedTuple):
    """What an engine is asked: the archive of the chart, the values as JSON, and the release; what is empty the engine chooses.

    `lacks` are the dependencies that the archive does without. Without `printing` all objects are wanted in any order, else what
    `helm template` would print.
    """

    chart: bytes
    values: str
    release: ChartRelease
    kube_version: str
    api_versions: tuple[str, ...]
    printing: Printing | None = None
    lacks: tuple[RenderFailure, ...] = ()


class Text(NamedTuple):
    """One text that an engine printed, with the path that Helm prints for its template."""

    printed: str
    text: str


def asked(tree: SourceTree, release: ChartRelease, packing: Packing) -> tuple[Chart, Request] | RenderFailure:
    """Return a chart and what is asked of it; `packing` packs it, or has done so before."""
    packed = packing.packed(tree, release.chart)
    if isinstance(packed, RenderFailure):
        return packed
    request = _request(tree, packed, release)
    return request if isinstance(request, RenderFailure) else (packed.chart, request)


def _request(tree: SourceTree, packed: Packed, release: ChartRelease) -> Request | RenderFailure:
    chart = packed.chart
    if packed.archive is None:
        return RenderFailure("template", "a library chart cannot be deployed by itself", chart.file)
    if refused := refused_release(release, chart.file):
        return refused
    values = merged_values(tree, release.layers)
    if isinstance(values, RenderFailure):
        return values
    missing = chart.missing
    defaults = chart_values(tree, chart) if missing else {}
    lacks = tuple(missing_failure(chart, one) for one in missing if not is_disabled(one, defaults, values))
    if isinstance(packed.archive, RenderFailure):
        return packed.archive
    versions = release.api_versions or API_VERSIONS
    return Request(packed.archive, as_json(values), release, _kube_version(release.kube_version), versions, lacks=lacks)


def _kube_version(stated: str | None) -> str:
    if stated is None:
        from k8slblint.loading.kubernetes_schemas import shipped_minors

        return f"v1.{shipped_minors()[-1]}.0"
    found = _VERSION.fullmatch(stated)
    return f"v{found[1]}{found[2] or '.0'}" if found else stated
