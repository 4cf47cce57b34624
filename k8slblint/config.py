"""Settings of the user: the configuration file and the options of the call become one frozen `Config`."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from k8slblint.loading.borders import is_inside, leads_out, refuse_link_out, why_unreadable
from k8slblint.loading.folders import git_root, names_in, read_file
from k8slblint.model.errors import UsageError
from k8slblint.model.location import Location, Span
from k8slblint.model.node import Node, smallest_span
from k8slblint.model.records import NamedTuple
from k8slblint.model.rendering import AssignmentSettings, ChartSettings, RenderSettings, ValueSetSettings
from k8slblint.model.resource import SourceText
from k8slblint.model.rule import Confidence, Severity
from k8slblint.model.scope import ClusterSettings, ScopeSettings, canonical_context
from k8slblint.shipped import read_json

FILE_NAMES = (".k8slblint.yaml", ".k8slblint.yml")

FailOn: TypeAlias = Literal["error", "warning", "note", "never"]


class RuleSettings(NamedTuple):
    """What the user changed about one rule; `severity` `"off"` switches it off."""

    severity: Severity | Literal["off"] | None = None
    confidence: Confidence | None = None
    parameters: Mapping[str, Any] = {}
    environments: Mapping[str, "RuleSettings"] = {}


class ConfigSuppression(NamedTuple):
    """A finding accepted in the configuration; patterns with `*`; `location` is where it is written."""

    rule: str
    kind: str
    namespace: str
    name: str
    paths: tuple[str, ...]
    reason: str
    location: Location


class Config(NamedTuple):
    """Everything that steers a run. `path` is the configuration file as reported, or None; `baseline` is a path that can be opened.

    `root` is the parsed file, `source` its text. `from_options` names the fields that
    options of the call decide, `ignored_by_option` what `--ignore` adds.
    """

    path: str | None = None
    scopes: ScopeSettings = ScopeSettings()
    rules: Mapping[str, RuleSettings] = {}
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    suppressions: tuple[ConfigSuppression, ...] = ()
    fail_on: FailOn = "error"
    min_confidence: Confidence = "medium"
    rendering: RenderSettings = RenderSettings()
    budget: Mapping[str, float] = {}
    samples: Literal["spare", "lint"] = "spare"
    baseline: str | None = None
    root: Node | None = None
    source: SourceText | None = None
    from_options: frozenset[str] = frozenset()
    ignored_by_option: tuple[str, ...] = ()

    def location(self, *path: str | int) -> Location:
        """Return where something is written in the file: the smallest place that there is for a path of it."""
        span = smallest_span(self.root, path) if self.root is not None else Span(1, 1, 1, 2)
        return Location(self.path or FILE_NAMES[0], span)


def find_config(start: str) -> str | None:
    """Return the nearest configuration file at or above `start` (a file or folder), or None; a git root ends the search.

    Raises `UsageError` for one that is a link out of the repository.
    """
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        for name in FILE_NAMES:
            candidate = os.path.join(folder, name)
            if os.path.isfile(candidate):
                if os.path.islink(candidate) and leads_out(candidate, found=True):
                    raise UsageError(f"configuration '{_shown(candidate)}' is a link out of the repository: replace it by a file.")
                return candidate
        if os.path.exists(os.path.join(folder, ".git")) or folder == os.path.dirname(folder):
            return None
        folder = os.path.dirname(folder)


def read_config(path: str) -> Config:
    """Read a configuration file. Raises `UsageError`, naming the line, when it is not valid or names what does not exist."""
    refuse_link_out(path)
    try:
        data = read_file(path)
    except OSError as error:
        msg = f"configuration '{_shown(path)}' cannot be read: {why_unreadable(error)}."
        raise UsageError(msg) from error
    return parse_config(data, path)


def parse_config(data: bytes, path: str, *, is_now: bool = True) -> Config:
    """Return the configuration that the file at `path` holds, or held: then (`is_now` is false) what it names need not exist any more.

    Raises `UsageError`, naming the line, when it is not valid.
    """
    from k8slblint import documents

    try:
        text = documents.decode(data)
        chunks = documents.split(text)
        if not chunks:
            return Config(path=_shown(path))
        parsed = documents.parse(chunks[0])
        for problem in parsed.problems:
            msg = f"configuration '{_shown(path)}' line {problem.line}: {problem.message}."
            raise UsageError(msg)
        if len(chunks) > 1:
            msg = f"configuration '{_shown(path)}' line {chunks[1].line}: a second document is not read; merge it into the first."
            raise UsageError(msg)
    except (documents.BrokenDocument, documents.UndecodableText) as error:
        problem = error.problem
        msg = f"configuration '{_shown(path)}' is not valid YAML at line {problem.line}: {problem.message}."
        raise UsageError(msg) from error
    return _ConfigReader(path, parsed.root, is_now=is_now).read()._replace(source=SourceText(text))


class _ConfigReader:
    """Turns one parsed file into a `Config`."""

    def __init__(self, path: str, root: Node, *, is_now: bool) -> None:
        self._is_now = is_now
        self._shown = _shown(path)
        self._folder = os.path.realpath(os.path.dirname(path))
        self._root = root

    def read(self) -> Config:
        self._validate()
        value = self._root.value
        self._refuse_shared_contexts(value.get("clusters", ()))
        return Config(
            path=self._shown,
            scopes=ScopeSettings(
                clusters=tuple(self._cluster(index, cluster) for index, cluster in enumerate(value.get("clusters", ()))),
                defaults=ClusterSettings(
                    name="",
                    environment=value.get("environment"),
                    platform=value.get("platform"),
                    kubernetes_version=_version(value.get("kubernetes")),
                ),
            ),
            rules=dict(self._rule(rule, settings) for rule, settings in value.get("rules", {}).items()),
            select=tuple(value.get("select", ())),
            extend_select=tuple(value.get("extend_select", ())),
            ignore=tuple(value.get("ignore", ())),
            exclude=tuple(value.get("exclude", ())),
            suppressions=tuple(self._suppression(index, entry) for index, entry in enumerate(value.get("suppressions", ()))),
            fail_on=value.get("fail_on", "error"),
            min_confidence=value.get("min_confidence", "medium"),
            rendering=self._rendering(value.get("rendering", {})),
            budget=value.get("budget", {}),
            samples=value.get("samples", "spare"),
            baseline=self._baseline(value.get("baseline")),
            root=self._root,
        )

    def _baseline(self, given: str | None) -> str | None:
        """Return the path of the baseline file, which lies where the configuration may lead to."""
        if given is None:
            return None
        path = os.path.normpath(os.path.join(self._folder, given))
        if not is_inside(os.path.realpath(path), git_root(self._folder) or self._folder):
            raise UsageError(f"{self._at('baseline')}: the baseline '{given}' is outside of the repository.")
        if self._is_now and not os.path.isfile(path):
            raise UsageError(f"{self._at('baseline')}: the baseline '{given}' does not exist; `k8slblint baseline` writes one.")
        return path

    def _at(self, *path: str | int) -> str:
        """Return the beginning of a message about a path of the configuration, with its line."""
        return f"configuration '{self._shown}' line {smallest_span(self._root, path).line}"

    def _rendering(self, value: Mapping[str, Any]) -> RenderSettings:
        stated = list(enumerate(value.get("charts", ())))
        charts = tuple(self._chart(index, chart) for index, chart in stated if not isinstance(chart, str))
        folders = tuple(self._chart_folder(index, folder) for index, folder in stated if isinstance(folder, str))
        varies = value.get("variants") is not False
        helm, kustomize = _switched(value.get("helm")), _switched(value.get("kustomize"))
        return RenderSettings(charts, helm, kustomize, variants=varies, chart_folders=folders)

    def _chart_folder(self, index: int, given: str) -> str:
        """Return the absolute path of a folder of charts, which lies where the configuration may lead to. Raises `UsageError`."""
        path = os.path.normpath(os.path.join(self._folder, given))
        at = self._at("rendering", "charts", index)
        if not is_inside(os.path.realpath(path), git_root(self._folder) or self._folder):
            raise UsageError(f"{at}: the folder '{given}' is outside of the repository; `--charts` may name it.")
        if self._is_now and not os.path.isdir(path):
            raise UsageError(f"{at}: the folder '{given}' does not exist.")
        return path

    def _chart(self, index: int, value: Mapping[str, Any]) -> ChartSettings:
        self._refuse_absent_chart(index, value)
        sets = value.get("sets") or [{"name": "", **{key: value[key] for key in ("values", "set") if key in value}}]
        at = ("rendering", "charts", index)
        return ChartSettings(
            path=self._patterns([value["path"]])[0],
            sets=tuple(self._value_set((*at, "sets", number) if value.get("sets") else at, entry) for number, entry in enumerate(sets)),
            release=value.get("release"),
            namespace=value.get("namespace"),
            kubernetes_version=_version(value.get("kubernetes")),
            api_versions=tuple(value.get("api_versions", ())),
        )

    def _refuse_absent_chart(self, index: int, value: Mapping[str, Any]) -> None:
        """Raise `UsageError` where a chart or a value file that is stated does not exist."""
        at = ("rendering", "charts", index)
        if self._is_now and not os.path.isfile(os.path.join(self._folder, value["path"], "Chart.yaml")):
            self._refuse_absent((*at, "path"), value["path"])
            raise UsageError(f"{self._at(*at, 'path')}: there is no Chart.yaml in '{value['path']}'.")
        listed: list[tuple[tuple[str | int, ...], Sequence[str]]] = [((*at, "values"), value.get("values", ()))]
        listed += [((*at, "sets", number, "values"), one.get("values", ())) for number, one in enumerate(value.get("sets", ()))]
        for where, files in listed:
            for number, file in enumerate(files):
                self._refuse_absent((*where, number), file)

    def _value_set(self, at: tuple[str | int, ...], value: Mapping[str, Any]) -> ValueSetSettings:
        file = os.path.join(self._folder, os.path.basename(self._shown))
        return ValueSetSettings(
            name=value["name"],
            values=self._patterns(value.get("values", ())),
            assignments=tuple(AssignmentSettings(name, given, file, (*at, "set", name)) for name, given in value.get("set", {}).items()),
            release=value.get("release"),
            namespace=value.get("namespace"),
            environment=value.get("environment"),
            cluster=value.get("cluster"),
        )

    def _validate(self) -> None:
        from k8slblint import schema

        config_schema = read_json("schemas", "config.schema.json")
        try:
            errors = schema.errors(self._root.value, config_schema)
        except schema.TooDeeplyNestedError as too_deep:
            raise UsageError(f"configuration '{self._shown}' is nested too deeply: flatten it.") from too_deep
        for error in errors:
            raise UsageError(f"{self._at(*error.path)}: {error.message}")
        for path in _paths_to_nul(self._root.value):
            raise UsageError(f"{self._at(*path)}: remove the NUL character, which no name or path may contain.")

    def _cluster(self, index: int, value: Mapping[str, Any]) -> ClusterSettings:
        at = ("clusters", index)
        networks = value.get("networks", {}).items()
        self._refuse_unreadable((*at, "node_addresses"), value.get("node_addresses", ()))
        for name, addresses in networks:
            self._refuse_unreadable((*at, "networks", name), (addresses,) if isinstance(addresses, str) else addresses)
        for number, pattern in enumerate(value.get("paths", ())):
            self._refuse_absent((*at, "paths", number), pattern)
        return ClusterSettings(
            name=value["name"],
            paths=self._patterns(value.get("paths", ())),
            environment=value.get("environment"),
            platform=value.get("platform"),
            kubernetes_version=_version(value.get("kubernetes")),
            node_addresses=tuple(value.get("node_addresses", ())),
            networks=tuple((name, (cidrs,) if isinstance(cidrs, str) else tuple(cidrs)) for name, cidrs in networks),
            load_balancer_budget=value.get("load_balancers", {}).get("budget"),
            contexts=tuple(value.get("contexts", ())),
        )

    def _patterns(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """Return patterns as absolute paths, so that it does not matter where the run starts."""
        return tuple(os.path.normpath(os.path.join(self._folder, pattern)).replace(os.sep, "/") for pattern in patterns)

    def _refuse_unreadable(self, at: tuple[str | int, ...], addresses: Iterable[str]) -> None:
        from k8slblint.addresses import parse_stated

        for text in addresses:
            if parse_stated(text) is None:
                raise UsageError(f"{self._at(*at)}: '{text}' is not a valid IP address, CIDR or range: correct it.")

    def _refuse_absent(self, at: tuple[str | int, ...], pattern: str) -> None:
        """Raise `UsageError` where a path, or the folder that a pattern begins with, does not exist, and name those that do."""
        if not self._is_now:
            return
        known = "/" if pattern.startswith("/") else self._folder
        for step in filter(None, pattern.split("/")):
            is_there = os.path.lexists(os.path.join(known, step))
            sign = next((sign for sign in _WITHOUT_MEANING if sign in step and not is_there), None)
            if sign:
                raise UsageError(f"{self._at(*at)}: '{sign}' in '{pattern}' has no meaning; patterns have `*`, `**` and `?`.")
            if "*" in step or "?" in step:
                return
            if not is_there:
                names = names_in(known) if is_inside(os.path.realpath(known), self._folder) else ()
                raise UsageError(f"{self._at(*at)}: there is no '{pattern}' here{_meant(step, names)}")
            known = os.path.join(known, step)

    def _refuse_shared_contexts(self, clusters: Iterable[Mapping[str, Any]]) -> None:
        owners: dict[str, str] = {}
        for number, cluster in enumerate(clusters):
            for context in cluster.get("contexts", ()):
                owner = owners.setdefault(canonical_context(context), cluster["name"])
                if owner != cluster["name"]:
                    listed = f"listed for '{owner}' and '{cluster['name']}': remove one."
                    raise UsageError(f"{self._at('clusters', number, 'contexts')}: context '{context}' is {listed}")

    def _rule(self, rule_id: str, value: Mapping[str, Any]) -> tuple[str, RuleSettings]:
        from k8slblint import schema
        from k8slblint.rulebook import find_rule

        try:
            rule = find_rule(rule_id)
        except UsageError as error:
            raise UsageError(f"{self._at('rules', rule_id)}: {error}") from None
        known = {parameter.name: parameter for parameter in rule.parameters}
        for settings in (value, *value.get("environments", {}).values()):
            for name, given in settings.get("parameters", {}).items():
                if name not in known:
                    has = ", ".join(sorted(known)) or "none"
                    raise UsageError(f"{self._at('rules', rule_id)}: rule '{rule_id}' has no parameter '{name}': it has {has}.")
                for wrong in schema.errors(given, known[name].schema):
                    raise UsageError(f"{self._at('rules', rule_id)}: parameter '{name}' of rule '{rule_id}': {wrong.message}")
        return rule.id, _rule_settings(value)

    def _suppression(self, index: int, value: Mapping[str, Any]) -> ConfigSuppression:
        resource = value.get("resource", {})
        return ConfigSuppression(
            rule=value["rule"],
            kind=resource.get("kind", "*"),
            namespace=resource.get("namespace", "*"),
            name=resource.get("name", "*"),
            paths=self._patterns(value.get("paths", ())),
            reason=value.get("reason", "").strip(),
            location=Location(self._shown, smallest_span(self._root, ("suppressions", index, "rule"))),
        )


def _meant(name: str, names: Sequence[str]) -> str:
    """Return the end of a message about a name that does not exist: the one that is meant, or those that there are."""
    from difflib import get_close_matches

    shown = sorted(one for one in names if not one.startswith("."))
    near = get_close_matches(name, shown, n=1)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; there are {', '.join(repr(one) for one in shown[:_MOST_NAMES])}." if shown else "."


_MOST_NAMES = 8
_WITHOUT_MEANING = "[]{}"
"""What patterns have elsewhere, and here have not."""


def _rule_settings(value: Mapping[str, Any]) -> RuleSettings:
    return RuleSettings(
        severity="off" if value.get("severity") is False else value.get("severity"),
        confidence=value.get("confidence"),
        parameters=value.get("parameters", {}),
        environments={name: _rule_settings(entry) for name, entry in value.get("environments", {}).items()},
    )


def _paths_to_nul(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of the texts, keys included, that hold a NUL."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while pending:
        path, part = pending.pop()
        if isinstance(part, str) and "\0" in part:
            yield path
        members = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        for key, member in members:
            if isinstance(key, str) and "\0" in key:
                yield (*path, key)
            pending.append(((*path, key), member))


def _switched(value: Any) -> Any:
    """Return what a renderer is set to; YAML reads an unquoted `off` as false."""
    return "off" if value is False else value or "auto"


def _version(text: str | None) -> str | None:
    return text.removeprefix("v") if text else None


def full_path(path: str, here: str | None = None) -> str:
    """Return the absolute path of a file as reported, to hold against the patterns of a configuration.

    `here` is the real path of the working directory, for callers that have many files.
    """
    return os.path.normpath(os.path.join(here or os.path.realpath("."), path)).replace(os.sep, "/")


def _shown(path: str) -> str:
    relative = os.path.relpath(path)
    return (path if relative.startswith("..") else relative).replace(os.sep, "/")


def options_over(config: Config, **options: Any) -> Config:
    """Return the configuration with the options of the call laid over it; options that are None or empty change nothing.

    `--ignore` adds to what the configuration ignores, unless `--select` starts anew. Raises `UsageError` for an unknown platform.
    """
    scope_names = ("environment", "platform", "kubernetes_version")
    stated = {name: options.pop(name) for name in scope_names if options.get(name)}
    for name in scope_names:
        options.pop(name, None)
    given = {name: value for name, value in options.items() if value not in (None, ())}
    given |= {"from_options": frozenset(given), "ignored_by_option": given.get("ignore", ())}
    if "select" not in given:
        given["ignore"] = (*config.ignore, *given.get("ignore", ()))
    else:
        given.setdefault("ignore", ())
    return config._replace(scopes=_with_canonical_platforms(config.scopes._replace(**stated)), **given)


def _with_canonical_platforms(scopes: ScopeSettings) -> ScopeSettings:
    """Return the settings with each platform under its own name. Raises `UsageError` for one that is not known."""
    return scopes._replace(
        platform=_canonical_platform(scopes.platform),
        defaults=scopes.defaults._replace(platform=_canonical_platform(scopes.defaults.platform)),
        clusters=tuple(cluster._replace(platform=_canonical_platform(cluster.platform)) for cluster in scopes.clusters),
    )


def _canonical_platform(stated: str | None) -> str | None:
    if not stated:
        return stated
    from k8slblint.catalog import platforms

    name = platforms.canonical_platform(stated)
    if name is None:
        from difflib import get_close_matches

        near = get_close_matches(stated.lower(), platforms.words_for_platforms(), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else f": use {', '.join(platforms.platform_names())}."
        msg = f"there is no platform '{stated}'{hint}"
        raise UsageError(msg)
    return name


def words(values: Sequence[str] | Iterable[str]) -> tuple[str, ...]:
    """Split repeated and comma-separated option values into single words."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())
