"""What the manifests of a cluster state about its controllers: arguments, variables, Helm values, objects of operators.

Which settings there are, and what their texts mean, is in `catalogs/controllers.json`, with the source of each.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, TypeAlias

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.controllers import ControllerSetting, SettingName
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import APPLICATION
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.deployed_charts import chart_of, source_of

_Key: TypeAlias = tuple[str, str, SettingName]


_OPEN = ("0.0.0.0/0", "0.0.0.0/0,::/0", "")


class Stated(NamedTuple):
    """What a setting of a controller means, and the sentence without a period that says where it is stated."""

    value: str
    reason: str

    @property
    def is_open(self) -> bool:
        """Tell whether the value keeps nobody out: an empty text, or all addresses."""
        return self.value.strip() in _OPEN


def stated_setting(controller: str, name: SettingName, cluster: str, graph: ResourceGraph) -> Answer[Stated]:
    """Return what the manifests of a cluster set for a controller.

    `Absent` where none of them mentions it; unknown where it is filled in later, where several say different things, and where some of
    the controller's workloads say it and others do not.
    """
    said = graph.derived(_by_controller).get((cluster, controller, name), [])
    found = [answer for answer in said if isinstance(answer, Found)]
    unknown = next((answer for answer in said if isinstance(answer, Unknown)), None)
    if unknown is not None:
        return unknown
    if not found:
        return Absent()
    if len(found) < len(said) or len({answer.value.value for answer in found}) > 1:
        return Unknown(f"the manifests disagree: {found[0].value.reason}, and another object does not")
    return found[0]


def _by_controller(graph: ResourceGraph) -> dict[_Key, list[Answer[Stated]]]:
    said: dict[_Key, list[Answer[Stated]]] = defaultdict(list)
    for resource in graph.resources:
        cluster = graph.scope(resource).cluster
        for controller, setting, answer in _said_by(resource, graph):
            said[cluster, controller, setting.sets].append(answer)
    return said


def _said_by(resource: Resource, graph: ResourceGraph) -> Iterator[tuple[str, ControllerSetting, Answer[Stated]]]:
    yield from _by_workload(resource)
    if resource.type_name in catalog.kinds_with_settings():
        yield from _by_object(resource)
    chart, values = chart_of(resource, graph)
    controllers = catalog.controllers_of_chart(chart) if chart else ()
    named = parameters_of(resource) if controllers else {}
    for name in controllers:
        for setting in catalog.controllers()[name].settings:
            text = named.get(".".join(setting.value)) or value_at(values, setting.value) if setting.value else None
            if text is not None:
                yield name, setting, _read(setting, text, f"{resource.id} sets `{'.'.join(setting.value)}: {text}`")


def _by_workload(resource: Resource) -> Iterator[tuple[str, ControllerSetting, Answer[Stated]]]:
    for _, container in main_containers_of(resource):
        image = container.get("image")
        for name in catalog.controllers_of_image(image) if isinstance(image, str) else ():
            for setting in catalog.controllers()[name].settings:
                if setting.kind is None:
                    yield name, setting, _in_container(setting, container, resource)


def _by_object(resource: Resource) -> Iterator[tuple[str, ControllerSetting, Answer[Stated]]]:
    for name, known in catalog.controllers().items():
        for setting in known.settings:
            text = resource.get(*setting.field) if setting.kind == resource.type_name else None
            if text is not None:
                yield name, setting, _read(setting, text, f"{resource.id} sets `{'.'.join(setting.field)}: {text}`")


def _in_container(setting: ControllerSetting, container: Mapping[str, Any], workload: Resource) -> Answer[Stated]:
    if setting.argument is not None and (text := argument_of(container, setting.argument)) is not None:
        return _read(setting, text, f"{workload.id} sets `{setting.argument}{f'={text}' if text else ''}`")
    variables = container.get("env")
    for variable in variables if isinstance(variables, list) else ():
        if setting.variable is not None and isinstance(variable, dict) and variable.get("name") == setting.variable:
            text = variable.get("value")
            return _read(setting, text, f"{workload.id} sets `{setting.variable}={text}`")
    return Absent()


def argument_of(container: Mapping[str, Any], wanted: str) -> object:
    """Return the last value of an argument, as `--name=value` or as two texts, empty for a bare flag; None where it is not there."""
    texts = [text for field in ("command", "args") for text in (container.get(field) or ()) if isinstance(container.get(field), list)]
    found: object = None
    for index, text in enumerate(texts):
        if isinstance(text, str) and text.startswith(f"{wanted}="):
            found = text.partition("=")[2]
        elif text == wanted:
            following = texts[index + 1] if index + 1 < len(texts) else ""
            found = "" if isinstance(following, str) and following.startswith("-") else following
    return found


def _read(setting: ControllerSetting, text: object, reason: str) -> Answer[Stated]:
    """Return what a text means; one that is filled in later, or that the controller does not take, says nothing."""
    word = str(text).lower() if isinstance(text, bool) else text
    if not isinstance(word, str) or has_placeholder(word):
        return Unknown(f"{reason.partition(' sets ')[0]} has a setting with a placeholder")
    if not setting.means:
        return Found(Stated(word, reason)) if word else Absent()
    return Found(Stated(setting.means[word], reason)) if word in setting.means else Unknown(f"{reason}, whose meaning is unknown")


def parameters_of(resource: Resource) -> Mapping[str, object]:
    """Return the parameters of an Application by name, the dotted path of a value: they win over its values."""
    helm = source_of(resource).get("helm") if resource.type_name == APPLICATION else None
    parameters = helm.get("parameters") if isinstance(helm, dict) else None
    rows = [one for one in parameters if isinstance(one, dict)] if isinstance(parameters, list) else []
    return {one["name"]: one.get("value") for one in rows if isinstance(one.get("name"), str)}


def value_at(values: object, path: tuple[str, ...]) -> object:
    """Return the value at a path; of YAML text a scalar below keys that have lines of their own."""
    if isinstance(values, str):
        return _scalar_in(values, path)
    for step in path:
        values = values.get(step) if isinstance(values, dict) else None
    return values


_KEY_LINE = pattern(r"""([ ]*)["']?([\w./-]+)["']?:(?:[ \t]++["']?([\w./:,-]*+)["']?)?[ \t]*+(?:#.*)?$""")


def _scalar_in(text: str, path: tuple[str, ...]) -> str | None:
    """Return the plain or quoted scalar at a path of a text in block style; None where any step of it is written otherwise."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")] if path[-1] in text else []
    scalar: str | None = None
    for step in path:
        scalar, lines = _entry(lines, step)
    return scalar or None


def _entry(lines: Sequence[str], key: str) -> tuple[str | None, list[str]]:
    """Return the scalar beside a key of the mapping that these lines are, and the lines below it."""
    width = _width(lines[0]) if lines else 0
    for index, line in enumerate(lines):
        found = _KEY_LINE.match(line)
        if found and len(found[1]) == width and found[2] == key:
            return found[3], list(takewhile(lambda below: _width(below) > width, lines[index + 1 :]))
    return None, []


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
