"""Which releases of MetalLB a cluster runs, and whether one of them reads its pools from a ConfigMap.

The manifests say so by images, by the version of its chart, and by the tag in a URL of its repository that a kustomization names.

Source: metallb/metallb v0.12.1 internal/k8s/k8s.go (reads the ConfigMap), v0.13.2 (reads objects only).
"""

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.patterns import pattern
from k8slblint.traffic.ownership.controller_releases import Release, release_of, releases_in

_METALLB = "metallb"
_REPOSITORY = "metallb/metallb"
_BOUNDS = pattern(r"[/?&=]")

_READS_OBJECTS_ONLY: Release = (0, 13, 0)


def reads_config_maps(cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether a cluster is known to run a MetalLB before 0.13."""
    named = (_named_in(gap.url) for gap in graph.gaps_in(cluster) if gap.url)
    return any(release < _READS_OBJECTS_ONLY for release in (*releases_in(cluster, graph, _METALLB), *named) if release is not None)


def _named_in(url: str) -> Release | None:
    """Return the release in a URL of MetalLB's repository: `?ref=v0.12.1`, `/v0.12.1/manifests/metallb.yaml`."""
    rest = url.partition(_REPOSITORY)[2]
    return next((release for part in _BOUNDS.split(rest) if (release := release_of(part)) is not None), None)
