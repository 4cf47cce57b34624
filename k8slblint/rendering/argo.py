"""Knows what Argo CD deploys: Applications, and the ApplicationSets whose generators can be worked out from the tree.

Sources: Argo CD 3.2, `Application` and `ApplicationSet` specifications; `reposerver/repository` (precedence: value files, then `values`
or `valuesObject` in its place, then parameters); `util/app/path` (a path is relative to the top of the repository).
"""

import fnmatch
import itertools
import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops import MOST_UNITS, Deployments, joined, source_root
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import ChartRelease, KustomizeRoot, NotRendered, PlainFiles, Unit, ValueLayer

_IN_CLUSTER = ("https://kubernetes.default.svc", "in-cluster", "")
_KUSTOMIZE_OPTIONS = ("namePrefix", "nameSuffix", "images", "commonLabels", "commonAnnotations", "replicas", "patches", "namespace")
_PLACEHOLDER = re.compile(r"\{\{-?\s*(?P<expression>.*?)\s*-?\}\}")
_INDEX = re.compile(r"index \.?(?P<name>[\w.]+) (?P<index>\d+)")


class _Application(NamedTuple):
    """An Application as written or generated: what it is called, its spec, and where it is written, if it is written at all."""

    described: str
    name: str
    spec: dict[str, Any]
    file: str
    line: int
    at: Path | None
    label: str


class _NotStaticError(Exception):
    """A generator or template that is known to Argo CD only; the text says why."""


def deployed(one: Resource, tree: SourceTree, file: str) -> Deployments:
    """Return what an Application or ApplicationSet deploys; `file` is where it is written in the tree, or `""`."""
    found = Deployments([], [])
    if one.kind == "Application":
        application = _Application(
            str(one.id), one.name, one.mapping("spec"), file, one.root.line, ("spec",), f"{one.namespace}/{one.name}"
        )
        _add(found, application, tree, one.path)
        return found
    try:
        for number, parameters in enumerate(_generated(list(one.sequence("spec", "generators")), tree)):
            if number >= MOST_UNITS:
                break
            template = _filled(one.mapping("spec", "template"), parameters)
            name = str(_mapping(template.get("metadata")).get("name") or one.name)
            label = f"{one.namespace}/{one.name}/{name}"
            application = _Application(f"{one.id}, {name}", name, _mapping(template.get("spec")), file, one.root.line, None, label)
            _add(found, application, tree, one.path)
    except _NotStaticError as error:
        return Deployments([], [NotRendered(str(one.id), file or one.path, one.root.line, str(error))])
    if one.get("spec", "templatePatch"):
        return Deployments([], [NotRendered(str(one.id), file or one.path, one.root.line, "its templatePatch is applied by Argo CD only")])
    return found


def _add(found: Deployments, application: _Application, tree: SourceTree, path: str) -> None:
    sources = application.spec.get("sources")
    many = isinstance(sources, list)
    given: list[tuple[Path, Any]] = (
        [(("sources", index), source) for index, source in enumerate(_list(sources))] if many else [(("source",), application.spec.get("source"))]
    )
    references = {source.get("ref"): source for _, source in given if isinstance(source, dict) and isinstance(source.get("ref"), str)}
    for at, source in given:
        if not isinstance(source, dict) or (source.get("ref") and not source.get("path") and not source.get("chart")):
            continue
        unit = _unit(application, at, source, tree, references)
        if isinstance(unit, Unit):
            found.units.append(unit._replace(label=f"{unit.label} {at[1]}" if many and len(given) > 1 else unit.label))
        else:
            found.not_rendered.append(NotRendered(application.described, application.file or path, application.line, unit))


def _unit(application: _Application, at: Path, source: dict[str, Any], tree: SourceTree, references: dict[Any, Any]) -> Unit | str:
    """Return what one source deploys, or why that is not in the tree."""
    repository = source.get("repoURL") or "its repository"
    if isinstance(source.get("chart"), str) and source.get("chart"):
        return f"chart '{source['chart']}' {source.get('targetRevision') or ''} of {repository} is not in this tree".replace("  ", " ")
    path = source.get("path")
    if not isinstance(path, str) or "{{" in path:
        return f"its path in {repository} cannot be told"
    top = source_root(tree, application.file, path)
    if top is None:
        return f"the folder '{path}' of {repository} is not in this tree"
    folder = joined(top, path)
    destination = _mapping(application.spec.get("destination"))
    namespace = destination.get("namespace")
    namespace = namespace if isinstance(namespace, str) and namespace and "{{" not in namespace else None
    cluster = next((str(destination[key]) for key in ("name", "server") if destination.get(key) not in (None, *_IN_CLUSTER)), None)
    deploys = _source(application, at, source, _Where(tree, top, folder, references), namespace)
    if isinstance(deploys, str):
        return deploys
    path = application.file or _representative(tree, folder)
    return Unit(path, deploys, application.label, application.described, cluster, namespace=namespace)


