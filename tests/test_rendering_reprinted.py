"""Objects of kinds that no rule reads, which lack as they stand what patches of a rendered kustomization add."""

from pathlib import Path

import pytest

from tests.test_rendering_in_part import scan

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, required: [interval], properties: {interval: {type: string}, image: {type: string}}}
"""
WIDGET = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: web}\nspec: {image: x}\n"
VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: data}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  azureDisk: {kind: Managed}
"""
OF_WIDGET = "- patch: |\n    apiVersion: example.org/v1\n    kind: Widget\n    metadata: {name: web}\n    spec: {interval: 1m}\n"
OF_VOLUME = (
    "- patch: |\n    apiVersion: v1\n    kind: PersistentVolume\n    metadata: {name: data}\n"
    "    spec: {azureDisk: {diskName: d, diskURI: /d}}\n"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"


def refused(top: Path, patches: str, files: dict[str, str] | None = None) -> set[str]:
    """Return the files with findings of `invalid-resource`."""
    base = {
        "crd/crd.yaml": CRD,
        "base/kustomization.yaml": "resources: [widget.yaml, volume.yaml]\n",
        "base/widget.yaml": WIDGET,
        "base/volume.yaml": VOLUME,
        "prod/kustomization.yaml": f"resources: [../base]\n{patches}",
    }
    found = scan(top, base | (files or {}))["findings"]
    return {one["location"]["path"].removeprefix(f"{top}/") for one in found if one["rule"] == "invalid-resource"}


@pytest.mark.parametrize(
    ("patches", "expected"),
    [
        (f"patches:\n{OF_WIDGET}{OF_VOLUME}", set()),
        (f"patches:\n{OF_WIDGET}", {"base/volume.yaml"}),
        (f"patches:\n{OF_VOLUME}", {"base/widget.yaml"}),
        ("", {"base/volume.yaml", "base/widget.yaml"}),
    ],
)
@pytest.mark.parametrize("has_service", [False, True])
def test_what_is_printed_is_judged(tmp_path: Path, patches: str, expected: set[str], *, has_service: bool) -> None:
    """Also where nothing but what is refused gives a reason to render the kustomization."""
    files = {"base/kustomization.yaml": "resources: [widget.yaml, volume.yaml, web.yaml]\n", "base/web.yaml": SERVICE}
    assert refused(tmp_path, patches, files if has_service else None) == expected


def test_a_patch_that_spoils_an_object_is_reported_with_what_is_wrong_with_its_base(tmp_path: Path) -> None:
    spoilt = OF_WIDGET.replace("interval: 1m", "interval: 1")
    (place,) = refused(tmp_path, f"patches:\n{spoilt}{OF_VOLUME}")
    assert place in {"prod/kustomization.yaml", "base/widget.yaml"}


def test_a_file_that_another_tree_lists_as_it_is_is_judged_where_it_stands(tmp_path: Path) -> None:
    listed = {"plain/kustomization.yaml": "resources: [../base/widget.yaml]\n"}
    assert refused(tmp_path, f"patches:\n{OF_WIDGET}{OF_VOLUME}", listed) == {"base/widget.yaml"}


RELEASES = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: helmreleases.helm.toolkit.fluxcd.io}
spec:
  group: helm.toolkit.fluxcd.io
  names: {kind: HelmRelease, plural: helmreleases, singular: helmrelease, listKind: HelmReleaseList}
  scope: Namespaced
  versions:
  - name: v2
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, required: [interval], x-kubernetes-preserve-unknown-fields: true, properties: {interval: {type: string}}}
"""
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: loki}}\nspec:\n  values: {{a: 1}}\n{}"


@pytest.mark.parametrize(
    ("chart", "is_whole"),
    [
        ("", False),
        ("  chart: {spec: {version: 1.2.3}}\n", False),
        ("  chart: {spec: {chart: loki, sourceRef: {kind: HelmRepository, name: grafana}}}\n", True),
        ("  chartRef: {kind: OCIRepository, name: loki}\n", True),
    ],
)
def test_a_release_without_a_chart_is_a_patch_that_nothing_names(tmp_path: Path, chart: str, *, is_whole: bool) -> None:
    report = scan(tmp_path, {"crd/crd.yaml": RELEASES, "loki/dev/01.yaml": RELEASE.format(chart)})
    assert [one["rule"] for one in report["findings"]] == (["invalid-resource"] if is_whole else [])
