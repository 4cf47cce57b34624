"""Which Applications an ApplicationSet generates, as far as the tree and the object show.

Sources: Argo CD 3.1, `applicationset/generators` (list.go, git.go, matrix.go, merge.go), `applicationset/utils/utils.go` (templates),
`docs/operator-manual/applicationset`. Patterns of folders are those of Go's `path.Match`, those of files git's pathspecs: `*` stops at
a slash in the former and does not in the latter.
"""

import fnmatch
import os
import posixpath
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from k8slblint.budget import OverLimitError, Part
from k8slblint.model.location import Path
from k8slblint.rendering.gitops.application_templates import MOST_BYTES, Parameters, render, sanitized
from k8slblint.rendering.gitops.applications import Application, read_value
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.fields import NotFollowedError, is_too_deep, mapping, sequence
from k8slblint.rendering.gitops.repositories import WILDCARD, Repositories
from k8slblint.rendering.gitops.source_roots import root_of_source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered

MOST_SETS = 2_000
"""Sets of parameters that one ApplicationSet may generate."""

_DEEPEST_GENERATOR = 4
_COMPARISON = 30
"""What it costs to hold a path against a pattern, in characters of templates: patterns times files is what a tree can ask for."""

_KNOWN_BY_ARGO = {
    "clusters": "only Argo CD knows its clusters",
    "scmProvider": "only Argo CD knows the repositories of a provider",
    "clusterDecisionResource": "only Argo CD knows its clusters",
    "pullRequest": "only Argo CD knows open pull requests",
    "plugin": "a plug-in of Argo CD generates its parameters",
}
_NO_GENERATORS = frozenset({"selector", "template"})


def applications(deployer: Deployer, tree: SourceTree, repositories: Repositories) -> Iterator[Application | NotRendered]:
    """Yield the Applications that an ApplicationSet generates, and why others are not known."""
    one = deployer.resource
    if one.get("spec", "templatePatch"):
        yield deployer.not_rendered("only Argo CD applies its `templatePatch`", ("spec", "templatePatch"))
        return
    part = tree.budget.part("bytes_rendered", MOST_BYTES, deployer.file or one.path, "characters of templates")
    maker = _Generators(one.mapping("spec"), deployer.file, tree, repositories, part)
    try:
        yield from _generated(deployer, maker, part)
    except OverLimitError as error:
        yield deployer.not_rendered(f"its templates cannot be evaluated: {error.reason}", ("spec", "generators"))


def _generated(deployer: Deployer, maker: "_Generators", part: Part) -> Iterator[Application | NotRendered]:
    one = deployer.resource
    count = 0
    for index, generator in enumerate(one.sequence("spec", "generators")):
        at: Path = ("spec", "generators", index)
        try:
            sets = maker.parameters(generator)
        except NotFollowedError as error:
            yield deployer.not_rendered(error.reason, at)
            continue
        if count + len(sets) > MOST_SETS:
            yield deployer.not_rendered(f"it generates more than {MOST_SETS:,} Applications; the others are skipped", at)
        for parameters in sets[: MOST_SETS - count]:
            yield _application(deployer, mapping(generator), parameters, part, is_go=maker.is_go)
        count += len(sets)


def _application(
    deployer: Deployer, generator: Mapping[str, Any], parameters: Parameters, part: Part, *, is_go: bool
) -> Application | NotRendered:
    template = deployer.resource.mapping("spec", "template")
    own = next((mapping(mapping(value).get("template")) for key, value in generator.items() if key not in _NO_GENERATORS), {})
    options = deployer.resource.sequence("spec", "goTemplateOptions")
    is_strict = "missingkey=error" in options
    if is_too_deep(template) or is_too_deep(own):
        return deployer.not_rendered("its template is nested too deeply", ("spec", "template"))
    whole = _merged(own, template) if own else template
    try:
        name = render(mapping(whole.get("metadata")).get("name"), parameters, is_go=is_go, is_strict=is_strict, part=part)
        spec = mapping(render(mapping(whole.get("spec")), parameters, is_go=is_go, is_strict=is_strict, part=part))
    except NotFollowedError as error:
        return deployer.not_rendered(error.reason, ("spec", "template"))
    if not isinstance(name, str) or not name:
        return deployer.not_rendered("its template has no name", ("spec", "template"))
    finalizers = mapping(whole.get("metadata")).get("finalizers")
    return Application(deployer, name, spec, ("spec", "template", "spec"), f"{deployer.label}/{name}", f" ({name})", finalizers)


