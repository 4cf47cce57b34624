"""What the webhook of ingress-nginx refuses beside values of annotations: paths, a default backend, forbidden words, another prefix.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (CheckIngress; checkOverlap is judged with
conflicts of paths), `internal/ingress/inspector/rules.go` (validPathType: since v1.12.6, v1.13.2 and v1.14.0 with dots),
`internal/ingress/controller/config/config.go` (StrictValidatePathType is true since v1.12.0), `pkg/flags/flags.go`,
`charts/ingress-nginx/values.yaml` (admissionWebhooks.enabled).
"""

import re
from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.controllers import SettingName
from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import quoted
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.controller_releases import INGRESS_NGINX, Release, releases_in
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.stated_settings import Stated, stated_setting
from k8slblint.traffic.webhooks.forms import WebhookRefusal

_STRICT_SINCE = (1, 12, 0)

_WITHOUT_DOTS = (((1, 12, 0), (1, 12, 6)), ((1, 13, 0), (1, 13, 2)))
"""The releases, from and before, that take no dot in a path."""

_PATH = pattern(r"/[A-Za-z0-9_/-]*")
_PATH_WITH_DOTS = pattern(r"/[A-Za-z0-9._/-]*")

_LONGEST_PATH = 24

_MOST_WORDS = 100


class _Judged(NamedTuple):
    """An Ingress of a controller with a webhook."""

    ingress: Resource
    graph: ResourceGraph

    @property
    def cluster(self) -> str:
        return self.graph.scope(self.ingress).cluster

    def stated(self, name: SettingName) -> Stated | None:
        found = stated_setting(INGRESS_NGINX, name, self.cluster, self.graph)
        return found.value if isinstance(found, Found) else None


def nginx_refusals(ingress: Resource, graph: ResourceGraph) -> Iterator[WebhookRefusal]:
    """Yield what the webhook refuses of an Ingress that ingress-nginx serves; nothing where no manifest shows the webhook."""
    if ownership_of(ingress, graph).controller != INGRESS_NGINX or not has_webhook(graph.scope(ingress).cluster, graph):
        return
    judged = _Judged(ingress, graph)
    yield from _default_backend(judged)
    yield from _paths(judged)
    yield from _words(judged)
    yield from _prefix(judged)


def has_webhook(cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether the manifests of a cluster show that ingress-nginx has its webhook: by its argument, or by the default of the chart."""
    stated = stated_setting(INGRESS_NGINX, "webhook", cluster, graph)
    if isinstance(stated, Found):
        return str(stated.value.value) != "false"
    shown = implementations(graph, cluster).get(INGRESS_NGINX)
    return isinstance(stated, Absent) and shown is not None and shown.path == ("kind",)


def _refusal(path: Path, fault: str, answer: str, help_: str, *, because: str = "", label: str = "") -> WebhookRefusal:
    return WebhookRefusal(INGRESS_NGINX, path, fault, answer, help_, label, because)


def _default_backend(judged: _Judged) -> Iterator[WebhookRefusal]:
    stated = judged.stated("catch-all-off")
    if stated is not None and stated.value == "yes" and judged.ingress.mapping("spec", "defaultBackend"):
        yield _refusal(
            ("spec", "defaultBackend"),
            "has a default backend, which its controller refuses",
            "trying to create a catch-all ingress while DisableCatchAll flag is set to true",
            "Remove `defaultBackend`, and write a rule with a host.",
            because=stated.reason,
        )


def _paths(judged: _Judged) -> Iterator[WebhookRefusal]:
    strict = _strictness(judged)
    if strict is None:
        return
    pattern, because = strict
    for index, rule in enumerate(judged.ingress.sequence("spec", "rules")):
        http = rule.get("http") if isinstance(rule, dict) else None
        paths = http.get("paths") if isinstance(http, dict) else None
        for position, one in enumerate(paths if isinstance(paths, list) else ()):
            written, kind = (one.get("path"), one.get("pathType")) if isinstance(one, dict) else (None, None)
            if not isinstance(written, str) or kind not in ("Exact", "Prefix") or not written.startswith("/") or has_placeholder(written):
                continue
            if not pattern.fullmatch(written):
                yield _refusal(
                    ("spec", "rules", index, "http", "paths", position, "path"),
                    f"has path {quoted(written, _LONGEST_PATH)}, which its controller refuses",
                    f"path {quoted(written)} cannot be used with pathType {kind}",
                    "Write `pathType: ImplementationSpecific` for a regular expression, or a path of letters, digits, '-', '_' and '/'.",
                    because=because,
                    label=f"not a plain path, with `pathType` {kind}",
                )


def _strictness(judged: _Judged) -> tuple[re.Pattern[str], str] | None:
    """Return what paths must fit, and what says so; None where they are not checked, or that is not known."""
    stated = stated_setting(INGRESS_NGINX, "strict-paths", judged.cluster, judged.graph)
    releases = releases_in(judged.cluster, judged.graph)
    if isinstance(stated, Found) and stated.value.value == "yes":
        because = stated.value.reason
    elif isinstance(stated, Absent) and releases and all(release >= _STRICT_SINCE for release in releases):
        because = "since 1.12, `strict-validate-path-type` is on by default"
    else:
        return None
    return (_PATH if releases and all(map(_refuses_dots, releases)) else _PATH_WITH_DOTS), because


def _refuses_dots(release: Release) -> bool:
    return any(first <= release < after for first, after in _WITHOUT_DOTS)


def _words(judged: _Judged) -> Iterator[WebhookRefusal]:
    stated = judged.stated("forbidden-words")
    words = [word.strip() for word in stated.value.strip().split(",")[:_MOST_WORDS]] if stated is not None else []
    if stated is None or not all(words):
        return
    for key, value in judged.ingress.annotations.items():
        found = next((word for word in words if word in value), None) if isinstance(value, str) and _is_own(key) else None
        if found is not None:
            yield _refusal(
                ("metadata", "annotations", key),
                f"has {quoted(found)} in an annotation, which its controller refuses",
                f"annotation contains invalid word {quoted(found)}",
                "Write the value without the word.",
                because=stated.reason.partition(": ")[0],
                label="contains a forbidden word",
            )


def _is_own(key: str) -> bool:
    return key.startswith(catalog.controllers()[INGRESS_NGINX].annotation_prefixes)


def _prefix(judged: _Judged) -> Iterator[WebhookRefusal]:
    stated = judged.stated("annotations-prefix")
    usual = catalog.controllers()[INGRESS_NGINX].annotation_prefixes[0]
    if stated is None or f"{stated.value}/" == usual:
        return
    first = next((key for key in judged.ingress.annotations if key.startswith(usual)), None)
    if first is not None:
        yield _refusal(
            ("metadata", "annotations", first),
            "has annotations with a prefix that its controller refuses",
            "this deployment has a custom annotation prefix defined",
            f"Write `{stated.value}/` for `{usual}`.",
            because=stated.reason,
            label="not the prefix of this controller",
        )
