"""Which environment names, labels and paths indicate, by the conventions of public GitOps repositories and of kustomize layouts."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from k8slblint.model.patterns import pattern
from k8slblint.model.places import FilePlace, segments
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.scope import TRIAL_ENVIRONMENTS, UNDEPLOYED_ENVIRONMENTS, Environment

TEST_WORDS = frozenset(
    {
        *("test", "tests", "testdata", "testing", "testenv", "testenvs", "test-env", "testbed", "__tests__"),
        *("e2e", "conformance", "fixture", "fixtures", "__fixtures__", "molecule"),
    }
)
"""Folders of tests, also namespaces."""

_WORDS: dict[str, Environment] = {
    **dict.fromkeys(("prod", "production", "prd"), "production"),
    **dict.fromkeys(("staging", "stage", "stg", "preprod", "preproduction", "uat"), "staging"),
    **dict.fromkeys(("dev", "develop", "development", "sandbox", "nonprod", "nonproduction", "qa"), "development"),
}
"""Words that tell an environment, also as one of several in a name: `eu-prod-1`."""

_WHOLE_WORDS: dict[str, Environment] = {
    **_WORDS,
    "live": "production",
    **dict.fromkeys(("test", "tests", "testing", "testenv", "e2e"), "test"),
    **dict.fromkeys(("minikube", "k3d", "kind", "microk8s", "local", "localhost", "docker-desktop", "rancher-desktop", "colima"), "local"),
    **dict.fromkeys(("local-environment", "local-env", "local-cluster", "local-setup", "local-testing", "local-k8s"), "local"),
    "ci": "ci",
}
"""Words that tell an environment as a whole name; as a part of one they mean other things: `live-chat`, `local-storage`."""

_LOCAL_CLUSTERS = frozenset({"minikube", "k3d", "microk8s"})
"""Programs that run a cluster on the machine of a developer: `k3d-demo`. `kind` is a word of other things too."""

_KEYS = (
    *("environment", "env", "app.kubernetes.io/environment", "app.kubernetes.io/env", "kubernetes.io/environment"),
    *("deployment.environment", "deployment-environment", "tags.datadoghq.com/env", "environment-type", "environment-name"),
)
"""Labels, and annotations, that are there to tell an environment."""

_DEPLOYED_BY = " ["
"""What follows the file of a unit in its path, where a deployer names it."""

_MINIKUBE_LABELS = "kubernetes.io/minikube-addons"
"""What the add-ons of minikube carry (minikube 1.37, `deploy/addons`)."""

_WIDER_KEYS = ("tier", "stage", "app.kubernetes.io/tier", "app.kubernetes.io/stage")
"""Labels that tell an environment where their value is one as a whole: a `tier` may be `frontend` as well."""

_LOCAL_VALUES = frozenset({"kind", "local", "localhost", "minikube", "microk8s", "k3d", "tilt", "skaffold"})
"""Words beside `values` in the names of files of values for a cluster on the machine of a developer: `values-kind.yaml`."""

_NO_ENVIRONMENTS = frozenset({"line", "lines", "floor", "orders", "planning"})
"""Words after which `production` means a factory's."""

_NO_ENVIRONMENTS_AFTER = frozenset({"audio", "film", "media", "music", "video"})

_NEGATIONS = frozenset({"non", "not", "pre"})

_AT_ENDS: dict[str, Environment] = {"test": "test", "tests": "test", "testenv": "test", "e2e": "test"}
"""Words that tell an environment as the first or last of a name."""

_TOKENS = pattern(r"[a-z0-9]+")


class Inferred(NamedTuple):
    """An environment and the words that led to it."""

    environment: Environment
    reason: str


def environment_of_labels(resource: Resource) -> Inferred | None:
    """Return what the labels of an object tell, or those of its Pods, or else its annotations.

    What a base says of itself, who deploys it need not be: an overlay for a cluster in a cloud may include what is in `local/`.
    """
    told = _told_by_labels(resource)
    return None if told is not None and _is_of_base(resource, told.environment) else told


def _is_of_base(resource: Resource, environment: Environment) -> bool:
    """Tell whether a label only repeats what the folders are called that an object is rendered from, and not those that are deployed.

    Where the latter tell nothing, that is so of the machine of a developer: a base for one is built on, and what it has is public then.
    """
    if resource.provenance is None or not resource.written_in:
        return False
    unit = segments(resource.path.partition(_DEPLOYED_BY)[0])[:-1]
    base = segments(resource.written_in)[:-1]
    if base[: len(unit)] == unit:
        return False
    shared = next((index for index, (one, other) in enumerate(zip(unit, base, strict=False)) if one != other), min(len(unit), len(base)))
    named, own = (environment_of_path(FilePlace("", "/".join([*folders[shared:], "-"]))) for folders in (base, unit))
    is_repeated = named is not None and named.environment == environment
    return is_repeated and (own is not None or environment in UNDEPLOYED_ENVIRONMENTS)


