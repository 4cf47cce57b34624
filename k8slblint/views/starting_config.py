"""The text of a starting `.k8slblint.yaml`: the clusters that were inferred by name, and what else is worth stating.

Nothing in it changes the scopes of a scan: what was inferred with one answer is written down, all else stands in comments.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from k8slblint.model.globs import matches_any
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.scope import ENVIRONMENTS, Scope
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.links import schema_address

_PLAIN = pattern(r"[A-Za-z_][A-Za-z0-9_.]*(?:[-/][A-Za-z0-9_.]+)*")
"""Text that YAML reads as text without quotes, in flow sequences too."""

_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Plain text that YAML 1.1 reads as something else."""

_PLATFORMS = ("eks", "gke", "aks", "bare-metal")
"""The platforms that are named as examples."""

_HEAD = f"""\
# yaml-language-server: $schema={schema_address("config")}
# What k8slblint inferred from this tree; `k8slblint scope --reasons` shows the reasons.
# Statements here take precedence over inference. The first cluster whose paths match a file applies.
"""

_NO_CLUSTERS = """\
# This tree looks like one cluster. If it deploys several, list them, so that their objects never conflict:
#
# clusters:
#   - name: prod-eu
#     paths: [clusters/prod-eu]
#     environment: production
"""

_WORTH_STATING = """\

# Worth stating for a cluster, because few repositories contain it:
#
#     kubernetes: "1.34"                        # which fields the API server knows
#     contexts: [admin@prod-eu]                 # names of the cluster in kubeconfig and Argo CD: context, name or server URL
#     load_balancers: {budget: 5}               # more cloud load balancers than this are an error
#     node_addresses: [192.0.2.10-192.0.2.20]   # address pools must not contain them
#     networks: {pods: 10.244.0.0/16, services: 10.96.0.0/12}
#
# For all files that belong to no cluster above, or to one without these fields:
#
# environment: production
# platform: eks
# kubernetes: "1.34"
"""


class ScopedFile(NamedTuple):
    """A file with what was inferred of one object in it; `path` is relative to the folder of the configuration."""

    path: str
    scope: Scope


class Statement(NamedTuple):
    """What is known of one property of a cluster: the value if there is one answer, else why there is none."""

    value: str | None
    reason: str


class Entry(NamedTuple):
    """One entry of `clusters:`."""

    name: str
    paths: tuple[str, ...]
    environment: Statement
    platform: Statement


def starting_config(files: Sequence[ScopedFile]) -> str:
    """Return the text of a configuration with which a scan of these files infers the same scopes."""
    entries = _entries(files)
    if not entries:
        return _HEAD + "\n" + _NO_CLUSTERS + _WORTH_STATING
    return "\n".join([_HEAD, "clusters:", *(line for entry in entries for line in _lines(entry)), _WORTH_STATING])


def _entries(files: Sequence[ScopedFile]) -> list[Entry]:
    """Return the entries in an order in which the deepest folder counts, as it does for inference; what would mislead is left out."""
    members: dict[str, list[Scope]] = defaultdict(list)
    for file in files:
        if file.scope.division == "named" and file.scope.folder:
            members[file.scope.cluster].append(file.scope)
    entries = _deepest_first(_entry(name, sorted({scope.folder for scope in scopes}), scopes) for name, scopes in members.items())
    if any(_misleading(entries, files)):
        entries = _deepest_first(entry._replace(paths=(path,)) for entry in entries for path in entry.paths)
    while wrong := set(_misleading(entries, files)):
        entries = [entry for entry in entries if entry not in wrong]
    return entries


def _entry(name: str, folders: Sequence[str], scopes: Sequence[Scope]) -> Entry:
    environments: dict[str, str] = {scope.environment: scope.environment_reason for scope in scopes}
    platforms = {scope.platform: scope.reasons[2] for scope in scopes}
    return Entry(name, tuple(folders), _statement(environments), _statement(platforms))


def _statement(answers: Mapping[str, str]) -> Statement:
    """Return the one answer, or why there is none; `answers` tells the reason of each."""
    known = sorted(set(answers) - {"unknown"})
    if len(answers) == 1 and known:
        return Statement(known[0], next(iter(answers.values())))
    if not known:
        _, _, why = next(iter(answers.values())).partition(" unknown: ")
        return Statement(None, f"not inferred: {why or 'no evidence'}")
    nothing = ["nothing"] if "unknown" in answers else []
    return Statement(None, f"inferred differently for its files: {', '.join([*known, *nothing])}; a statement applies to all of them")


def _deepest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (-max(path.count("/") for path in entry.paths), entry.name, entry.paths))


def _misleading(entries: Sequence[Entry], files: Iterable[ScopedFile]) -> Iterator[Entry]:
    """Yield entries that would give a file another scope than the inferred one: a pattern may match more than its folder."""
    for file in files:
        entry = next((entry for entry in entries if matches_any(file.path, entry.paths)), None)
        if entry is not None and not _agrees(entry, file.scope):
            yield entry


def _agrees(entry: Entry, scope: Scope) -> bool:
    return (
        entry.name == scope.cluster
        and entry.environment.value in (None, scope.environment)
        and entry.platform.value in (None, scope.platform)
    )


def _lines(entry: Entry) -> Iterator[str]:
    yield f"  - name: {_quoted(entry.name)}"
    yield f"    paths: [{', '.join(map(_quoted, entry.paths))}]"
    yield from _stated("environment", entry.environment, [word for word in ENVIRONMENTS if word != "unknown"])
    yield from _stated("platform", entry.platform, [*_PLATFORMS, "..."])


def _stated(field: str, statement: Statement, words: Sequence[str]) -> Iterator[str]:
    if statement.value is not None:
        yield f"    {field}: {_quoted(statement.value)}"
    else:
        yield f"    # {field}:  # {visible(statement.reason)}. One of {', '.join(words)}"


def _quoted(text: str) -> str:
    """Write a text as a YAML scalar, in double quotes where it needs them; `##` begins commands of CI runners and is broken up."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)).replace("##", r"#\x23") + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - YAML 1.2, 5.7
