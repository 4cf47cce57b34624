"""What a helmfile deploys: charts of the tree with their values, and charts from elsewhere, in each of its environments.

Source: helmfile 1.1, `docs/index.md`. Hooks, bases and all but the simplest templates can be evaluated only by helmfile.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.location import Path
from k8slblint.model.node import Node, smallest_span
from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.gitops.applications import read_text
from k8slblint.rendering.gitops.deployments import MOST_UNITS, Deployments
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, sequence, text_of
from k8slblint.rendering.gitops.helmfile_text import Context, contexts_of, filled, first_template, is_on
from k8slblint.rendering.gitops.paths import environment_called, folder_path
from k8slblint.rendering.helm.layers import ValueLayer, known_among
from k8slblint.rendering.helm.named_charts import chart_at_hand
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit

_RELEASES = re.compile(r"^releases:", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*+#.*$", re.MULTILINE)
_INCLUDED = re.compile(r"""^\{\{-?[ ]*+[^{}\n]*?\breadFile[ ]++"(?P<path>[^"\n]++)"[^{}\n]*+\}\}[ ]*+$""", re.MULTILINE)
"""A line that is the text of another file."""
_NAMED = re.compile(
    r"""^[ ]*+-[ ]++name:[ ]*+["']?(?P<name>[\w.-]{1,80})["']?[ ]*+\n"""
    r"""(?:[ ]++(?!chart:)[\w.-]++:[^\n]*+\n){0,20}?[ ]++chart:[ ]*+["']?(?P<chart>[\w./:-]{1,200})""",
    re.MULTILINE,
)
"""A release as it is mostly written, in a list."""
_BY_ENVIRONMENT = re.compile(r"^[ \t]*+(?:-[ \t]++)?condition:|\.gotmpl\b", re.MULTILINE)
_BY_HELMFILE = ("transformers", "strategicMergePatches", "jsonPatches", "dependencies", "inherit", "valuesTemplate", "setTemplate")


class _Release(NamedTuple):
    """One release of a helmfile: `line` is where its document begins, `at` where it stands in it.

    `repositories` are those of the file. `is_filled` tells that templates were filled in, so that its values stand in no file as they are.
    """

    file: str
    line: int
    value: Mapping[str, Any]
    at: Path
    tree: SourceTree
    context: Context
    is_filled: bool
    repositories: Any = ()


def helmfile_releases(tree: SourceTree, path: str) -> Deployments:
    """Return what a file deploys if it plainly is a helmfile: a top-level list `releases` with a chart each; else nothing.

    A release that depends on the environment is deployed once for each that the file states.
    """
    try:
        text = documents.decode(tree.read(path))
    except (OSError, documents.UndecodableText):
        return Deployments([], [])
    included = _INCLUDED.search(text)
    if included:
        return _of_parts(tree, path, text)
    if not _RELEASES.search(text):
        return Deployments([], [])
    text = _COMMENT.sub("", text)
    if "{{" not in text and not _BY_ENVIRONMENT.search(text):
        return _all_of(tree, path, text, Context("default"), is_filled=False) or Deployments([], [])
    return _in_environments([(context, _of_context(tree, path, text, context)) for context in contexts_of(tree, path, text)])


def _of_parts(tree: SourceTree, path: str, text: str) -> Deployments:
    """Return the releases that a helmfile, and files whose text it takes in, name: only helmfile puts them together."""
    found: dict[str, NotRendered] = {}
    line = text.count("\n", 0, text.find("{{")) + 1
    parts = [one["path"] for one in _INCLUDED.finditer(text)][:MOST_UNITS]
    for part in dict.fromkeys(folder_path(name, posixpath.dirname(path)) for name in parts):
        named = _NAMED.finditer(_COMMENT.sub("", _text_of(tree, part))) if part else ()
        for one in named:
            name, chart = one["name"], one["chart"]
            reason = f"chart '{chart}' is named in '{part}', whose templates only helmfile evaluates"
            found.setdefault(name, NotRendered(f"helmfile release {name}", path, line, reason))
    told = NotRendered("helmfile", path, line, "only helmfile evaluates its templates")
    return Deployments([], list(found.values())[:MOST_UNITS] or [told])


