"""Whether a controller reads annotations that hold its own configuration, or refuses them as too risky.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/config/config.go` (`allow-snippet-annotations` is false by default
since v1.9.0, `annotations-risk-level` High since v1.12.0, before that Critical), `internal/ingress/controller/controller.go`
(`CheckIngress`); nginx/kubernetes-ingress 0eb3072d `internal/k8s/validation.go` (`-enable-snippets`); haproxytech/kubernetes-ingress and
jcmoraisjr/haproxy-ingress read snippets unless a flag disables them.
"""

from typing import Literal

from k8slblint.catalog.ingress import IngressAnnotation
from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ingress_annotations.nginx_configuration import is_configuration_shown
from k8slblint.traffic.ingress_annotations.validation import validates_since
from k8slblint.traffic.ownership.controller_releases import INGRESS_NGINX, releases_in
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.stated_settings import stated_setting

F5_NGINX = "f5-nginx"

_READ_BY_DEFAULT = ("haproxytech", "haproxy-ingress")

_OFF_BY_DEFAULT = (F5_NGINX, INGRESS_NGINX)


class Admission(NamedTuple):
    """Whether a controller reads a snippet: `read`, `refused`, or `unknown`; `reason` is a sentence without its period.

    `is_stated` tells that the manifests say so, and not only the controller's default, of which it is known with `confidence`.
    """

    answer: Literal["read", "refused", "unknown"]
    reason: str = ""
    is_stated: bool = False
    confidence: Confidence = "high"


def is_snippet(annotation: IngressAnnotation) -> bool:
    """Tell whether a key holds configuration of the controller, which its author may use to read or change what is not theirs."""
    return annotation.category == "snippet" and annotation.risk is not None and annotation.risk.level == "high"


def admission_of(reader: str, cluster: str, graph: ResourceGraph) -> Admission:
    """Return whether a controller (an id) of a cluster reads snippets, as far as the manifests say."""
    if reader not in (*_READ_BY_DEFAULT, *_OFF_BY_DEFAULT):
        return Admission("unknown")
    stated = stated_setting(reader, "snippets", cluster, graph)
    if reader in _READ_BY_DEFAULT:
        return Admission("read", "it reads snippets by default") if isinstance(stated, Absent) else Admission("unknown")
    if not isinstance(stated, Found):
        return _by_default(reader, cluster, graph) if isinstance(stated, Absent) else Admission("unknown")
    if stated.value.value != "yes":
        return Admission("refused", stated.value.reason, is_stated=True)
    return Admission("read", stated.value.reason, is_stated=True) if reader == F5_NGINX else _by_risk(stated.value.reason, cluster, graph)


def _by_default(reader: str, cluster: str, graph: ResourceGraph) -> Admission:
    """Return what a controller does about which the manifests say nothing: certain for F5 by its arguments, else as far as all is shown."""
    if reader == F5_NGINX:
        shown = implementations(graph, cluster).get(reader)
        is_shown = shown is not None and shown.path[-1] == "image"
        return Admission("refused", "snippets are off by default") if is_shown else Admission("unknown")
    releases = releases_in(cluster, graph)
    is_off = bool(releases) and all(map(validates_since, releases)) and is_configuration_shown(cluster, graph)
    return Admission("refused", "snippets are off by default", confidence="medium") if is_off else Admission("unknown")


def _by_risk(reason: str, cluster: str, graph: ResourceGraph) -> Admission:
    """Return what the highest risk says that ingress-nginx is told to take: snippets have the risk Critical."""
    level = stated_setting(INGRESS_NGINX, "risk-level", cluster, graph)
    if isinstance(level, Found):
        is_enough = level.value.value.lower() == "critical"
        return Admission("read", reason, is_stated=True) if is_enough else Admission("refused", level.value.reason, is_stated=True)
    releases = releases_in(cluster, graph)
    if isinstance(level, Unknown) or not releases:
        return Admission("unknown")
    answers = {validates_since(release) for release in releases}
    if len(answers) > 1:
        return Admission("unknown")
    return (
        Admission("refused", "since 1.12, the risk level is High by default")
        if True in answers
        else Admission("read", reason, is_stated=True)
    )
