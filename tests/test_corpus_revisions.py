"""The semantic difference of real commits, each line judged against what the commit did; the files themselves are not here."""

import json
from typing import Literal, NamedTuple

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.corpus import CORPUS

FOLDER = CORPUS / "_revisions" if CORPUS else None
PAIRS = sorted(path.name for path in FOLDER.iterdir() if (path / "before").is_dir()) if FOLDER and FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(
    not PAIRS, reason="there is no corpus with pairs of revisions: neither K8SLBLINT_CORPUS nor ../shared/corpus"
)

Word = Literal["told", "none", "undecided"]


class Judged(NamedTuple):
    """What the report says of a pair: whether it tells of a change, how many, how many are undecided, and why that is true."""

    says: Word
    changes: int
    undecided: int
    why: str


JUDGED = {
    "alb-scheme-added": Judged("told", 2, 0, "internal was the default of the ALB, and another scheme replaces it"),
    "aws-internal-value-normalised": Judged("none", 0, 0, "'0.0.0.0/0' and 'true' mean the same"),
    "aws-lb-type-added": Judged("undecided", 0, 1, "values of a chart that is not there"),
    "aws-lb-type-elb-to-nlb": Judged("told", 1, 0, "cloud-provider-aws leaves the Classic Load Balancer behind"),
    "aws-lb-type-nlb-to-nlb-ip": Judged("undecided", 0, 1, "values of a chart that is not there"),
    "aws-target-type-instance-to-ip": Judged("none", 0, 0, "targets change, the reach does not"),
    "azure-internal-layered-values": Judged("undecided", 0, 1, "another layer of values says the same already"),
    "azure-internal-subnet-changed": Judged("undecided", 0, 1, "another subnet is another address, where the chart uses it"),
    "gke-lb-type-key-rename": Judged("none", 0, 0, "both keys mean the same"),
    "ingress-backend-typo": Judged("undecided", 0, 1, "the way to ingress-nginx is not there"),
    "ingress-backend-wrong": Judged("undecided", 0, 1, "the way to ingress-nginx is not there"),
    "policy-target-missing": Judged("none", 0, 0, "a policy is no entry point"),
    "pool-invalid-range": Judged("told", 1, 0, "a range that was refused is one now, in the ConfigMap of an old MetalLB"),
    "pool-l2-to-bgp": Judged("told", 2, 0, "one pool is new, one is gone"),
    "pool-move-into-node-subnet": Judged("told", 1, 0, "other addresses"),
    "pool-shrink-for-new-pool": Judged("told", 2, 0, "one pool is new, one is smaller"),
    "pool-split-no-overlap": Judged("told", 2, 0, "one pool is new, one is smaller"),
    "pool-variable-to-literal": Judged("undecided", 0, 1, "what the variable stood for is not there"),
    "route-backend-copy-paste": Judged("undecided", 0, 1, "the Gateway is not there"),
    "route-backend-missing": Judged("undecided", 0, 1, "the Gateway is not there"),
    "route-parent-namespace": Judged("undecided", 0, 1, "the Gateway is not there"),
    "route-parent-namespace-2": Judged("undecided", 0, 1, "the Gateway is not there"),
    "route-parent-typo": Judged("undecided", 0, 1, "the Gateway is not there"),
    "route-parent-wrong-gateway": Judged("undecided", 0, 1, "the Gateway is not there"),
    "route-section-moved-consistently": Judged("undecided", 0, 3, "a listener and a route go, behind a Traefik that is not there"),
    "service-selector-too-wide": Judged("none", 0, 0, "a Service of the cluster only"),
    "service-selector-wrong": Judged("none", 0, 0, "a Service of the cluster only"),
    "svc-clusterip-to-loadbalancer": Judged("undecided", 0, 2, "nothing shows who serves it, so that it may stay pending"),
    "svc-clusterip-to-nodeport-prod": Judged("told", 2, 0, "two Services open node ports"),
    "svc-loadbalancer-to-clusterip": Judged("told", 3, 0, "the load balancer, its reach and its cost go"),
    "svc-nodeport-to-clusterip": Judged("told", 2, 0, "one with a fixed node port closes; the other is a part for a patch"),
    "svc-nodeport-to-loadbalancer": Judged("none", 0, 0, "a kind cluster is on one machine"),
}

_FIRST: dict[str, Word] = {"Exposure does not change.": "none", "No change of exposure is certain.": "undecided"}


def test_every_pair_is_judged() -> None:
    assert set(PAIRS) == set(JUDGED)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_difference_of_a_commit_is_what_it_did(pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FOLDER is not None
    monkeypatch.chdir(FOLDER / pair)
    text = CliRunner().invoke(cli, ["diff", "before", "after"]).stdout.partition("\n")[0]
    found = json.loads(CliRunner().invoke(cli, ["diff", "before", "after", "--format", "json"]).stdout)
    told = Judged(_FIRST.get(text, "told"), len(found["changes"]), len(found["undecided"]), JUDGED[pair].why)
    assert told == JUDGED[pair]
