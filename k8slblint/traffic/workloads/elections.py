"""Whether the Pods of a workload elect a leader among them: the one that leads may label itself.

The words are those of the flags and variables of client-go's leader election as programs spell them (kubernetes-sigs/boskos
`enable-leader-election`, controller-runtime and component-base `leader-elect`); a program that labels its own Pod must be allowed to patch
it, so that its ServiceAccount is not the default one.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.graph.containers import containers_of
from k8slblint.model.resource import Resource

_WORDS = ("leaderelect", "electleader", "electionid", "leaderlabel")
_LONGEST = 4096
"""In characters, of an argument that is looked at: scripts are longer."""


def elects(workload: Resource) -> bool:
    """Tell whether the arguments or variables of a workload speak of a leader, and its Pods have an identity of their own."""
    account = workload.get(*(workload.pod_template_path or ()), "spec", "serviceAccountName")
    if not isinstance(account, str) or account in ("", "default"):
        return False
    return any(word in _squeezed(text) for _, container in containers_of(workload) for text in _texts(container) for word in _WORDS)


def _texts(container: dict[str, Any]) -> Iterator[str]:
    """Yield the arguments of a container, and the names of its variables."""
    for field in ("command", "args"):
        listed = container.get(field)
        yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, str))
    listed = container.get("env")
    for one in listed if isinstance(listed, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str):
            yield name


def _squeezed(text: str) -> str:
    return text[:_LONGEST].lower().replace("-", "").replace("_", "")