def _text_of(tree: SourceTree, path: str) -> str:
    try:
        return documents.decode(tree.read(path))
    except (OSError, documents.UndecodableText):
        return ""


def _of_context(tree: SourceTree, path: str, text: str, context: Context) -> Deployments:
    """Return what a file deploys in one environment."""
    plain = filled(text, context)
    if plain is None and not documents.is_template(text):
        plain = text  # some texts are placeholders, and the releases that they are of are told
    found = _all_of(tree, path, plain, context, is_filled=plain != text) if plain is not None else None
    told = NotRendered("helmfile", path, first_template(text), "only helmfile evaluates its templates")
    return found or Deployments([], [told] if "{{" in text else [])


def _all_of(tree: SourceTree, path: str, text: str, context: Context, *, is_filled: bool) -> Deployments | None:
    """Return what the text of a file deploys, None where that is no YAML."""
    found = Deployments([], [])
    try:
        roots = [(chunk.line, documents.parse(chunk).root) for chunk in documents.split(text)]
    except documents.BrokenDocument:
        return None
    repositories = [entry for _, root in roots for entry in sequence(mapping(root.value).get("repositories"))]
    for line, root in roots:
        for index, value in enumerate(sequence(mapping(root.value).get("releases"))[:MOST_UNITS]):
            if not isinstance(value, dict) or not isinstance(value.get("chart"), str) or value.get("installed") is False:
                continue
            _add(found, _Release(path, line, value, ("releases", index), tree, context, is_filled, repositories), root)
    return found


def _in_environments(found: Sequence[tuple[Context, Deployments]]) -> Deployments:
    """Return what is deployed in some environments; what is the same in all of them is one."""
    units: list[Unit] = []
    for context, own in found:
        for unit in own.units:
            is_same = all(any(unit == other for other in others.units) for _, others in found)
            label = f"{unit.label} {context.environment}"
            one = unit if is_same else unit._replace(label=label, environment=environment_called(context.environment))
            units += [one] if one not in units else []
    not_rendered = {(one.description, one.line, one.reason): one for _, own in found for one in own.not_rendered}
    return Deployments(units[:MOST_UNITS], list(not_rendered.values()))


def _add(found: Deployments, release: _Release, root: Node) -> None:
    name = release.value.get("name")
    try:
        if _is_wanted(release):
            found.units.append(_unit(release))
    except NotFollowedError as error:
        line = smallest_span(root, (*release.at, *(error.at or ("chart",)))).line
        described = f"helmfile release {name if isinstance(name, str) else ''}".rstrip()
        found.not_rendered.append(NotRendered(described, release.file, line, error.reason, absent=_absent_chart(release, described, line)))


def _absent_chart(release: _Release, described: str, line: int) -> AbsentChart:
    layers, are_all = known_among(_layers(release))
    repository, name = _fetched_from(release, release.value["chart"])
    version, cluster = release.value.get("version"), release.value.get("kubeContext")
    return AbsentChart(
        name,
        repository,
        version if isinstance(version, str) else "",
        release.file,
        line,
        ("Release", described.rpartition(" ")[2]),
        layers,
        is_whole=are_all and not any(release.value.get(key) for key in _BY_HELMFILE),
        cluster=cluster if isinstance(cluster, str) and not has_placeholder(cluster) else None,
        label=f"{described} {release.context.environment}",
    )


def _is_wanted(release: _Release) -> bool:
    condition = release.value.get("condition")
    answer = is_on(condition, release.context) if isinstance(condition, str) else condition is None or None
    if answer is None:
        raise NotFollowedError("only helmfile evaluates its `condition`", ("condition",))
    return answer


def _unit(release: _Release) -> Unit:
    name, chart, namespace = (text_of(release.value, key) for key in ("name", "chart", "namespace"))
    version = release.value.get("version") if isinstance(release.value.get("version"), str) else ""
    folder = folder_path(chart, posixpath.dirname(release.file)) if chart and "://" not in chart else None
    if folder is None or not release.tree.is_file(posixpath.join(folder, "Chart.yaml")):
        folder = chart_at_hand(release.tree, WantedChart(*_fetched_from(release, chart), version or ""))
    if not folder:
        raise NotFollowedError(f"chart '{chart}' {version}".rstrip() + " is not in this tree")
    for key in _BY_HELMFILE:
        if release.value.get(key):
            raise NotFollowedError(f"only helmfile applies its `{key}`", (key,))
    return Unit(
        path=release.file,
        source=ChartRelease(folder, tuple(_layers(release)), name or "release-name", namespace or "default"),
        label=name,
        deployed_by=f"helmfile release {name}",
        cluster=text_of(release.value, "kubeContext") or None,
        namespace=namespace or None,
    )