def _told_by_labels(resource: Resource) -> Inferred | None:
    if any(key.startswith(_MINIKUBE_LABELS) for key in resource.labels):
        return Inferred("local", f"environment 'local': {resource.id} is an add-on of minikube")
    template = resource.pod_template or {}
    metadata = template.get("metadata")
    pod_labels = metadata.get("labels") if isinstance(metadata, dict) else None
    for word, values in (("label", resource.labels), ("Pod label", pod_labels), ("annotation", resource.annotations)):
        found = _environment_of_values(word, values, resource) if isinstance(values, dict) and values else None
        if found:
            return found
    return None


def _environment_of_values(word: str, values: Mapping[str, Any], resource: Resource) -> Inferred | None:
    for key in _KEYS:
        value = values.get(key)
        if isinstance(value, str) and (found := environment_of_words(value, f"{word} '{key}: {value}' of {resource.id}")):
            return found
    for key in _WIDER_KEYS:
        value = values.get(key)
        if isinstance(value, str) and (found := _of_whole(value, f"{word} '{key}: {value}' of {resource.id}")):
            return found
    return None


def environment_of_words(text: str, reason: str) -> Inferred | None:
    """Return the environment that a name tells, as a whole or by one of its words."""
    environment = _WHOLE_WORDS.get(text.lower()) or _environment_of_part(text)
    return Inferred(environment, f"environment '{environment}': {reason}") if environment else None


def environment_of_namespace(namespace: str) -> Inferred | None:
    """Return the environment that the name of a namespace tells."""
    if namespace in TEST_WORDS:
        return Inferred("test", f"environment 'test': namespace '{namespace}'")
    return environment_of_words(namespace, f"namespace '{namespace}'")


def environment_of_path(place: FilePlace) -> Inferred | None:
    """Return what the folders and the name of a file tell.

    A folder of tests wins over everything, a folder that is an environment's name over names that only contain a word;
    the nearest counts, and parts of names that disagree tell nothing. Of the folders above the scanned one those of tests
    say nothing: who scans a folder of fixtures wants them linted for what they stand for.
    """
    folders = place.folders_below
    tests = next((folder for folder in folders if folder.lower() in TEST_WORDS), None)
    if tests:
        return Inferred("test", f"environment 'test': folder '{tests}'")
    names = [*reversed(folders), *(folder for folder in reversed(segments(place.above)) if folder.lower() not in TEST_WORDS)]
    whole = next((name for name in names if name.lower() in _WHOLE_WORDS), None)
    if whole is not None:
        return _of_whole(whole, f"folder '{whole}'")
    file_name = (segments(place.below) or [""])[-1]
    of_file = _of_part(file_name.rpartition(".")[0], "file name", file_name)
    parts = [found for found in (of_file, *(_of_part(name, "folder", name) for name in names)) if found]
    return agreed(parts) if parts else None


def agreed(found: list[Inferred]) -> Inferred:
    """Return what all evidence agrees on, `unknown` where it disagrees or there is none; those that serve only their makers agree."""
    if not found:
        return Inferred("unknown", "environment unknown: no label, namespace or path names it")
    if all(inferred.environment in TRIAL_ENVIRONMENTS for inferred in found):
        return min(found, key=lambda inferred: TRIAL_ENVIRONMENTS.index(inferred.environment))
    if len({inferred.environment for inferred in found}) > 1:
        reasons = "; ".join(inferred.reason for inferred in found)
        return Inferred("unknown", f"environment unknown: the evidence disagrees ({reasons})")
    return found[0]


def _of_whole(text: str, reason: str) -> Inferred | None:
    environment = _WHOLE_WORDS.get(text.lower())
    return Inferred(environment, f"environment '{environment}': {reason}") if environment else None


def _of_part(text: str, what: str, name: str) -> Inferred | None:
    environment = _environment_of_part(text)
    return Inferred(environment, f"environment '{environment}': {what} '{name}'") if environment else None


@lru_cache(maxsize=4096)
def _environment_of_part(text: str) -> Environment | None:
    """Return the environment that one of the words of a name tells."""
    tokens = _TOKENS.findall(text.lower())
    if "values" in tokens and not _LOCAL_VALUES.isdisjoint(tokens):
        return "local"
    return next(filter(None, (_of_token(tokens, index, token) for index, token in enumerate(tokens))), None)


def _of_token(tokens: Sequence[str], index: int, token: str) -> Environment | None:
    environment = _WORDS.get(token.rstrip("0123456789"))
    if environment == "production" and index and tokens[index - 1] in _NO_ENVIRONMENTS_AFTER:
        return None
    if environment == "production" and index and tokens[index - 1] in _NEGATIONS:
        return "staging" if tokens[index - 1] == "pre" else "development"
    if environment == "production" and index + 1 < len(tokens) and tokens[index + 1] in _NO_ENVIRONMENTS:
        return None
    if token in _AT_ENDS and index in (0, len(tokens) - 1):
        return _AT_ENDS[token]
    return "local" if token in _LOCAL_CLUSTERS else environment
