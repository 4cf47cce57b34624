"""Where a template prints a field of `Chart.yaml`: what is wrong with the object is wrong there, and the name of the chart is right.

Source: Helm 4.2, `pkg/chart/common/util/values.go` (`ToRenderValues`: `Chart` is the metadata of the chart).
"""

from k8slblint.model.location import Path, Span

_FILE = "Chart.yaml"
_NAMED = ".Chart."


def is_of_chart(file: str) -> bool:
    """Tell whether a file describes a chart, and holds no values."""
    return file.rpartition("/")[2] == _FILE


def line_naming_chart(template: str, path: Path) -> Span | None:
    """Return the line of a template that prints a field of `Chart.yaml` for a field of an object; None where several may be meant.

    Of several lines the one counts that begins with the key of the field.
    """
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    lines = [(number, line) for number, line in enumerate(template.split("\n"), 1) if _NAMED in line]
    keyed = [(number, line) for number, line in lines if line.lstrip(" -").startswith(f"{key}:")]
    chosen = keyed or lines
    if len(chosen) != 1:
        return None
    number, line = chosen[0]
    return Span(number, len(line) - len(line.lstrip()) + 1, number, len(line.rstrip()) + 1)
