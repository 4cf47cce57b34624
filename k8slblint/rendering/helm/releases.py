"""What a tree may state of a release before it becomes an argument of a program."""

import re
from collections.abc import Iterator

from k8slblint.rendering.helm.release import ChartRelease

_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_RELEASE_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_SERVICE_NAME = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
_NO_LABEL = re.compile(r"[^a-z0-9]+")
_LONGEST_RELEASE = 53
"""What Helm takes as the name of a release (Helm 3.19, `pkg/chartutil/validate_name.go`); no option of `helm` can hide in one."""


def why_no_release(name: str) -> str:
    """Return why Helm does not take a name for that of a release, or `""`."""
    is_valid = _RELEASE_NAME.fullmatch(name) and len(name) <= _LONGEST_RELEASE
    return "" if is_valid else f"`{name[:_LONGEST_RELEASE]}` is not a valid release name"


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
    return _SERVICE_NAME.fullmatch(name) is not None and not why_no_release(name)


def why_not_released(release: ChartRelease) -> str:
    """Return why no engine is asked for a release, or `""`."""
    if refused := why_no_release(release.release):
        return refused
    unprintable = next((name for name, text in _handed_over(release) if not text.isprintable()), None)
    return f"the {unprintable} of the release has a character that cannot be printed" if unprintable else ""


def _handed_over(release: ChartRelease) -> Iterator[tuple[str, str]]:
    """Yield the texts of the tree that are arguments of a program: no system takes one with a NUL, and no name has a control character."""
    yield "namespace", release.namespace
    yield "Kubernetes version", release.kube_version or ""
    yield from (("API version", version) for version in release.api_versions)
