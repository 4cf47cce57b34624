"""CEL rules as the API server evaluates them, over three values; and patterns that no text makes slow."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.admission.custom_resources import patterns
from k8slblint.admission.custom_resources.cel import judge
from k8slblint.admission.custom_resources.cel_syntax import RuleSyntaxError
from k8slblint.admission.custom_resources.unknowns import UNKNOWN, Open, OpenList
from tests.pumps import pumped
from tests.test_pumps import is_slow, timer  # noqa: F401 - a fixture

FIELDS = {"a": 1, "text": "shop.example.com", "list": [1, 2, 2], "empty": "", "inner": {"b": True}, "namespace": "n"}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("self.a == 1", True),
        ("self.a != 1 || self.a < 2", True),
        ("self.a > 1 && self.missing", False),
        ("self.missing || self.a == 1", True),
        ("self.missing && self.a == 2", False),
        ("self.missing == 1", False),  # an error refuses
        ("has(self.missing)", False),
        ("has(self.inner.b) && self.inner.b", True),
        ("has(self.inner.c)", False),
        ("has(self.missing.c)", False),
        ("!has(self.missing) && !(self.a == 2)", True),
        ("self.a == 1 ? self.text == 'shop.example.com' : self.missing", True),
        ("self.a in [1, 2] && !(self.a in [3])", True),
        ("'a' in self", True),
        ("self.list.size() == 3 && size(self.text) == 16 && size(self) == 6", True),
        ("self.list[0] == 1 && self.list[2] == 2", True),
        ("self.list[3] == 1", False),
        ("self.list.all(x, x > 0)", True),
        ("self.list.exists(x, x == 2)", True),
        ("self.list.exists_one(x, x == 2)", False),
        ("self.list.exists_one(x, x == 1)", True),
        ("self.list.filter(x, x == 2).size() == 2", True),
        ("self.list.map(x, x + 1) == [2, 3, 3]", True),
        ("self.list.all(x, self.list.all(y, x + y < 5))", True),
        ("self.__namespace__ == 'n'", True),
        ("self.text.startsWith('shop') && self.text.endsWith('.com') && self.text.contains('example')", True),
        ("self.text.substring(5) == 'example.com' && self.text.split('.')[0] == 'shop'", True),
        (r'self.text.matches(r"""^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$""")', True),
        ("self.text == \"shop.\" + 'example.com'", True),
        ("duration('1m') == duration('60s') && duration('1500ms') < duration('2s')", True),
        ("duration('1h30m') > duration('1h') && duration('-1s') < duration('0s') && duration('1.5s') == duration('1500ms')", True),
        ("duration('10') == duration('10s')", False),
        ("isIP('192.0.2.1') && isIP('2001:db8::1') && !isIP(self.text) && !isIP('192.0.2.1/24')", True),
        ("format.dns1123Label().validate('shop') == null", True),
        ("format.dns1123Label().validate('Shop') == null", False),
        ("self.a + 2 * 3 == 7 && 7 % 4 == 3 && -self.a == 0 - 1", True),
        ("self.a / 0 == 1", False),
        ("self.text > 1", False),
        ("self.inner.b == 1", False),
        ("self.empty", False),
    ],
)
def test_a_rule_says_what_the_api_server_says(rule: str, *, holds: bool) -> None:
    assert judge(rule, FIELDS).holds is holds


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("self.u == 1", None),
        ("self.u == 1 || self.a == 1", True),
        ("self.u == 1 && self.a == 2", False),
        ("self.u == 1 || self.missing == 1", None),
        ("has(self.u)", None),
        ("has(self.a)", True),
        ("self.u == 1 ? true : true", None),
        ("self.list.all(x, x == 1)", None),
        ("self.list.all(x, x == 3)", False),
        ("self.list.exists(x, x == 1)", True),
        ("self.list.exists_one(x, x == 1)", None),
        ("self.list.size() == 2", None),
        ("has(self.open.b)", None),
        ("has(self.open.a)", True),
        ("self.open.b == 1", None),
    ],
)
def test_what_rests_on_an_unknown_value_is_not_known(rule: str, *, holds: bool | None) -> None:
    value = {"u": UNKNOWN, "a": 1, "list": OpenList([1, UNKNOWN]), "open": Open(a=1)}
    assert judge(rule, value).holds is holds


def test_the_elements_that_break_a_rule_are_named() -> None:
    verdict = judge("self.all(x, self.exists_one(y, x.n == y.n))", [{"n": 1}, {"n": 2}, {"n": 1}])
    assert (verdict.holds, verdict.elements, verdict.compares) == (False, (0, 2), True)
    assert judge("self.all(k, k.startsWith('a'))", {"ab": 1, "b": 2}).elements == ("b",)


def test_a_rule_about_a_change_is_told_apart() -> None:
    assert judge("self == oldSelf", "a").holds is True
    assert judge("self.oldSelfie == 1", {"oldSelfie": 2}).holds is False
    assert judge("self == oldSelf", "a", "a").holds is True
    assert judge("self == oldSelf", "a", "b").holds is False


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "self.",
        "self.a = 1",
        "unknown(self)",
        "self.a.unknown()",
        "self.all(1, true)",
        "self.all(x)",
        "has(self)",
        "self.a ?? 1",
        "(" * 500,
        "!" * 500,
        "self" + ".a" * 5 + "(",
        "'open",
        "a @ b",
    ],
)
def test_a_text_outside_of_what_is_read_is_an_error(rule: str) -> None:
    with pytest.raises(RuleSyntaxError):
        judge(rule, {"a": 1})


def test_nested_loops_over_much_are_not_known() -> None:
    assert judge("self.all(x, self.all(y, self.all(z, x + y + z >= 0)))", list(range(200))).holds is None


TEXTS = st.text(alphabet="aZ09-._/*:%#?=,;!~ \t\n$^`|", max_size=24) | st.sampled_from(
    ["shop.example.com", "*.example.com", "Hostname", "example.com/a", "https://a.example.com:80", "10s", "1h30m", "System", "a\n", "", "*"]
)


def _as_python(pattern: str) -> str:
    return re.sub(r"(?<!\\)\$", r"\\Z", pattern.replace("^(?i)", "(?i)^") if "(?i)" in pattern else pattern)


@pytest.mark.parametrize("pattern", sorted(patterns.FORMS))
@given(text=TEXTS)
def test_the_safe_form_of_a_pattern_matches_the_same(pattern: str, text: str) -> None:
    in_class = re.compile(r"\[[^\]]*\$[^\]]*\]")
    naive = pattern if in_class.search(pattern) else _as_python(pattern)
    if in_class.search(pattern):
        naive = re.sub(r"\+\)?\$$|\)\+\$$", lambda found: found[0][:-1] + r"\Z", pattern)
    assert patterns.matches(pattern, text) == (re.search(naive, text) is not None), text


def test_a_pattern_that_is_not_known_is_never_run() -> None:
    assert patterns.matches("^(a+)+$", "a" * 40 + "!") is None
    assert patterns.matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a" * (patterns.LONGEST + 1)) is None


@pytest.mark.parametrize("form", sorted(set(patterns.FORMS.values())))
@pytest.mark.usefixtures("timer")
def test_no_text_makes_a_pattern_slow(form: str) -> None:
    ask = re.compile(form).search
    units = list(dict.fromkeys(pumped(form, 0)))[:8]
    assert [(prefix, unit) for prefix, unit in units if is_slow(ask, prefix, unit, "\0")] == []
