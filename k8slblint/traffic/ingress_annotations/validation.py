"""Whether ingress-nginx validates annotations before it reads them, and what becomes of a bad value where it does not.

Sources: kubernetes/ingress-nginx dbb11b92 `pkg/flags/flags.go` and `charts/ingress-nginx/values.yaml` (`--enable-annotation-validation` is
on by default since v1.12.0, and off in v1.9 to v1.11), `internal/ingress/annotations/parser/validators.go` (`checkAnnotation`).
"""

from typing import Literal

from k8slblint.catalog.ingress_parsing import BadValue, Parsing
from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ownership.controller_releases import INGRESS_NGINX, Release, releases_in
from k8slblint.traffic.ownership.stated_settings import stated_setting

_ON_SINCE = (1, 12)

_DENIED_ANYWAY = ("auth-type", "auth-secret-type")
"""Keys whose bad values are answered by 503 where nothing is validated."""


class Validation(NamedTuple):
    """Whether annotations are validated: yes, no, or unknown; by the flag, else by the release that runs, else by the current one."""

    answer: Literal["yes", "no", "unknown"]
    confidence: Confidence = "high"


def validation_of(reader: str, cluster: str, graph: ResourceGraph) -> Validation:
    """Return whether a product validates annotations; one that is not ingress-nginx always reads them as its parsers do."""
    if reader != INGRESS_NGINX:
        return Validation("yes")
    stated = stated_setting(INGRESS_NGINX, "annotation-validation", cluster, graph)
    if isinstance(stated, Found):
        return Validation("yes" if stated.value.value == "yes" else "no")
    if not isinstance(stated, Absent):
        return Validation("unknown")
    releases = releases_in(cluster, graph)
    if not releases:
        return Validation("yes", "medium")
    answers = set(map(validates_since, releases))
    return Validation("unknown") if len(answers) > 1 else Validation("yes" if True in answers else "no")


def validates_since(release: Release) -> bool:
    """Tell whether a release validates annotations and refuses those of the highest risk by default."""
    return release >= _ON_SINCE


def reads_prefix(reader: str, key: str, cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether a product reads keys that begin so: ingress-nginx may be told another prefix than its usual one."""
    stated = stated_setting(INGRESS_NGINX, "annotations-prefix", cluster, graph) if reader == INGRESS_NGINX else Absent()
    return isinstance(stated, Absent) or (isinstance(stated, Found) and key.startswith(f"{stated.value.value}/"))


def validated_outcome(bad: BadValue, key: str, parsing: Parsing, validation: Validation) -> BadValue | None:
    """Return what becomes of a bad value with a validation; None where it is used as it is, or that is not known.

    Without validation, truth values and numbers that do not parse are ignored; texts are used as they are; lists of addresses and two
    keys of authentication end in 503 all the same.
    """
    if validation.answer != "no":
        return bad if validation.answer == "yes" else None
    if key.rpartition("/")[2] in _DENIED_ANYWAY or (bad == "denied" and parsing.takes is not None and parsing.takes.type == "network-list"):
        return "denied"
    if parsing.takes is None or parsing.takes.type not in ("bool", "int") or bad == "other":
        return None
    return "ignored" if bad == "refused" else bad