def _representative(tree: SourceTree, folder: str) -> str:
    names = [name for name in tree.names(folder) if tree.is_file(posixpath.join(folder, name))]
    return posixpath.join(folder, names[0] if names else "")


class _Where(NamedTuple):
    """Where a source is: the tree, the top of its repository in it, its folder, and the other sources by `ref`."""

    tree: SourceTree
    top: str
    folder: str
    references: dict[Any, Any]


def _source(
    application: _Application, at: Path, source: dict[str, Any], where: _Where, namespace: str | None
) -> ChartRelease | KustomizeRoot | PlainFiles | str:
    tree, folder = where.tree, where.folder
    if source.get("plugin"):
        return "a plug-in of Argo CD makes its manifests"
    if tree.is_file(posixpath.join(folder, "Chart.yaml")):
        helm = _mapping(source.get("helm"))
        layers = tuple(_layers(application, at, helm, where))
        release = helm.get("releaseName")
        return ChartRelease(folder, layers, release if isinstance(release, str) else application.name, namespace or "default")
    if KUSTOMIZATION_NAMES.intersection(tree.names(folder)):
        kustomize = _mapping(source.get("kustomize"))
        options = {key: kustomize[key] for key in _KUSTOMIZE_OPTIONS if kustomize.get(key)}
        if isinstance(options.get("images"), list):
            options["images"] = [_image(image) for image in options["images"] if isinstance(image, str)]
        components = [name for name in _list(kustomize.get("components")) if isinstance(name, str)]
        if components:
            options["components"] = [posixpath.normpath(posixpath.join(folder, name)) for name in components]
        return KustomizeRoot(folder, options)
    directory = _mapping(source.get("directory"))
    files = tuple(_manifests(tree, folder, directory))
    return PlainFiles(files) if files else f"the folder '{folder}' holds no manifests that can be read as they are"


def _layers(application: _Application, at: Path, helm: dict[str, Any], where: _Where) -> Iterator[ValueLayer]:
    is_optional = helm.get("ignoreMissingValueFiles") is True
    for name in _list(helm.get("valueFiles")):
        if isinstance(name, str):
            yield ValueLayer(_value_file(name, where), is_optional=is_optional)
    base = None if application.at is None or not application.file else (*application.at, *at, "helm")
    if helm.get("valuesObject"):
        yield _inline(application, base, "valuesObject", helm["valuesObject"])
    elif isinstance(helm.get("values"), str):
        layer = _inline(application, base, "values", _yaml(helm["values"]))
        yield layer._replace(form="text") if layer.file else layer
    for index, parameter in enumerate(_list(helm.get("parameters"))):
        if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
            file, path = (application.file, (*base, "parameters", index, "value")) if base else ("", ())
            is_text = parameter.get("forceString") is True
            name, value = parameter["name"], str(parameter.get("value") or "")
            yield ValueLayer(file, application.line, path, "assignment", name, is_text, None if file else value)


def _inline(application: _Application, base: Path | None, key: str, value: Any) -> ValueLayer:
    return ValueLayer(application.file, application.line, (*base, key)) if base else ValueLayer("", given=value)


def _value_file(name: str, where: _Where) -> str:
    if name.startswith("$"):
        reference, _, rest = name[1:].partition("/")
        return joined(where.top, rest) if reference in where.references else joined(where.folder, name)
    return joined(where.top if name.startswith("/") else where.folder, name)


def _image(text: str) -> dict[str, str]:
    """Return an image override of Argo CD (`[old=]name[:tag][@digest]`) as kustomize writes it."""
    old, _, new = text.rpartition("=")
    name, _, digest = new.partition("@")
    plain, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "")
    image = {"name": old or plain, **({"newName": plain} if old else {})}
    return {**image, **({"digest": digest} if digest else {"newTag": tag} if tag else {})}


def _manifests(tree: SourceTree, folder: str, directory: dict[str, Any]) -> Iterator[str]:
    names = tree.files_below(folder) if directory.get("recurse") is True else (posixpath.join(folder, name) for name in tree.names(folder))
    include, exclude = directory.get("include"), directory.get("exclude")
    for path in names:
        relative = path[len(folder) :].lstrip("/")
        if not relative.endswith((".yaml", ".yml", ".json")) or not tree.is_file(path):
            continue
        if isinstance(include, str) and include and not _matches(relative, include):
            continue
        if isinstance(exclude, str) and exclude and _matches(relative, exclude):
            continue
        yield path


