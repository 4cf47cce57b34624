"""The rules about Ingresses compare each object with a bounded number of others: twice as many objects ask twice as often."""

import pytest

from k8slblint.traffic.balancers import group_settings
from k8slblint.traffic.routing import host_wide, path_conflicts, vendor_conflicts
from tests.linting import findings
from tests.test_check_ingress_path_conflict import ingress, vendor_route

KEY = "nginx.ingress.kubernetes.io"


def equal_paths(number: int) -> str:
    return "".join(ingress(f"i{index}", "/", "/a", "/b", service=f"s{index}") for index in range(number))


def rewrites(number: int) -> str:
    return "".join(
        ingress(f"i{index}", f"/{index}", annotations=f"{KEY}/server-alias: a{index}, {KEY}/ssl-passthrough: 'true'")
        for index in range(number)
    )


def group(number: int) -> str:
    prefix = "alb.ingress.kubernetes.io"
    keys = (f"{prefix}/group.name: g, {prefix}/scheme: s{index}, {prefix}/tags: 'a={index},b={index}'" for index in range(number))
    return "".join(ingress(f"i{index}", "/", class_name="alb", annotations=text) for index, text in enumerate(keys))


def proxies(number: int) -> str:
    return "".join(vendor_route("HTTPProxy", f"p{index}", "{virtualhost: {fqdn: a.example.com}}") for index in range(number))


@pytest.mark.parametrize(
    ("module", "manifests", "rule", "most"),
    [
        (path_conflicts, equal_paths, "ingress-path-conflict", 3 * 20),
        (host_wide, rewrites, "ingress-host-wide-effect", 40),
        (group_settings, group, "ingress-alb-group-conflict", 40),
        (vendor_conflicts, proxies, "ingress-path-conflict", 20),
    ],
)
def test_comparisons_grow_with_the_objects(
    module: object, manifests: object, rule: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for number in (30, 60):
        asked = []
        together = module.are_deployed_together  # type: ignore[attr-defined]
        monkeypatch.setattr(module, "are_deployed_together", lambda *ends, ask=together, seen=asked: (seen.append(1), ask(*ends))[1])
        findings(manifests(number), rule)  # type: ignore[operator]
        monkeypatch.undo()
        counts.append(len(asked))
    assert counts[1] <= 2 * counts[0] + most
    assert counts[1] <= most * 60
