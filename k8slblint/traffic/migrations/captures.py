r"""References to capture groups in paths of Gateway API, which are literal texts there.

Sources: Gateway API 1.6 `apis/v1/httproute_types.go` (HTTPPathModifier: the value replaces the path or prefix); nothing interprets `$1` in
envoyproxy/gateway d32f2829 internal/xds/translator/route.go (a substitution of Envoy, whose groups are `\1`), istio/istio 86c9f01f
pilot/pkg/config/kube/gateway/conversion.go (the same), traefik/traefik fd5a576d pkg/middlewares/gatewayapi/urlrewrite/url_rewrite.go (set
as the path); the converter that writes them is kubernetes-sigs/ingress2gateway 1.1.
"""

from collections.abc import Iterator
from itertools import pairwise

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_KIND = "HTTPRoute"

_FILTERS = ("urlRewrite", "requestRedirect")

_FIELDS = ("replaceFullPath", "replacePrefixMatch")


class Capture(NamedTuple):
    """A path with a reference to a group, and where it is written."""

    path: Path
    text: str


def literal_captures(route: Resource) -> Iterator[Capture]:
    """Yield the paths of filters of an HTTPRoute that refer to groups: `/$2`."""
    rules = route.sequence("spec", "rules") if route.kind == _KIND else ()
    for rule, content in enumerate(rules):
        filters = content.get("filters") if isinstance(content, dict) else None
        for index in range(len(filters) if isinstance(filters, list) else 0):
            for name in _FILTERS:
                for field in _FIELDS:
                    path = ("spec", "rules", rule, "filters", index, name, "path", field)
                    text = route.get(*path)
                    if isinstance(text, str) and _refers(text):
                        yield Capture(path, text)


def _refers(text: str) -> bool:
    return any(one == "$" and other.isascii() and other.isdigit() for one, other in pairwise(text))
