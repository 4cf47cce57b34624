"""The bundled examples: they show every rule that a user is promised, at the lines meant, and nothing else."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from k8slblint.config import parse_config

CHECKOUT = Path(__file__).parent.parent
EXAMPLES = CHECKOUT / "examples"

MUTATION = ("--against", "examples/eks-shop-before")


def _scan(*arguments):
    command = [sys.executable, "-m", "k8slblint", "scan", *arguments, "--format=json"]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 1, run.stderr
    return json.loads(run.stdout)


def _rules(report):
    return Counter(finding["rule"] for finding in report["findings"])


def _places(report, rule):
    """Return file and text of each finding of a rule."""
    places = []
    for finding in report["findings"]:
        if finding["rule"] == rule:
            location = finding["location"]
            line = (CHECKOUT / location["path"]).read_text(encoding="utf-8").splitlines()[location["line"] - 1]
            places.append((location["path"].split("/", 2)[2], line[location["column"] - 1 : location["end_column"] - 1]))
    return places


@pytest.fixture(scope="module")
def shop():
    return _scan("examples/eks-shop", *MUTATION)


@pytest.fixture(scope="module")
def plant():
    return _scan("examples/bare-metal")


def test_the_shop_shows_its_mistakes_and_no_others(shop):
    assert _rules(shop) == {
        "aws-load-balancer-type-mutated": 1,
        "ingress-controller-retired": 1,
        "ingress-vendor-annotation": 2,
        "node-port-in-production": 1,
        "too-many-load-balancers": 1,
        "unneeded-node-ports": 1,
    }


def test_the_plant_shows_its_mistakes_and_no_others(plant):
    assert _rules(plant) == {
        "ingress-controller-retired": 1,
        "ingress-vendor-annotation": 1,
        "metallb-pool-overlaps-node": 2,
        "node-port-in-production": 1,
    }


def test_findings_stand_at_the_value_or_key_at_fault(shop, plant):
    assert _places(shop, "node-port-in-production") == [("clusters/prod/payments/checkout.yaml", "NodePort")]
    assert _places(shop, "aws-load-balancer-type-mutated") == [("clusters/prod/edge/ingress-nginx.yaml", "external")]
    assert ("metallb/pools.yaml", "192.168.41.0/25") in _places(plant, "metallb-pool-overlaps-node")
    assert ("metallb/pools.yaml", "fd12:3456:789a:41::/64") in _places(plant, "metallb-pool-overlaps-node")


def test_without_the_revision_before_there_is_no_mutation():
    assert "aws-load-balancer-type-mutated" not in _rules(_scan("examples/eks-shop"))


def test_the_accepted_node_port_is_suppressed_with_its_reason(shop):
    assert shop["suppressed"] == [] or all("SEC-418" in json.dumps(finding) for finding in shop["suppressed"])
    assert not any("vpn.yaml" in finding["location"]["path"] for finding in shop["findings"])


def test_every_example_is_read_completely(shop, plant):
    assert shop["completeness"]["undecided"] == []
    assert plant["completeness"]["undecided"] == []


def test_the_configuration_in_the_readme_is_valid(tmp_path):
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    (block,) = (block for block in re.findall(r"^```yaml\n(.*?)^```", readme, re.DOTALL | re.MULTILINE) if block.startswith("clusters:"))
    path = tmp_path / ".k8slblint.yaml"
    config = parse_config(block.encode(), str(path), is_now=False)
    assert [cluster.name for cluster in config.scopes.clusters] == ["shop-prod", "plant-7"]
    assert set(config.rules) == {"node-port-in-production", "ingress-vendor-annotation"}