def _matches(path: str, pattern: str) -> bool:
    patterns = pattern[1:-1].split(",") if pattern.startswith("{") and pattern.endswith("}") else [pattern]
    return any(fnmatch.fnmatchcase(path, one.strip()) for one in patterns)


def _generated(generators: list[Any], tree: SourceTree) -> Iterator[dict[str, Any]]:
    for generator in generators:
        yield from _parameters(_mapping(generator), tree)


def _parameters(generator: dict[str, Any], tree: SourceTree) -> Iterator[dict[str, Any]]:
    if generator.get("selector"):
        raise _NotStaticError("a selector of its generators is applied by Argo CD only")
    if isinstance(generator.get("list"), dict):
        elements = generator["list"].get("elements")
        if not isinstance(elements, list):
            raise _NotStaticError("the elements of its list generator are worked out by Argo CD only")
        yield from (element for element in elements if isinstance(element, dict))
    elif isinstance(generator.get("git"), dict):
        yield from _of_git(generator["git"], tree)
    elif isinstance(generator.get("matrix"), dict):
        parts = [
            list(itertools.islice(_parameters(_mapping(one), tree), MOST_UNITS)) for one in _list(generator["matrix"].get("generators"))
        ]
        for combined in itertools.islice(itertools.product(*parts), MOST_UNITS):
            yield {key: value for one in combined for key, value in one.items()}
    else:
        kind = next((key for key in generator if key not in ("template", "selector")), "unknown")
        raise _NotStaticError(f"what its generator '{kind}' yields is known to Argo CD only")


def _of_git(git: dict[str, Any], tree: SourceTree) -> Iterator[dict[str, Any]]:
    directories = [one for one in _list(git.get("directories")) if isinstance(one, dict) and isinstance(one.get("path"), str)]
    if not directories:
        raise _NotStaticError("its git generator reads files, which is not followed")
    excluded = [one["path"] for one in directories if one.get("exclude") is True]
    values = _mapping(git.get("values"))
    seen: set[str] = set()
    for one in directories:
        for folder in _folders(tree, one["path"]) if one.get("exclude") is not True else ():
            if folder not in seen and not any(_is_path_like(folder, pattern) for pattern in excluded):
                seen.add(folder)
                name = posixpath.basename(folder)
                normalized = re.sub(r"[^a-z0-9.-]", "-", name.lower())
                path = {"path": folder, "basename": name, "basenameNormalized": normalized, "segments": folder.split("/")}
                yield {"path": path, "values": values}


def _folders(tree: SourceTree, pattern: str) -> Iterator[str]:
    """Yield the folders that a pattern of path segments matches, in order."""
    found = [""]
    for segment in pattern.strip("/").split("/"):
        found = [
            posixpath.join(above, name)
            for above in found
            for name in tree.names(above)
            if name != ".git" and fnmatch.fnmatchcase(name, segment) and not tree.is_file(posixpath.join(above, name))
        ]
    yield from found


def _is_path_like(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.strip("/").split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _filled(value: Any, parameters: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(member, parameters) for key, member in value.items()}
    if isinstance(value, list):
        return [_filled(item, parameters) for item in value]
    return _PLACEHOLDER.sub(lambda match: _value(match["expression"], parameters), value) if isinstance(value, str) else value


def _value(expression: str, parameters: dict[str, Any]) -> str:
    """Return what a placeholder of an ApplicationSet stands for: `path.basename`, `.values.x`, `path[0]`, `index .path.segments 1`."""
    indexed = _INDEX.fullmatch(expression)
    name = f"{indexed['name']}[{indexed['index']}]" if indexed else expression
    name = re.sub(r"\.path$", "", name.lstrip(".")) if name.lstrip(".") == "path.path" else name.lstrip(".")
    value: Any = parameters
    for key, index in re.findall(r"([\w-]+)(?:\[(\d+)\])?", name):
        value = value.get(key) if isinstance(value, dict) else None
        if index and isinstance(value, dict):
            value = value.get("segments")
        value = value[int(index)] if index and isinstance(value, list) and int(index) < len(value) else value if not index else None
    if isinstance(value, dict) and isinstance(value.get("path"), str):
        value = value["path"]
    if not re.fullmatch(r"[\w.\[\]-]+", name) or not isinstance(value, str | int | bool):
        raise _NotStaticError(f"'{{{{{expression}}}}}' of its template is worked out by Argo CD only")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _yaml(text: str) -> Any:
    from k8slblint import documents

    try:
        chunks = documents.split(text)
        return documents.parse(chunks[0]).root.value if chunks else None
    except documents.BrokenDocument:
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
