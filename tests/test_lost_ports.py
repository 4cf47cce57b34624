"""Which entries of the lists of ingress-nginx for TCP and UDP lead to nothing, and are left out."""

import pytest

from k8slblint.model.finding import Finding
from tests.gateway_texts import files, service
from tests.linting import findings
from tests.test_streams import PROXY

TILL = service("cashdesk", "pay", ports="[{name: main, port: 9000}, {name: dns, port: 53, protocol: UDP}]")


def listed(target: str, port: str = "9000") -> list[Finding]:
    """What is said of a list that a workload names."""
    entry = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ports, namespace: edge}}\ndata: {{'{port}': '{target}'}}\n"
    return findings(files(TILL, PROXY.removeprefix("---\n"), entry), "route-backend-missing")


def released(target: str) -> list[Finding]:
    """What is said of values of the chart."""
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: edge, namespace: edge}\n"
        f"spec: {{chart: {{spec: {{chart: ingress-nginx}}}}, values: {{tcp: {{9000: '{target}'}}}}}}\n"
    )
    return findings(files(TILL, release), "route-backend-missing")


BROKEN = {
    "no namespace": ("cashdesk:9000", "not namespace/service:port"),
    "no port": ("pay/cashdesk", "not namespace/service:port"),
    "too many parts": ("a/pay/cashdesk:9000", "not namespace/service:port"),
    "a slip": ("pay/cashdeck:9000", "a Service that does not exist"),
    "another port": ("pay/cashdesk:9001", "which the Service lacks"),
    "another name": ("pay/cashdesk:http", "which the Service lacks"),
    "another protocol": ("pay/cashdesk:53", "which the Service lacks"),
}


@pytest.mark.parametrize(("target", "words"), BROKEN.values(), ids=BROKEN)
def test_an_entry_that_is_left_out_is_an_error(target: str, words: str) -> None:
    (found,) = listed(target)
    assert words in found.headline
    assert found.severity == "error"
    assert [one.headline.startswith("HelmRelease edge/edge lists") for one in released(target)] == [True]


@pytest.mark.parametrize(
    "target", ["pay/cashdesk:9000", "pay/cashdesk:main", "pay/cashdesk:9000:PROXY", "pay/cashdesk:9000::PROXY", "other/db:1", "${T}", ""]
)
def test_an_entry_that_may_be_opened_is_silent(target: str) -> None:
    if target:
        assert listed(target) == released(target) == []
    assert listed("pay/cashdesk:9000", "${PORT}") == []


def test_lists_of_other_types_raise_nothing() -> None:
    for data in ("[1]", "{a: 1, b: null, c: [1]}", "text", "null"):
        entry = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ports, namespace: edge}}\ndata: {data}\n"
        assert findings(files(TILL, PROXY.removeprefix("---\n"), entry), "route-backend-missing") == []
