"""The ingress rules of cloudflared, which are a file in a ConfigMap.

Source: cloudflare/cloudflared `config/configuration.go` (Configuration: `tunnel`, `ingress`; UnvalidatedIngressRule: `hostname`, `path`,
`service`, `originRequest`), `ingress/ingress.go` (a service is a URL, or `http_status:404` and the like).
"""

from collections.abc import Iterator

from k8slblint import documents
from k8slblint.loading.config_texts import config_maps, inner
from k8slblint.loading.views import view
from k8slblint.model.node import Node
from k8slblint.model.resource import TUNNEL_RULES

_IDENTITY = ("name", "namespace", "labels")
_RULES = "ingress"


def may_hold_rules(text: str) -> bool:
    """Tell whether a text is worth parsing for such rules."""
    return "ingress:" in text and "service:" in text and "tunnel" in text


def rule_views(chunk: documents.Chunk, text: str) -> Iterator[Node]:
    """Yield each ConfigMap with such rules, with what its file says as `spec`; `text` is that of the file."""
    for one in config_maps(chunk):
        data, metadata = one.members.get("data"), one.members.get("metadata")
        if data is None or metadata is None or data[1].aliased or metadata[1].aliased or not isinstance(data[1].value, dict):
            continue
        for key, scalar in data[1].members.values():
            if not isinstance(scalar.value, str) or not may_hold_rules(scalar.value):
                continue
            read = inner(scalar, text)
            if read is not None and _are_rules(read.value):
                named = {field: pair for field, pair in metadata[1].members.items() if field in _IDENTITY}
                members = {"metadata": (metadata[0], view({}, named, metadata[1])), "spec": (key, read)}
                kind, _, group = TUNNEL_RULES.partition(".")
                yield view({"apiVersion": f"{group}/v1", "kind": kind}, members, one)
                break


def _are_rules(value: object) -> bool:
    rules = value.get(_RULES) if isinstance(value, dict) else None
    return (
        isinstance(rules, list) and bool(rules) and all(isinstance(rule, dict) and isinstance(rule.get("service"), str) for rule in rules)
    )
