"""What a HelmRelease lays over the objects of its chart, rendered by both engines."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from k8slblint.budget import Budget
from k8slblint.model.rendering import RenderSettings
from k8slblint.rendering.engines import Renderers
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure
from tests import charts
from tests.engines import needs_engine

pytestmark = needs_engine

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: {type: {{ .Values.type }}, ports: [{port: 80}]}
"""
FILES = charts.chart(
    {
        "templates/a.yaml": SERVICE.replace("NAME", "a"),
        "templates/b.yaml": SERVICE.replace("NAME", "b"),
        "values.yaml": "type: NodePort\n",
        "bare.yaml": "type: LoadBalancer\n",
    }
)
WEB = ChartRelease("deploy", (), "web", "shop")
CLUSTER_IP = {"patch": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ClusterIP}\n"}
PORT = {"patch": '[{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]', "target": {"kind": "Service"}}


def rendered(folder: Path, release: ChartRelease, **settings: Any) -> Outcome:
    budget = Budget()
    with Renderers(RenderSettings(**settings), budget) as renderers:
        return renderers.engines.render(release, charts.tree(folder, FILES))


def test_one_after_the_other(tmp_path):
    found = charts.objects(rendered(tmp_path, replace(WEB, post_renderers=({"patches": [CLUSTER_IP]}, {"patches": [PORT]}))))
    shown = {key: (value["spec"]["type"], value["spec"]["ports"][0]["port"]) for key, value in found.items()}
    assert shown == {
        ("deploy/templates/a.yaml", "Service", "a"): ("ClusterIP", 81),
        ("deploy/templates/b.yaml", "Service", "b"): ("NodePort", 81),
    }


def test_files_in_place_of_the_own_values(tmp_path):
    found = charts.objects(rendered(tmp_path, replace(WEB, layers=(ValueLayer("deploy/bare.yaml"),), is_bare=True)))
    assert {value["spec"]["type"] for value in found.values()} == {"LoadBalancer"}
    without = charts.objects(rendered(tmp_path, replace(WEB, is_bare=True)))
    assert {value["spec"]["type"] for value in without.values()} == {None}


@pytest.mark.parametrize("patch", [{"patch": "a: 1"}, {"patch": CLUSTER_IP["patch"].replace("name: a", "name: gone")}, {"patch": "{"}])
def test_patches_that_kustomize_refuses_leave_everything_open(patch, tmp_path):
    found = rendered(tmp_path, replace(WEB, post_renderers=({"patches": [patch]},)))
    assert isinstance(found, RenderFailure)
    assert (found.kind, found.reason.startswith("its post-renderers cannot be run over it: kustomize refuses it")) == ("plugin", True)


def test_without_kustomize_nothing_is_known(tmp_path):
    found = rendered(tmp_path, replace(WEB, post_renderers=({"patches": [PORT]},)), kustomize="off")
    assert isinstance(found, RenderFailure)
    assert found.kind == "off"
    assert isinstance(rendered(tmp_path, WEB, kustomize="off"), Rendered)
