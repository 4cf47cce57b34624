"""Detects snippets in annotations of an Ingress: configuration that its author writes into the controller, which reads it."""

from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import PROSE, capital, sentence, short_key, within
from k8slblint.traffic.annotations.ingress_values import readers_of
from k8slblint.traffic.annotations.snippets import admission_of, is_snippet
from k8slblint.traffic.ownership import ownership_of


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each snippet that every controller which may serve the Ingress reads.

    An error where the manifests switch snippets on, a warning where the controller reads them by default. One that is refused is
    reported by `ingress-annotation-invalid`.
    """
    owner = ownership_of(ingress, graph)
    if owner.verdict != "owned":
        return
    for key, value in ingress.annotations.items():
        annotation = catalog.lookup(key) if isinstance(value, str) and value.strip() else None
        if annotation is None or not is_snippet(annotation) or "Ingress" not in annotation.applies_to:
            continue
        readers = readers_of(key, annotation, ingress, graph)
        found = [admission_of(reader, graph.scope(ingress).cluster, graph) for reader in readers]
        if not found or any(one.answer != "read" for one in found):
            continue
        name, first = catalog.controllers()[readers[0]].name, found[0]
        yield Problem(
            path=("metadata", "annotations", key),
            at="key",
            headline=f"{ingress.id} writes configuration into the controller by `{short_key(key)}`",
            label="a snippet",
            why=within(
                PROSE,
                f"Anyone who can write an Ingress can change what {name} does for others, or read its Secrets.",
                sentence(capital(first.reason)),
            ),
            help="Use the annotations, or the policies, that the controller has for the purpose; then switch snippets off.",
            severity="error" if first.is_stated else "warning",
            confidence=owner.confidence,
        )
