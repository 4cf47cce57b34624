"""Whether a tree has anything to render, by the names of its files and the kinds in them alone, so that other runs pay nothing."""

from collections.abc import Iterable

from k8slblint.model.loaded import SourceFile

NAMES = (
    *("/fleet.yaml", "/helmfile.yaml", "/Chart.yaml", "/kustomization.yaml", "/kustomization.yml", "/Kustomization"),
    *("/vendir.yml", "/vendir.yaml", "/vendir.lock.yml"),
)
"""What the files are called that make a tree one to render: those of each kind of source in `registered`, of deployers, and of vendir."""

ARGO_KINDS = ("Application.argoproj.io", "ApplicationSet.argoproj.io")
FLUX_KINDS = (
    "Kustomization.kustomize.toolkit.fluxcd.io",
    "HelmRelease.helm.toolkit.fluxcd.io",
    "GitRepository.source.toolkit.fluxcd.io",
    "HelmRepository.source.toolkit.fluxcd.io",
    "HelmChart.source.toolkit.fluxcd.io",
    "OCIRepository.source.toolkit.fluxcd.io",
)
K3S_KINDS = ("HelmChart.helm.cattle.io", "HelmChartConfig.helm.cattle.io")
HELM_OPERATOR_KIND = "HelmRelease.helm.fluxcd.io"
TREE_KINDS = frozenset({*ARGO_KINDS, FLUX_KINDS[0]})
"""Those that deploy folders of manifests, other such objects among them."""

DEPLOYING_KINDS = frozenset({*ARGO_KINDS, *FLUX_KINDS[:2], K3S_KINDS[0], HELM_OPERATOR_KIND})
"""Those that deploy something."""

GITOPS_KINDS = frozenset({*ARGO_KINDS, *FLUX_KINDS, *K3S_KINDS, HELM_OPERATOR_KIND})
"""The kinds that deploy something, or name where it is from."""


def is_worth_rendering(files: Iterable[SourceFile]) -> bool:
    """Tell whether a chart, a kustomization or what deploys one is among files."""
    return any(f"/{file.path}".endswith(NAMES) for file in files)
