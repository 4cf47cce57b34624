"""The values that a source of an Application gives to a chart, in the order in which they win, and the chart where it is not in the tree.

Sources: Argo CD 3.1, `docs/user-guide` (helm.md, multiple_sources.md, build-environment.md), `reposerver/repository/repository.go`.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.gitops.applications import Application, Part, read_text
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, sequence, text_of
from k8slblint.rendering.gitops.paths import folder_path
from k8slblint.rendering.gitops.source_roots import is_beside, root_of_source
from k8slblint.rendering.helm.layers import ValueLayer, known_among
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.units import NotRendered

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>ARGOCD_APP_[A-Z_]+)\}|(?P<plain>ARGOCD_APP_[A-Z_]+))")


def layers_of(part: Part) -> Iterator[ValueLayer]:
    """Yield the values of a source: files, those written in the Application, and parameters. Raises `NotFollowedError`."""
    helm, at = mapping(part.source.get("helm")), (*part.at, "helm")
    for layers in (_value_files, _values, _parameters, _file_parameters):
        yield from layers(part, helm, at)


def overlaid_patches(part: Part) -> ValueLayer | None:
    """Return where a source has patches that are laid over its kustomization, None where it has none that stand in the file as they are."""
    stated, at = mapping(part.source.get("kustomize")), (*part.application.at, *part.at, "kustomize", "patches")
    patches = sequence(stated.get("patches"))
    layer = part.application.deployer.layer(at, patches) if patches else None
    return layer if layer is not None and layer.file else None


def absent_chart(part: Part, told: NotRendered, cluster: str | None) -> AbsentChart:
    """Return the chart of a source with what is known of its values: files inside of it are not there."""
    helm, at, one = mapping(part.source.get("helm")), (*part.at, "helm"), part.application.deployer.resource
    entries = sequence(helm.get("valueFiles"))
    outside = {**helm, "valueFiles": [entry for entry in entries if isinstance(entry, str) and entry.startswith("$")]}
    known = [known_among(layers(part, outside, at)) for layers in (_value_files, _values, _parameters, _file_parameters)]
    version, is_generated = part.source.get("targetRevision"), bool(part.application.of)
    return AbsentChart(
        posixpath.basename(str(part.source["chart"]).rstrip("/")),
        repository_of(part.source),
        version if isinstance(version, str) else "",
        told.path,
        told.line,
        ("Application", part.application.label or part.application.deployer.label),
        tuple(layer for layers, _ in known for layer in layers),
        is_whole=all(is_all for _, is_all in known) and outside["valueFiles"] == entries,
        deployer=None if is_generated else (one.type_name, one.name),
        cluster=cluster if is_generated else None,
        label=told.description,
    )


def repository_of(source: Mapping[str, Any]) -> str:
    """Return the address of the charts of a source: one without a scheme is that of a registry."""
    url = source.get("repoURL")
    if not isinstance(url, str) or has_placeholder(url):
        return ""
    return url if "://" in url else f"oci://{url}"


def shown_url(url: Any) -> str:
    """Return how messages name a repository."""
    return url if isinstance(url, str) and url else "an unnamed repository"


def namespace_of(application: Application) -> str:
    """Return the namespace that an Application deploys to, `""` where it names none."""
    return text_of(mapping(application.spec.get("destination")), "namespace", ("destination",))


def _value_files(part: Part, helm: Mapping[str, Any], at: Path) -> Iterator[ValueLayer]:
    is_optional = helm.get("ignoreMissingValueFiles") is True
    for index, entry in enumerate(sequence(helm.get("valueFiles"))):
        if not isinstance(entry, str):
            raise NotFollowedError("an entry of its `valueFiles` is not text", (*at, "valueFiles", index))
        file = _file(part, _with_variables(part, entry), (*at, "valueFiles", index))
        if entry.startswith("$") and not is_optional and not part.tree.is_file(file):
            raise NotFollowedError(f"the file '{entry}' is not in this tree", (*at, "valueFiles", index))
        yield ValueLayer(file, is_optional=is_optional)


def _file(part: Part, text: str, at: Path) -> str:
    """Return the path of the tree that a value file of a source names: below its folder, the top (`/`), or another source (`$ref`)."""
    if has_placeholder(text) or "://" in text:
        raise NotFollowedError(f"the file '{text}' contains a placeholder or is read from elsewhere", at)
    base, path = part.folder, text
    if text.startswith("$"):
        reference, _, path = text[1:].partition("/")
        source = next((one for one in _referable(part) if one.get("ref") == reference), None)
        if source is None:
            raise NotFollowedError(f"no source has the `ref` of '{text}'", at)
        base = _root_of_reference(part, source.get("repoURL"), path)
        if not part.repositories.is_this(source.get("repoURL")):
            raise NotFollowedError(f"'{text}' is in another repository, {shown_url(source.get('repoURL'))}", at)
    elif text.startswith("/"):
        base, path = part.root, text.lstrip("/")
    found = folder_path(path, base)
    if not found:
        raise NotFollowedError(f"the file '{text}' is outside the repository", at)
    return found


def _root_of_reference(part: Part, url: Any, path: str) -> str:
    """Return the folder that a file of another source is relative to."""
    if is_beside(url):
        return root_of_source(part.tree, part.application.deployer.file, url, posixpath.dirname(path)) or ""
    return part.root if part.tree.is_file(posixpath.join(part.root, path)) else ""


def _referable(part: Part) -> Iterator[dict[str, Any]]:
    return (one for one in sequence(part.application.spec.get("sources")) if isinstance(one, dict))


def _values(part: Part, helm: Mapping[str, Any], at: Path) -> Iterator[ValueLayer]:
    """Yield the values written in the Application: `valuesObject`, else `values`."""
    layer = part.application.deployer.layer
    if mapping(helm.get("valuesObject")):
        yield layer((*part.application.at, *at, "valuesObject"), helm["valuesObject"])
    elif isinstance(helm.get("values"), str) and helm["values"]:
        yield layer((*part.application.at, *at, "values"), helm["values"], "text")
    elif helm.get("values") not in (None, "") or helm.get("valuesObject") not in (None, {}):
        raise NotFollowedError("its Helm values are of a type that Argo CD refuses", at)


def _parameters(part: Part, helm: Mapping[str, Any], at: Path) -> Iterator[ValueLayer]:
    """Yield the parameters: those that are text by force come last, as Helm takes `--set-string` after `--set`."""
    entries = [(index, one) for index, one in enumerate(sequence(helm.get("parameters"))) if isinstance(one, dict)]
    for is_text in (False, True):
        for index, one in entries:
            name, value = one.get("name"), one.get("value", "")
            if not isinstance(name, str) or not name or (one.get("forceString") is True) is not is_text:
                continue
            written = "" if value is None else value
            filled = _with_variables(part, written) if isinstance(written, str) else written
            path = (*part.application.at, *at, "parameters", index, "value")
            yield part.application.deployer.layer(path, filled, "assignment", name=name, is_text=is_text)


def _file_parameters(part: Part, helm: Mapping[str, Any], at: Path) -> Iterator[ValueLayer]:
    for index, one in enumerate(sequence(helm.get("fileParameters"))):
        name, path = mapping(one).get("name"), mapping(one).get("path")
        if isinstance(name, str) and isinstance(path, str):
            file = _file(part, _with_variables(part, path), (*at, "fileParameters", index))
            given = read_text(part.tree, file, (*at, "fileParameters", index))
            yield ValueLayer("", form="assignment", name=name, is_text=True, given=given)


def _with_variables(part: Part, text: str) -> str:
    """Fill in the variables of the build environment that the Application itself tells; the revision is known to Argo CD only."""
    known = {
        "ARGOCD_APP_NAME": part.application.name,
        "ARGOCD_APP_NAMESPACE": namespace_of(part.application),
        "ARGOCD_APP_SOURCE_PATH": part.source.get("path"),
        "ARGOCD_APP_SOURCE_REPO_URL": part.source.get("repoURL"),
        "ARGOCD_APP_SOURCE_TARGET_REVISION": part.source.get("targetRevision"),
    }

    def value(match: re.Match[str]) -> str:
        found = known.get(match["braced"] or match["plain"])
        return found if isinstance(found, str) else match[0]

    return _VARIABLE.sub(value, text)
