"""The results of loading: resources, problems of the input, and what is missing."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from k8slblint.model.definitions import CustomDefinition
from k8slblint.model.finding import Completeness
from k8slblint.model.host_files import HostFile
from k8slblint.model.location import Location
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource, SourceText
from k8slblint.model.rule import Confidence, Severity


class Deployment(NamedTuple):
    """How rendered text is deployed, where its deployer says more than its path: cluster, environment, and why.

    `stands_alone` tells of values that nobody is known to deploy: what they yield meets nothing else. `deployer` is the path, as
    reported, of the file of the object that deploys it, `is_own_cluster` that it says to send it to the cluster that it runs in itself.
    `is_offered` tells of values that whoever installs a chart is meant to replace, `is_copy` that the chart is someone else's.
    `when` says which values were changed to show it.
    `is_reached` tells that another deployer applies the object that deploys it.
    """

    cluster: str | None = None
    environment: str | None = None
    stands_alone: bool = False
    reason: str = ""
    deployer: str = ""
    is_own_cluster: bool = False
    is_offered: bool = False
    when: str = ""
    is_reached: bool = False
    is_copy: bool = False


class SourceFile(NamedTuple):
    """One file to read: `path` as reported (with `/`), `read` returns its bytes and may raise `OSError`.

    `scope_path` is the path relative to the scanned folder, by which cluster and environment are inferred; `above` is the path of that
    folder from the root of the repository, `""` for the root itself, else ending in `/`.
    `project` is the nearest enclosing folder that is a project of its own (relative to the scanned folder), `""` for that folder itself;
    `outer_project` is the one that the scanned folder is or is in, from the root of the repository, `""` for that root.
    `named` tells that the user named this very file, so that it is read whatever its name.
    `real` is its real path on the disk, also where the file is gone from there; `""` for text that is in no file.
    `deployment` is set for what was rendered; its `path` then names the unit. `is_elsewhere` tells of one that is gone from outside of
    what the user named: what it held may have moved into that, and nothing else is said of it.
    """

    path: str
    read: Callable[[], bytes]
    scope_path: str = ""
    project: str = ""
    named: bool = False
    real: str = ""
    deployment: Deployment | None = None
    above: str = ""
    outer_project: str = ""
    is_elsewhere: bool = False


class InputProblem(NamedTuple):
    """Something wrong with the text itself, reported under `rule` (`invalid-yaml`, `invalid-resource`, `render-failed`).

    The texts are those of a `Problem`. `cause` is the raw fact, which tells two problems of one file apart across runs whatever
    the wording; `severity` and `confidence` override the rule's for this one case; `group` tells problems that one and the same step cures.
    `units` are the names of the rendered units that it is about; none for text that was read as it stands.
    """

    rule: str
    location: Location
    headline: str
    source: SourceText
    severity: Severity | None = None
    label: str = ""
    why: str = ""
    help: str = ""
    cause: str = ""
    group: str = ""
    units: tuple[str, ...] = ()
    confidence: Confidence | None = None


class Gap(NamedTuple):
    """Something that could not be read, so that claims of absence about it would be guesses: where, and why.

    `is_part` tells that all else that is there was read: of a unit only what the reason names is missing, or, where the unit is refused as
    a whole for that reason, its files stand for themselves. `namespace` is the only one of which something may be missing for it, None
    where it may be any. `url` is what would have to be fetched, as it is written.
    `is_of_deployer` tells of an object that is not followed: its file was read, and only what it deploys is missing. Of that, where it
    `is_closed`, nothing is reached from outside of the cluster but what values ask for. `chart` is the name of the chart that is missing,
    where that is all, and what is written of it names no pool of addresses.
    """

    path: str
    reason: str
    is_part: bool = False
    namespace: str | None = None
    url: str = ""
    is_of_deployer: bool = False
    is_closed: bool = False
    chart: str = ""


class Patched(NamedTuple):
    """What a kustomization patches: a kind and a name, None for any; `path` is where that is written."""

    kind: str | None
    name: str | None
    path: str


def _nothing(_kind: str, _names: frozenset[str]) -> Sequence[Resource]:
    return ()


class Beside(NamedTuple):
    """What files say besides objects, each worked out when it is asked for.

    `patched` is what kustomizations patch, `hosts` which files set up the machines of a cluster. `opened` reads the objects of a kind that
    have one of some names, of kinds that are parsed only when something refers to them. `installed` are the names of the Helm releases that
    scripts install. `definitions` are those of custom kinds. `completed` are the paths of files whose objects kustomizations may complete.
    """

    patched: Callable[[], Sequence[Patched]] = tuple
    hosts: Callable[[], Sequence[HostFile]] = tuple
    opened: Callable[[str, frozenset[str]], Sequence[Resource]] = _nothing
    installed: Callable[[], frozenset[str]] = frozenset
    definitions: tuple[CustomDefinition, ...] = ()
    completed: Callable[[], frozenset[str]] = frozenset


class Loaded:
    """Everything that one set of sources yields, in reading order; `files` holds every file by its path.

    `refused` are objects of kinds that nobody uses and that may not fit their schema. `declared` holds what definitions among
    the sources say about custom kinds: by path, apiVersion and kind of an object, what `loading.validation` holds it against.
    `definitions` are the definitions of custom kinds themselves, `beside` works out what files among the sources say besides objects.
    `unopened` holds, by kind, the paths of the files with objects that are parsed only when something refers to them by name
    (`loading.opening`). `kinds` holds for files whose documents were all looked at `Kind.group` of these. `no_hosts` are the paths of files
    that are known not to set up machines.
    """

    __slots__ = (
        *("beside", "completeness", "declared", "definitions", "files", "gaps", "kinds"),
        *("no_hosts", "problems", "refused", "resources", "unopened"),
    )

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self.refused: list[Resource] = []
        self.declared: dict[tuple[str, str, str], Any] = {}
        self.definitions: list[CustomDefinition] = []
        self.problems: list[InputProblem] = []
        self.gaps: list[Gap] = []
        self.beside = Beside()
        self.completeness = Completeness()
        self.files: dict[str, SourceFile] = {}
        self.unopened: dict[str, dict[str, None]] = {}
        self.kinds: dict[str, set[str]] = {}
        self.no_hosts: set[str] = set()

    def sources(self) -> Iterator[tuple[str, SourceText]]:
        """Yield the texts that were read, by path; none of what was rendered."""
        seen = {problem.location.path: problem.source for problem in self.problems}
        seen.update((one.path, one.source) for one in (*self.resources, *self.refused) if one.provenance is None)
        yield from sorted(seen.items())
