"""Which definitions of Gateway API the cluster of an object may have: those among its manifests, or the newest release."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from k8slblint.admission.custom_resources.cleaning import schema_of, served_versions
from k8slblint.admission.custom_resources.structural import StructuralSchema
from k8slblint.admission.gateways import bundles
from k8slblint.admission.gateways.bundles import CHANNELS, Candidate
from k8slblint.admission.gateways.rejection import Target
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.definitions import GATEWAY_GROUPS, CustomDefinition, is_near
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.workloads.alternatives import are_alternatives

_STATED = pattern(
    r"""gateway\.networking\.k8s\.io/(bundle-version|channel)["']?[ \t]*:[ \t]*["']?([A-Za-z0-9][A-Za-z0-9.+-]{0,60})["']?[ \t]*[,}\r\n]"""
)
_LARGEST_READ = 20_000
"""In characters. A larger definition that says it is of a release that is shipped is taken for that one, and is not read."""


class _Stated(NamedTuple):
    """What the annotations of a definition say; `""` where they do not."""

    bundle: str
    channel: str


def target_of(resource: Resource, graph: ResourceGraph, bundle: str = "", channel: str = "") -> Target:
    """Return the definitions that an object may be held against.

    What the user states (`bundle`: a release that is shipped; `channel`) comes first, then the definitions of the kind among the
    manifests of the cluster, then the release that those of other kinds there name, then the newest release in both channels. In a tree
    of alternatives only the definitions near an object are of its cluster.
    """
    if bundle or channel:
        release = bundles.release_named(bundle) or bundles.newest()
        return _shipped(resource.api_version, resource.kind, release, channel, is_known=bool(bundle))
    definitions = graph.definitions(resource, *GATEWAY_GROUPS)
    if definitions and are_alternatives(graph.scope(resource), graph):
        definitions = tuple(one for one in definitions if is_near(one.path, resource.path))
    own = [one for one in definitions if (one.group, one.kind) == (resource.group, resource.kind) and _says_something(one)]
    if own:
        return _of_definitions(resource, own, graph)
    named = {_stated(one.text) for one in definitions}
    one = named.pop() if len(named) == 1 else _Stated("", "")
    if one.channel in CHANNELS and bundles.is_shipped(one.bundle):
        return _shipped(resource.api_version, resource.kind, one.bundle, one.channel, is_known=True)
    return _shipped(resource.api_version, resource.kind, bundles.newest(), "", is_known=False)


def is_known_release(text: str) -> bool:
    """Tell whether the definitions of a release that a user states are shipped."""
    return bundles.release_named(text) is not None


@lru_cache(maxsize=64)
def _shipped(api_version: str, kind: str, bundle: str, channel: str, *, is_known: bool) -> Target:
    channels = (channel,) if channel else CHANNELS
    candidates = [bundles.candidate_of(bundle, one, api_version, kind) for one in channels]
    words = f"Gateway API {bundle}{f' ({channel} channel)' if channel else ''}"
    return Target(api_version, kind, tuple(candidates), words, bundles.served_by(bundle, channels, kind), is_known)


def _of_definitions(resource: Resource, own: Sequence[CustomDefinition], graph: ResourceGraph) -> Target:
    read = graph.derived(_readers)
    found = tuple(read(one, resource.api_version) for one in own)
    stated = {_stated(one.text) for one in own}
    name = next(iter(stated)) if len(stated) == 1 else _Stated("", "")
    words = f"The definition in '{own[0].path}'" if len(own) == 1 else "Each definition of the kind in the manifests"
    if name.bundle:
        words = f"Gateway API {name.bundle}{f' ({name.channel} channel)' if name.channel else ''}, which the manifests install,"
    is_far = not any(is_near(one.path, resource.path) for one in own)
    return Target(resource.api_version, resource.kind, found, words, tuple(_served(own)), is_known=True, is_far=is_far)


def _served(own: Sequence[CustomDefinition]) -> Iterator[str]:
    """Yield the API versions that definitions serve."""
    seen: set[str] = set()
    for one in own:
        stated = _stated(one.text)
        if _is_taken_for_shipped(one, stated):
            versions = bundles.served_by(stated.bundle, (stated.channel,), one.kind)
        else:
            versions = tuple(f"{one.group}/{name}" for name in served_versions(one.read()))
        yield from (version for version in versions if version not in seen)
        seen.update(versions)


def _readers(_: ResourceGraph) -> Callable[[CustomDefinition, str], Candidate | None]:
    """Return what reads a definition for an API version, each once."""
    known: dict[tuple[int, str], Candidate | None] = {}

    def read(definition: CustomDefinition, api_version: str) -> Candidate | None:
        key = (id(definition), api_version)
        if key not in known:
            known[key] = _candidate(definition, api_version)
        return known[key]

    return read


def _candidate(definition: CustomDefinition, api_version: str) -> Candidate | None:
    stated = _stated(definition.text)
    if _is_taken_for_shipped(definition, stated):
        return bundles.candidate_of(stated.bundle, stated.channel, api_version, definition.kind)
    schema: dict[str, Any] | None = schema_of(definition.read(), api_version.rpartition("/")[2])
    if schema is None:
        return None
    structure = StructuralSchema(schema, bundles.known_rules().__contains__)
    return Candidate(schema, structure, stated.bundle, stated.channel)


def _says_something(definition: CustomDefinition) -> bool:
    """Tell whether the versions of a definition are known: a template that is not rendered may say anything."""
    versions = served_versions(definition.read()) if not _is_taken_for_shipped(definition, _stated(definition.text)) else ("",)
    return bool(versions) and not any(map(has_placeholder, versions))


def _is_taken_for_shipped(definition: CustomDefinition, stated: _Stated) -> bool:
    return len(definition.text) > _LARGEST_READ and stated.channel in CHANNELS and bundles.is_shipped(stated.bundle)


def _stated(text: str) -> _Stated:
    found = dict(_STATED.findall(text, 0, _HEAD))
    return _Stated(found.get("bundle-version", ""), found.get("channel", ""))


_HEAD = 20_000
"""Characters of a definition in which its annotations are looked for."""
