"""The paths of a report as seen from another folder."""

import posixpath
from typing import TypeVar

from k8slblint.model.difference import Difference, Differences
from k8slblint.model.finding import Finding, Related, Report
from k8slblint.model.location import Location

Located = TypeVar("Located", Finding, Related)


def rebased(report: Report, prefix: str) -> Report:
    """Return the report with relative paths put below `prefix`, the folder that they are relative to now."""
    return report._replace(
        findings=tuple(_finding(finding, prefix) for finding in report.findings),
        suppressed=tuple(_finding(finding, prefix) for finding in report.suppressed),
        known=tuple(_finding(finding, prefix) for finding in report.known),
        spared=tuple(_finding(finding, prefix) for finding in report.spared),
        fixed=tuple(_finding(finding, prefix) for finding in report.fixed),
        differences=_differences(report.differences, prefix) if report.differences is not None else None,
    )


def _finding(finding: Finding, prefix: str) -> Finding:
    fix = finding.fix
    if fix:
        edits = tuple(edit._replace(location=_location(edit.location, prefix)) for edit in fix.edits)
        fix = fix._replace(edits=edits)
    return _moved(finding, prefix)._replace(
        related=tuple(_moved(place, prefix) for place in finding.related),
        traffic=tuple(_moved(place, prefix) for place in finding.traffic),
        fix=fix,
    )


def _differences(found: Differences, prefix: str) -> Differences:
    changes, undecided = (tuple(_difference(one, prefix) for one in several) for several in (found.changes, found.undecided))
    return Differences(changes, undecided, tuple(gap._replace(path=_path(gap.path, prefix)) for gap in found.unread))


def _difference(one: Difference, prefix: str) -> Difference:
    places = [_location(place, prefix) if place is not None else None for place in (one.location, one.previous)]
    return one._replace(location=places[0], previous=places[1])


def _moved(located: Located, prefix: str) -> Located:
    return located._replace(location=_location(located.location, prefix))


def _location(location: Location, prefix: str) -> Location:
    return location._replace(path=_path(location.path, prefix))


def _path(path: str, prefix: str) -> str:
    stays = path.startswith("/") or path == "<stdin>"
    return path if stays else posixpath.normpath(posixpath.join(prefix, path))