def _fetched_from(release: _Release, chart: str) -> tuple[str, str]:
    """Return the address of the repository of a chart, `""` where the helmfile does not tell it, and its name."""
    repository, _, name = chart.rpartition("/")
    if "://" in chart:
        return repository, name
    for entry in sequence(release.repositories):
        url = mapping(entry).get("url")
        if mapping(entry).get("name") == repository and isinstance(url, str):
            return f"oci://{url}" if mapping(entry).get("oci") is True and "://" not in url else url, name
    return "", name


def _layers(release: _Release) -> Iterator[ValueLayer]:
    for index, written in enumerate(sequence(release.value.get("values"))):
        entry, at = _filled_entry(release, written), ("values", index)
        if isinstance(entry, dict):
            yield ValueLayer("", given=entry) if release.is_filled else ValueLayer(release.file, release.line, (*release.at, *at))
            continue
        if (text := _filled_file(release, entry)) is not None:
            yield ValueLayer("", form="text", given=text)
            continue
        path = folder_path(entry, posixpath.dirname(release.file)) if isinstance(entry, str) and "://" not in entry else None
        if not path or path.endswith(".gotmpl") or "{{" in path:
            raise NotFollowedError(f"its values '{entry if isinstance(entry, str) else index}' can be evaluated only by helmfile", at)
        yield ValueLayer(path, is_optional=release.value.get("missingFileHandler") in ("Warn", "Info", "Debug"))
    if release.value.get("secrets"):
        raise NotFollowedError("some of its values are secret", ("secrets",))
    yield from _assignments(release)


def _filled_entry(release: _Release, entry: Any) -> Any:
    """Return the name of a file with what helmfile fills in for each release."""
    is_template = isinstance(entry, str) and "{{" in entry
    return (filled(entry, release.context, release.value) if is_template else None) or entry


def _filled_file(release: _Release, entry: Any) -> str | None:
    """Return the text of a template of values with its templates filled in, None for other files and where that cannot be done."""
    path = folder_path(entry, posixpath.dirname(release.file)) if isinstance(entry, str) and entry.endswith(".gotmpl") else None
    if not path or not release.tree.is_file(path):
        return None
    try:
        return filled(documents.decode(release.tree.read(path)), release.context, release.value)
    except (OSError, documents.UndecodableText):
        return None


def _assignments(release: _Release) -> Iterator[ValueLayer]:
    """Yield what is set one by one: `--set` and `--set-file` of `set`, then `--set-string`."""
    for key in ("set", "setString"):
        for index, entry in enumerate(sequence(release.value.get(key))):
            one, at = mapping(entry), (key, index)
            name = one.get("name")
            if not isinstance(name, str):
                raise NotFollowedError(f"only helmfile evaluates one of its `{key}`", at)
            yield _assignment(release, name, one, at)


def _assignment(release: _Release, name: str, one: Mapping[str, Any], at: Path) -> ValueLayer:
    is_text = at[0] == "setString"
    if "value" in one:
        if release.is_filled:
            return ValueLayer("", form="assignment", name=name, is_text=is_text, given=one["value"])
        return ValueLayer(release.file, release.line, (*release.at, *at, "value"), "assignment", name, is_text)
    if isinstance(one.get("values"), list):
        items = (str(item).lower() if isinstance(item, bool) else str(item) for item in one["values"])
        listed = ",".join(item.replace(",", "\\,") for item in items)
        return ValueLayer("", form="assignment", name=name, is_text=is_text, given=f"{{{listed}}}")
    path = folder_path(one["file"], posixpath.dirname(release.file)) if isinstance(one.get("file"), str) else None
    if path is None:
        raise NotFollowedError(f"only helmfile evaluates one of its `{at[0]}`", at)
    return ValueLayer("", form="assignment", name=name, is_text=True, given=read_text(release.tree, path, at))
