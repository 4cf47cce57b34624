"""The releases ("bundles") of Gateway API whose definitions are shipped, and what they say about a kind; files are read on demand.

Source: kubernetes-sigs/gateway-api `config/crd` at its tags, by tools/build_gateway_schemas.py; `docs/concepts/versioning` there for what
a bundle and a channel are.
"""

from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from k8slblint.admission.custom_resources.structural import StructuralSchema
from k8slblint.admission.gateways.quick_rules import HOLDS
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Channel: TypeAlias = Literal["standard", "experimental"]
CHANNELS: Final[tuple[Channel, Channel]] = ("standard", "experimental")

UNRELEASED: Final = "main"
"""The definitions after the newest release."""

_FOLDER = ("schemas", "gateway-api")
_VERSION = pattern(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:[-+].{0,60})?")
_RELEASED = pattern(r"v[0-9]+")


class Candidate(NamedTuple):
    """A definition that the cluster may have of a kind: its schema, and whose it is.

    `bundle` is the release (`v1.6.1`) and `channel` its channel, `""` where a definition does not say. `structure` is the schema in the
    form in which objects are held against it.
    """

    schema: dict[str, Any]
    structure: StructuralSchema
    bundle: str = ""
    channel: str = ""


def candidate_of(bundle: str, channel: str, api_version: str, kind: str) -> Candidate | None:
    """Return the shipped definition of a kind, None where this bundle does not serve this version in this channel."""
    key = _index()["bundles"].get(bundle, {}).get(channel, {}).get(f"{api_version}/{kind}")
    if key is None:
        return None
    schema, structure = _schema(kind, key)
    return Candidate(schema, structure, bundle, channel)


@lru_cache(maxsize=64)
def _schema(kind: str, key: str) -> tuple[dict[str, Any], StructuralSchema]:
    schema = _definitions(kind).named(key)
    return schema, StructuralSchema(schema, quick=HOLDS)


def bundles() -> tuple[str, ...]:
    """Return the releases that are shipped, the newest last, without what is not released."""
    return _released()


@lru_cache(maxsize=1)
def _released() -> tuple[str, ...]:
    return tuple(sorted((one for one in _index()["bundles"] if one != UNRELEASED), key=_order))


def newest() -> str:
    """Return the newest release."""
    return bundles()[-1]


def newest_of_each_minor() -> tuple[str, ...]:
    """Return the newest patch of each minor release that is shipped, the newest release first."""
    found = {_order(one)[:2]: one for one in bundles()}
    return tuple(found[minor] for minor in sorted(found, reverse=True))


def release_named(text: str) -> str | None:
    """Return the shipped release that a text names (`v1.5.1`, `1.5`), the newest patch where that one is not shipped; None for others.

    `main` names what is not released yet.
    """
    if text == UNRELEASED:
        return UNRELEASED
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        return None
    exact = f"v{match[1]}.{match[2]}.{match[3] or 0}"
    if match[3] and exact in bundles():
        return exact
    same = [one for one in bundles() if _order(one)[:2] == (int(match[1]), int(match[2]))]
    return same[-1] if same else None


def is_shipped(bundle: str) -> bool:
    """Tell whether the definitions of just this release are shipped."""
    return bundle in bundles()


def is_served(bundle: str, channel: str, api_version: str, kind: str) -> bool:
    """Tell whether a bundle serves a kind in this version; costs no reading of schemas."""
    return f"{api_version}/{kind}" in _index()["bundles"].get(bundle, {}).get(channel, {})


def served_by(bundle: str, channels: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """Return the API versions in which a bundle serves a kind of whatever group of Gateway API, the most stable first."""
    kinds = {name for channel in channels for name in _index()["bundles"].get(bundle, {}).get(channel, {})}
    return known_api_versions(kind, kinds)


def known_api_versions(kind: str, names: "set[str] | None" = None) -> tuple[str, ...]:
    """Return the API versions of a kind among `group/version/Kind` names, by default all that a release ever served; stable ones first."""
    given = set(_index()["served"]) if names is None else names
    found = [name.rpartition("/")[0] for name in given if name.rpartition("/")[2] == kind]
    return tuple(sorted(found, key=_stability))


def history(api_version: str, kind: str) -> tuple[str, str] | None:
    """Return the first and the last release that served a kind in this version, in whatever channel; None where none did."""
    found = _index()["served"].get(f"{api_version}/{kind}")
    return (found[0], found[1]) if found else None


def minor(bundle: str) -> str:
    """Write a release without its patch: `v1.6`."""
    return ".".join(bundle.split(".")[:2])


@lru_cache(maxsize=1)
def known_rules() -> frozenset[str]:
    """Return the texts of all CEL rules that releases of Gateway API have or had."""
    return frozenset(read_json(*_FOLDER, "rules.json"))


def _order(bundle: str) -> tuple[int, ...]:
    return tuple(map(int, bundle.removeprefix("v").split(".")))


def _stability(api_version: str) -> tuple[bool, int, str]:
    version = api_version.rpartition("/")[2]
    return "x-k8s.io" in api_version, 0 if _RELEASED.fullmatch(version) else 1 if "beta" in version else 2, version


@lru_cache(maxsize=1)
def _index() -> dict[str, Any]:
    content: dict[str, Any] = read_json(*_FOLDER, "index.json")
    return content


@lru_cache(maxsize=16)
def _definitions(kind: str) -> "_Definitions":
    content: dict[str, dict[str, Any]] = read_json(*_FOLDER, f"{kind}.json")
    return _Definitions(content, set())


class _Definitions(NamedTuple):
    """The definitions of a kind and the parts that they share, by key; `linked` are those without references."""

    by_key: dict[str, dict[str, Any]]
    linked: set[str]

    def named(self, key: str) -> dict[str, Any]:
        """Return a definition or part, with the parts that are shared in the place of references to them."""
        found = self.by_key[key]
        if key not in self.linked:
            self.linked.add(key)
            self._link(found)
        return found

    def _link(self, schema: dict[str, Any]) -> None:
        for holder, keys in ((schema.get("properties", {}), None), (schema, ("items", "additionalProperties"))):
            for key in keys or holder:
                part = holder.get(key)
                if not isinstance(part, dict):
                    continue
                if "$ref" in part:
                    holder[key] = self.named(part["$ref"].rpartition("/")[2])
                else:
                    self._link(part)