def _merged(above: Any, below: Any) -> Any:
    """Return a template of a generator laid over that of the ApplicationSet: what it states wins, lists are not joined."""
    if isinstance(above, dict) and isinstance(below, dict):
        return {key: _merged(above.get(key), below.get(key)) for key in (*below, *(key for key in above if key not in below))}
    return above if above not in (None, "", [], {}) else below


class _Generators:
    """Works out the parameters of generators."""

    def __init__(self, spec: Mapping[str, Any], file: str, tree: SourceTree, repositories: Repositories, part: Part) -> None:
        self.is_go = spec.get("goTemplate") is True
        self._is_strict = "missingkey=error" in sequence(spec.get("goTemplateOptions"))
        self._applies_selectors = spec.get("applyNestedSelectors") is True
        self._tree = tree
        self._repositories = repositories
        self._file = file
        self._part = part

    def parameters(self, generator: Any, depth: int = 0) -> list[Parameters]:
        """Return the sets of parameters of a generator. Raises `NotFollowedError` where they are not known."""
        stated = [key for key in mapping(generator) if key not in _NO_GENERATORS and generator[key] is not None]
        if len(stated) != 1 or depth > _DEEPEST_GENERATOR:
            raise NotFollowedError("a generator with exactly one kind is expected")
        kind = stated[0]
        if kind in _KNOWN_BY_ARGO:
            raise NotFollowedError(_KNOWN_BY_ARGO[kind])
        makers = {"list": self._of_list, "git": self._of_git}
        combiners = {"matrix": self._of_matrix, "merge": self._of_merge}
        body = mapping(generator[kind])
        if is_too_deep(body):
            raise NotFollowedError("its generators are nested too deeply")
        if kind in makers:
            sets = makers[kind](body)
        elif kind in combiners:
            sets = combiners[kind](body, depth)
        else:
            raise NotFollowedError(f"only Argo CD knows what its generator '{kind}' yields")
        selector = mapping(generator.get("selector"))
        is_applied = selector and (depth < 2 or self._applies_selectors)  # noqa: PLR2004 - of a generator, and of one in it
        return [one for one in sets if _is_selected(_flat(one), selector)] if is_applied else sets

    def _of_list(self, body: Mapping[str, Any]) -> list[Parameters]:
        if body.get("elementsYaml"):
            raise NotFollowedError("only Argo CD evaluates the `elementsYaml` of its list")
        elements = sequence(body.get("elements"))
        if not all(isinstance(one, dict) for one in elements):
            raise NotFollowedError("an element of its list is not a mapping")
        return elements if self.is_go else [_flat_element(one) for one in elements]

    # git

    def _of_git(self, body: Mapping[str, Any]) -> list[Parameters]:
        if not self._repositories.is_this(body.get("repoURL")):
            raise NotFollowedError(f"its generator reads another repository, {body.get('repoURL')}")
        prefix = body.get("pathParamPrefix") if isinstance(body.get("pathParamPrefix"), str) else ""
        if sequence(body.get("directories")):
            sets = [self._of_path(folder, "", {}, str(prefix)) for folder in self._folders(body)]
        elif sequence(body.get("files")):
            found = islice(self._files(body), MOST_SETS + 1)
            sets = [
                self._of_path(posixpath.dirname(path) or ".", path, one, str(prefix)) for file, path in found for one in self._objects(file)
            ]
        else:
            raise NotFollowedError("its git generator names neither folders nor files")
        return [self._with_values(one, mapping(body.get("values"))) for one in sets]

    def _folders(self, body: Mapping[str, Any]) -> list[str]:
        """Return the folders that some pattern matches and no excluding one, in order; hidden ones are passed over."""
        entries = [mapping(one) for one in sequence(body.get("directories"))]
        patterns = [one["path"] for one in entries if isinstance(one.get("path"), str) and one.get("exclude") is not True]
        excluded = [one["path"] for one in entries if isinstance(one.get("path"), str) and one.get("exclude") is True]
        found = {folder for pattern in patterns for folder in islice(self._matching(pattern, body.get("repoURL")), MOST_SETS + 1)}
        self._part.spend(_COMPARISON * len(found) * len(excluded))
        return sorted(folder for folder in found if not any(_is_match(folder, pattern) for pattern in excluded))

    def _matching(self, pattern: str, url: Any) -> Iterator[str]:
        root = self._root(pattern, url)
        folders = [root]
        for segment in pattern.split("/"):
            folders = [path for above in folders for path in self._folders_in(above) if _is_match(posixpath.basename(path), segment)]
        yield from (path[len(root) :].lstrip("/") for path in folders)

    def _root(self, pattern: str, url: Any) -> str:
        """Return the folder that a pattern is relative to, going by what stands above its first wildcard."""
        return root_of_source(self._tree, self._file, url, WILDCARD.split(pattern, maxsplit=1)[0].rpartition("/")[0]) or ""

    def _folders_in(self, folder: str) -> Iterator[str]:
        for name in self._tree.names(folder):
            self._part.spend(_COMPARISON)
            path = posixpath.join(folder, name)
            if not name.startswith(".") and not self._tree.is_file(path) and not os.path.islink(os.path.join(self._tree.top, path)):
                yield path

    def _files(self, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the files that some pattern matches and no excluding one: their paths of the tree, and of the repository."""
        entries = [mapping(one) for one in sequence(body.get("files"))]
        patterns = [one["path"] for one in entries if isinstance(one.get("path"), str) and one.get("exclude") is not True]
        excluded = [one["path"] for one in entries if isinstance(one.get("path"), str) and one.get("exclude") is True]
        root = self._root(patterns[0], body.get("repoURL")) if patterns else ""
        for path in (whole[len(root) :].lstrip("/") for whole in self._tree.files_below(root)):
            self._part.spend(_COMPARISON * len(entries))
            if any(_is_pathspec(path, one) for one in patterns) and not any(_is_pathspec(path, one) for one in excluded):
                yield posixpath.join(root, path), path

    def _objects(self, file: str) -> list[dict[str, Any]]:
        value = read_value(self._tree, file)
        objects = value if isinstance(value, list) else [value if value is not None else {}]
        if not all(isinstance(one, dict) and not is_too_deep(one) for one in objects):
            raise NotFollowedError(f"the parameters in `{file}` cannot be read")
        return objects

    def _of_path(self, folder: str, file: str, content: dict[str, Any], prefix: str) -> Parameters:
        path: dict[str, Any] = {"path": folder, "basename": posixpath.basename(folder), "segments": folder.split("/")}
        path["basenameNormalized"] = sanitized(path["basename"])
        if file:
            path["filename"] = posixpath.basename(file)
            path["filenameNormalized"] = sanitized(path["filename"])
        if self.is_go:
            return {**content, **({prefix: {"path": path}} if prefix else {"path": path})}
        key = f"{prefix}.path" if prefix else "path"
        plain = {f"{key}.{name}": value for name, value in path.items() if name not in ("path", "segments")}
        segments = {f"{key}[{index}]": segment for index, segment in enumerate(path["segments"])}
        return {**_flat(content), **plain, **segments, key: folder}

    def _with_values(self, parameters: Parameters, values: Mapping[str, Any]) -> Parameters:
        filled = {
            key: render(value, parameters, is_go=self.is_go, is_strict=self._is_strict, part=self._part) for key, value in values.items()
        }
        if not filled:
            return parameters
        return {**parameters, "values": filled} if self.is_go else {**parameters, **{f"values.{key}": one for key, one in filled.items()}}

    # combinations

    def _of_matrix(self, body: Mapping[str, Any], depth: int) -> list[Parameters]:
        """Return every combination; a later generator may use the parameters of those before it."""
        inner = sequence(body.get("generators"))
        if len(inner) != 2:  # noqa: PLR2004 - what Argo CD asks for
            raise NotFollowedError("Argo CD requires exactly two generators in a matrix")
        found: list[Parameters] = []
        is_fixed = "{{" not in repr(inner[1])
        known: dict[str, list[Parameters]] = {}
        for first in self.parameters(inner[0], depth + 1):
            generator = inner[1] if is_fixed else self._interpolated(inner[1], first)
            key = "" if is_fixed else repr(generator)
            self._part.spend(len(key) + 1)
            if key not in known:
                known[key] = self.parameters(generator, depth + 1)
            for second in known[key]:
                found.append(_combined(first, second))
                if len(found) > MOST_SETS:
                    return found
        return found

    def _interpolated(self, generator: Any, parameters: Parameters) -> Any:
        """Fill the parameters of the first generator into the second; its `values` may use those of its own, which come later."""
        git = mapping(mapping(generator).get("git"))
        if "values" not in git:
            return render(generator, parameters, is_go=self.is_go, is_strict=self._is_strict, part=self._part)
        rest = {key: value for key, value in git.items() if key != "values"}
        filled = render({**generator, "git": rest}, parameters, is_go=self.is_go, is_strict=self._is_strict, part=self._part)
        return {**filled, "git": {**filled["git"], "values": git["values"]}}

    def _of_merge(self, body: Mapping[str, Any], depth: int) -> list[Parameters]:
        """Return the sets of the first generator, each with those of the others that agree in the merge keys laid over it."""
        keys = [key for key in sequence(body.get("mergeKeys")) if isinstance(key, str)]
        inner = sequence(body.get("generators"))
        if not keys or len(inner) < 2:  # noqa: PLR2004 - a base, and what is laid over it
            raise NotFollowedError("Argo CD requires merge keys and two generators for a merge")
        base, *others = [self.parameters(one, depth + 1) for one in inner]
        for sets in others:
            by_key: dict[str, Parameters] = {}
            for one in sets:
                if by_key.setdefault(_key(one, keys), one) is not one:
                    raise NotFollowedError("several parameter sets of one generator have the same merge keys, which Argo CD refuses")
            base = [_laid_over(by_key.get(_key(one, keys), {}), one) for one in base]
        return base


def _key(parameters: Parameters, keys: list[str]) -> str:
    return repr([parameters.get(key) for key in sorted(keys)])


def _laid_over(above: Any, below: Any) -> Any:
    if isinstance(above, dict) and isinstance(below, dict):
        return {**below, **{key: _laid_over(value, below.get(key)) for key, value in above.items()}}
    return above if above not in (None, "", [], {}, 0, False) else below


def _combined(first: Parameters, second: Parameters) -> Parameters:
    combined = dict(first)
    for key, value in second.items():
        under = combined.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            combined[key] = _combined(under, value)
        elif key in combined and under != value:
            raise NotFollowedError(f"both generators of its matrix set '{key}'")
        else:
            combined[key] = value
    return combined


def _flat_element(element: Mapping[str, Any]) -> Parameters:
    flat: Parameters = {}
    for key, value in element.items():
        members = {f"values.{name}": one for name, one in value.items()} if key == "values" and isinstance(value, dict) else {key: value}
        if not all(isinstance(one, str) for one in members.values()):
            raise NotFollowedError(f"the element '{key}' of its list is not text")
        flat.update(members)
    return flat


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Return a value as text by dotted names, list indexes included (jeremywohl/flatten 1.0, `DotStyle`)."""
    flat: dict[str, str] = {}
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(member, dict | list) and member:
            flat.update(_flat(member, name))
        elif not isinstance(member, dict | list):
            flat[name] = "<nil>" if member is None else str(member).lower() if isinstance(member, bool) else str(member)
    return flat


def _is_match(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(*pair) for pair in zip(parts, map(_as_python, wanted), strict=True))


def _is_pathspec(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, _as_python(pattern)) or path.startswith(f"{pattern.rstrip('/')}/")


def _as_python(pattern: str) -> str:
    return pattern.replace("[^", "[!")


def _is_selected(flat: Mapping[str, str], selector: Mapping[str, Any]) -> bool:
    labels = mapping(selector.get("matchLabels"))
    return all(flat.get(key) == value for key, value in labels.items()) and all(
        _meets(flat, mapping(one)) for one in sequence(selector.get("matchExpressions"))
    )


def _meets(flat: Mapping[str, str], expression: Mapping[str, Any]) -> bool:
    key, operator, values = expression.get("key"), expression.get("operator"), sequence(expression.get("values"))
    found = flat.get(key) if isinstance(key, str) else None
    answers = {
        "In": found is not None and found in values,
        "NotIn": found is None or found not in values,
        "Exists": found is not None,
        "DoesNotExist": found is None,
    }
    if operator not in answers:
        raise NotFollowedError(f"the operator '{operator}' of its selector is unknown")
    return answers[operator]
