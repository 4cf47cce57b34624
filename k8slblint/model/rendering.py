"""What a user states about rendering: charts with the values they are deployed with, and which renderers may run."""

from typing import Literal, TypeAlias

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.scope import Environment

HelmChoice: TypeAlias = Literal["auto", "native", "binary", "in-process", "off"]
KustomizeChoice: TypeAlias = Literal["auto", "native", "binary", "off"]


class AssignmentSettings(NamedTuple):
    """One entry of `set:`: the name as of `--set`, the value, and where in which file (absolute path) it is written."""

    name: str
    value: object
    file: str
    at: Path


class ValueSetSettings(NamedTuple):
    """One set of values that a chart is deployed with; `values` are absolute paths of value files, later ones win."""

    name: str
    values: tuple[str, ...] = ()
    assignments: tuple[AssignmentSettings, ...] = ()
    release: str | None = None
    namespace: str | None = None
    environment: Environment | None = None
    cluster: str | None = None


class ChartSettings(NamedTuple):
    """A chart of the configuration: the absolute path of its folder, and the sets of values it is deployed with."""

    path: str
    sets: tuple[ValueSetSettings, ...]
    release: str | None = None
    namespace: str | None = None
    kubernetes_version: str | None = None
    api_versions: tuple[str, ...] = ()


class RenderSettings(NamedTuple):
    """Everything that a user states about rendering; `cache` is the folder for what was rendered, which no file of a tree names.

    `chart_folders` are absolute paths of folders with charts that may be deployed from elsewhere.
    """

    charts: tuple[ChartSettings, ...] = ()
    helm: HelmChoice = "auto"
    kustomize: KustomizeChoice = "auto"
    variants: bool = True
    cache: str | None = None
    chart_folders: tuple[str, ...] = ()
