"""Detects annotations of an Ingress by which its author writes configuration into the controller, and those that contain a secret."""

from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, least
from k8slblint.model.texts import PROSE, capital, listed, sentence, short_key, within
from k8slblint.traffic.ingress_annotations.dangers import Danger, ingress_dangers
from k8slblint.traffic.ingress_annotations.snippets import admission_of, is_snippet
from k8slblint.traffic.ingress_annotations.values import readers_of
from k8slblint.traffic.ownership import ownership_of


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each snippet, injected configuration or secret that every controller which may serve the Ingress reads.

    Of snippets an error where the manifests switch them on, a warning where the controller reads them by default. What is refused is
    reported by `ingress-annotation-invalid`.
    """
    yield from _snippets(ingress, graph)
    yield from (_problem_of(danger, ingress, graph) for danger in ingress_dangers(ingress, graph))


def _snippets(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
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
            help=_WAY_OUT,
            severity="error" if first.is_stated else "warning",
            confidence=owner.confidence,
            cause=Cause.of_alike(ingress, f"write configuration into {name} by snippets", f"{_WAY_OUT} {first.reason}"),
        )


_WAY_OUT = "Use the annotations, or the policies, that the controller has for the purpose; then switch snippets off."


_HELD = {"secret": "a secret", "password": "a password", "credentials": "credentials"}


def _problem_of(danger: Danger, ingress: Resource, graph: ResourceGraph) -> Problem:
    owner = ownership_of(ingress, graph)
    place: Path = ("metadata", "annotations", danger.key)
    sure = owner.confidence if owner.verdict == "owned" else "medium"
    if danger.injection is None or danger.release is None:
        held = _HELD[danger.kind]
        return Problem(
            path=place,
            headline=f"{ingress.id} contains {held} in `{short_key(danger.key)}`",
            label=held,
            why="Anyone who can read Ingresses, or the repository, can read it; Ingresses are neither encrypted nor guarded like Secrets.",
            help="Replace it by a new one in a Secret, and refer to that, or use another mechanism of the controller.",
            severity="warning" if danger.kind == "secret" else None,
            confidence=least(sure, "medium"),
            discriminator="secret",
        )
    name = catalog.controllers()[danger.reader].name
    release, fixed = ".".join(map(str, danger.release)), listed(danger.injection.fixed_in, "or")
    return Problem(
        path=place,
        headline=f"{ingress.id} writes configuration into the controller by `{short_key(danger.key)}`",
        label=danger.injection.cve,
        why=f"{name} {release} copies what follows a semicolon or a line break into its own configuration ({danger.injection.cve}).",
        help=f"Remove what follows, and update the controller to {fixed}.",
        confidence=sure,
        discriminator="injection",
    )
