"""Which annotations of ingress-nginx change the paths of other Ingresses of a host, and which have no effect beside another."""

import pytest

from k8slblint.model.finding import Finding
from tests.linting import findings
from tests.test_check_ingress_path_conflict import ingress

RULE = "ingress-host-wide-effect"
PREFIX = "nginx.ingress.kubernetes.io/"


def found(*manifests: str) -> list[Finding]:
    return findings("".join(manifests), RULE)


def with_keys(name: str, path: str, *keys: str, **options: str) -> str:
    return ingress(name, path, annotations=", ".join(f"{PREFIX}{key}" for key in keys), **options)


@pytest.mark.parametrize(
    ("key", "severity"),
    [
        ("use-regex: 'true'", "warning"),
        ("use-regex: 't'", "warning"),
        ("rewrite-target: /", "warning"),
        ("auth-tls-secret: shop/ca", "warning"),
        ("ssl-passthrough: 'true'", "warning"),
        ("server-snippet: 'return 403;'", "note"),
    ],
)
def test_keys_that_change_other_paths(key: str, severity: str) -> None:
    [finding] = found(with_keys("a", "/a", key), ingress("b", "/b"))
    assert finding.severity == severity
    assert len(finding.related) == 1


@pytest.mark.parametrize(
    "manifests",
    [
        (with_keys("a", "/a", "use-regex: 'false'"), ingress("b", "/b")),
        (with_keys("a", "/a", "use-regex: 'yes'"), ingress("b", "/b")),
        (with_keys("a", "/a", "rewrite-target: /a"), ingress("b", "/b")),
        (with_keys("a", "/a", "rewrite-target: ${TARGET}"), ingress("b", "/b")),
        (with_keys("a", "/a", "auth-tls-secret: shop/ca", "auth-tls-verify-client: 'off'"), ingress("b", "/b")),
        (with_keys("a", "/a", "use-regex: 'true'"), ingress("b", "/b", host="other.example.com")),
        (with_keys("a", "/a", "use-regex: 'true'"), ingress("b", "/b", class_name="other")),
        (with_keys("a", "/a", "use-regex: 'true'"), ingress("b", "/")),
        (with_keys("a", "/a", "use-regex: 'true'"), with_keys("b", "/b", "rewrite-target: /")),
        (with_keys("a", "/a", "use-regex: 'true'", class_name="haproxy"), ingress("b", "/b", class_name="haproxy")),
        (with_keys("a", "/a", "proxy-body-size: 1m"), ingress("b", "/b")),
        (with_keys("a", "/a", "server-alias: x"), ingress("b", "/b")),
        (with_keys("a", "/a", "server-alias: x"), with_keys("b", "/b", "server-alias: x")),
        (with_keys("a", "/a", "use-regex: 'true'"),),
    ],
)
def test_keys_that_change_nothing_of_others(manifests: tuple[str, ...]) -> None:
    assert found(*manifests) == []


@pytest.mark.parametrize(
    ("own", "other", "is_changed"),
    [
        ("/a", "/b ImplementationSpecific", False),
        ("/a(/|$)(.*)", "/b ImplementationSpecific", False),
        ("/a", "/.known/b.txt ImplementationSpecific", False),
        ("/a", "/b(/|$)(.*) ImplementationSpecific", False),
        ("/(en|de)/(.*)", "/b ImplementationSpecific", True),
        ("/(en|de)/(.*)", "/b/much-longer-than-that ImplementationSpecific", False),
        ("/SH.*/cart/items", "/shop/cart ImplementationSpecific", True),
        ("/a", "/b Exact", True),
        ("/a", "/b", True),
    ],
)
def test_a_path_of_the_implementation_is_the_beginning_of_paths_anyway(own: str, other: str, is_changed: bool) -> None:
    assert bool(found(with_keys("a", f"{own} ImplementationSpecific", "use-regex: 'true'"), ingress("b", other))) is is_changed


def test_an_exact_root_becomes_a_prefix() -> None:
    assert len(found(with_keys("a", "/a", "use-regex: 'true'"), ingress("b", "/ Exact"))) == 1


def test_one_finding_for_the_host_names_all_that_change() -> None:
    keys = "use-regex: 'true'", "rewrite-target: /x"
    [finding] = found(with_keys("a", "/a", *keys), with_keys("b", "/b", keys[0]), ingress("c", "/c"), ingress("d", "/d", "/e"))
    assert "2 other Ingresses" in finding.headline
    assert len(finding.related) == 3


def test_a_second_value_is_ignored() -> None:
    [finding] = found(with_keys("a", "/a", "ssl-ciphers: A"), with_keys("b", "/b", "ssl-ciphers: B"))
    assert finding.headline.startswith("Ingress shop/b is the second")


@pytest.mark.parametrize(
    ("key", "host", "count"),
    [
        ("server-alias: b.example.com", "b.example.com", 1),
        ("server-alias: 'x.example.com, B.example.com'", "b.example.com", 1),
        ("server-alias: c.example.com", "b.example.com", 0),
        ("from-to-www-redirect: 'true'", "www.shop.example.com", 1),
        ("from-to-www-redirect: 'false'", "www.shop.example.com", 0),
        ("from-to-www-redirect: 'true'", "web.shop.example.com", 0),
    ],
)
def test_names_that_an_ingress_serves(key: str, host: str, count: int) -> None:
    assert len(found(with_keys("a", "/a", key), ingress("b", "/b", host=host))) == count
    assert found(with_keys("a", "/a", key), ingress("b", "/b", host=host, class_name="other")) == []


def test_environments_are_other_clusters() -> None:
    one, other = with_keys("a", "/a", "use-regex: 'true'"), ingress("b", "/b")
    assert findings({"staging/a.yaml": one, "production/b.yaml": other}, RULE) == []
    assert len(findings({"apps/a.yaml": one, "apps/b.yaml": other}, RULE)) == 1
