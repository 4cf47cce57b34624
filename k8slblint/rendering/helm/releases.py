"""What a tree may state of a release before it becomes an argument of a program."""

import re
from collections.abc import Iterator

from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.units import RenderFailure

_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_RELEASE_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_SERVICE_NAME = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
_NO_LABEL = re.compile(r"[^a-z0-9]+")
_LONGEST_RELEASE = 53
"""What Helm takes as the name of a release (Helm 3.19, `pkg/chartutil/validate_name.go`); no option of `helm` can hide in one."""


def refused_name(name: str, file: str = "") -> RenderFailure | None:
    """Return why Helm does not take a name for that of a release of the chart of a file; one with a placeholder is filled in before."""
    if _is_taken(name):
        return None
    reason = f"`{name[:_LONGEST_RELEASE]}` is not a valid release name"
    return RenderFailure("template", reason, file, is_generated=has_placeholder(name))


def _is_taken(name: str) -> bool:
    return _RELEASE_NAME.fullmatch(name) is not None and len(name) <= _LONGEST_RELEASE


def release_name(*candidates: str) -> str:
    """Return a name for a release that nobody names: the first of some that is one, else the first written so that it is.

    Templates put it before the names of Services, which begin with a letter and have no dot: a folder that is called after a version
    names no release.
    """
    for name in candidates:
        if _names_services(name):
            return name
    spelt = ("-".join(_NO_LABEL.split(name.lower())).strip("-")[:_LONGEST_RELEASE].strip("-") for name in candidates)
    return next(filter(_names_services, spelt), "release-name")


def _names_services(name: str) -> bool:
    return _SERVICE_NAME.fullmatch(name) is not None and _is_taken(name)


def refused_release(release: ChartRelease, file: str) -> RenderFailure | None:
    """Return why no engine is asked for a release of the chart of a file."""
    if refused := refused_name(release.release, file):
        return refused
    unprintable = next((name for name, text in _handed_over(release) if not text.isprintable()), None)
    reason = f"the {unprintable} of the release has a character that cannot be printed"
    return RenderFailure("template", reason, file) if unprintable else None


def _handed_over(release: ChartRelease) -> Iterator[tuple[str, str]]:
    """Yield the texts of the tree that are arguments of a program: no system takes one with a NUL, and no name has a control character."""
    yield "namespace", release.namespace
    yield "Kubernetes version", release.kube_version or ""
    yield from (("API version", version) for version in release.api_versions)
