"""Rules of Traefik's routes that its parser refuses in every release, and those that it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.traffic.routing.rule_syntax import RuleFault, rule_fault
from tests.linting import findings

READ = [
    "Host(`a.example.com`)",
    'host("a.example.com") && !(PATHPREFIX(`/api`) || Pathprefix(`/b`))',
    "Host(`a`, `b`) || HostHeader(`c`)",  # of the syntax of version 2
    "Headers(`X`, `y`) && Query(`a`, `b`)",
    "Host(`a`) &&\n  ClientIP(`10.0.0.0/8`)",
    "!!Host(`a`)",
    "HostRegexp(`{any:.+}`)",
    "Host(`a) || b`)",
    "Host()",  # how many arguments a matcher takes is another matter
    "",
]
REFUSED = [
    ("Host(a.example.com)", RuleFault("quotes", "a")),
    ("Host('a.example.com')", RuleFault("quotes", "'a.example.com'")),
    ("Host(10.0.0.1)", RuleFault("quotes", "10.0.0.1")),
    ("Host(`a`", RuleFault("syntax", "")),
    ("Host(`a`))", RuleFault("syntax", ")")),
    ("Host(`a`) & Path(`/b`)", RuleFault("syntax", "&")),
    ("Host(`a`) Path(`/b`)", RuleFault("syntax", "Path")),
    ("Host(`a`) &&", RuleFault("syntax", "")),
    ("Host(`a`) and Path(`/b`)", RuleFault("syntax", "and")),
    ("Hosts(`a`)", RuleFault("matcher", "Hosts")),
    ("pathPrefix(`/a`)", RuleFault("matcher", "pathPrefix", "PathPrefix")),
    ("HostSNI(`a`)", RuleFault("matcher", "HostSNI")),
    ("PathPrefixStrip(`/a`)", RuleFault("matcher", "PathPrefixStrip")),
    ("`a`", RuleFault("syntax", "`a`")),
    ("Host:a.example.com", RuleFault("syntax", ":a.example.com")),
]


@pytest.mark.parametrize("rule", READ)
def test_what_a_parser_of_some_release_reads(rule: str) -> None:
    assert rule_fault(rule, is_tcp=False) is None


@pytest.mark.parametrize(("rule", "fault"), REFUSED)
def test_what_all_of_them_refuse(rule: str, fault: RuleFault) -> None:
    assert rule_fault(rule, is_tcp=False) == fault


def test_matchers_of_tcp_are_others() -> None:
    assert rule_fault("HostSNI(`*`) && ALPN(`h2`)", is_tcp=True) is None
    assert rule_fault("Host(`a`)", is_tcp=True) == RuleFault("matcher", "Host")


@pytest.mark.parametrize("rule", ["(" * 40 + "Host(`a`)" + ")" * 40, "Host(`" + "a" * 5000 + "`", "!" * 3000 + "Host(`a`)"])
def test_what_is_too_long_or_too_deep_is_left_alone(rule: str) -> None:
    assert rule_fault(rule, is_tcp=False) is None


EXPRESSIONS = st.recursive(
    st.sampled_from(("Host(`a.b`)", 'Path("/c")', "!Method(`GET`)", "Header(`x`, `y`)")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(("&&", " || ")), inner).map("".join), inner.map(lambda one: f"({one})"), inner.map("!{}".format)
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_every_expression_of_matchers_is_read(rule: str) -> None:
    assert rule_fault(rule, is_tcp=False) is None


@given(st.text(alphabet="Host(`a`)&|!, \n'\"é\x00{}", max_size=60))
def test_any_text_is_judged(rule: str) -> None:
    found = rule_fault(rule, is_tcp=False)
    assert found is None or found.kind in ("matcher", "quotes", "syntax")


ROUTE = """\
apiVersion: GROUP/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: RULE
      services: [{name: web, port: 80}]
"""


@pytest.mark.parametrize("group", ["traefik.io", "traefik.containo.us"])
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("Host(a.example.com)", [("error", "high", 8)]),
        ("Hosts(`a.example.com`)", [("error", "medium", 8)]),
        ("Host(`a.example.com`)", []),
        ("Host(${HOST})", []),
        ("'Host({{ .Values.host }})'", []),
    ],
)
def test_a_route_with_such_a_rule(group: str, rule: str, expected: list[tuple[str, str, int]]) -> None:
    found = findings({"route.yaml": ROUTE.replace("GROUP", group).replace("RULE", rule)}, "vendor-route-unread")
    assert [(one.severity, one.confidence, one.location.span.line) for one in found] == expected
