"""What a build can omit: generators that create only Secrets, and how entries are removed from a kustomization."""

from collections.abc import Iterable
from typing import Any

from k8slblint.model.location import Path

_SECRET_MAKERS = frozenset(
    {("viaduct.ai", "ksops"), ("argyle.com", "ksops"), ("goabout.com", "SopsSecretGenerator"), ("goabout.com", "SopsSecret")}
)
"""Generators that decrypt files, by API group and kind.

Those of goabout.com make a Secret of `envs` and `files`, and pass on what `objects` hold; ksops makes a Secret of `secretFrom`, and passes
on what `files` hold, which can be of any kind and is in practice a Secret or a ConfigMap: nobody encrypts what a load balancer needs.
Sources: viaduct-ai/kustomize-sops 09b78f0f ksops.go; goabout/kustomize-sopssecretgenerator 0710b72b SopsSecretGenerator.go (SopsSecret is
the kind before 1.0); argyle-engineering/ksops 1.0.8 README.
"""


def makes_secrets(value: Any) -> bool:
    """Tell whether the configuration of a generator is one that decrypts Secrets and ConfigMaps, which no Service depends on."""
    if not isinstance(value, dict):
        return False
    version, kind = value.get("apiVersion"), value.get("kind")
    return isinstance(version, str) and isinstance(kind, str) and (version.rpartition("/")[0], kind) in _SECRET_MAKERS


def without(value: Any, entries: Iterable[Path]) -> Any:
    """Return a kustomization without the entries at some paths; kustomize takes one that is left empty, since it has metadata."""
    for at in sorted(set(entries), key=lambda path: [str(step).rjust(20) for step in path], reverse=True):
        value = _without(value, at)
    return {"metadata": {"name": "emptied"}, **value}


def _without(value: Any, at: Path) -> Any:
    step, rest = at[0], at[1:]
    if isinstance(value, list) and isinstance(step, int):
        return [*value[:step], *([_without(value[step], rest)] if rest else []), *value[step + 1 :]]
    if isinstance(value, dict) and rest:
        return {**value, step: _without(value[step], rest)}
    return {key: one for key, one in value.items() if key != step}
