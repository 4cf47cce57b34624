"""Lists in which MetalLB refuses repetitions: of texts, of label selectors, and of expressions within one.

Source: metallb/metallb 7938d3f8 internal/config/config.go (`validateDuplicate`, `validateLabelSelectorDuplicate`: values of an expression
are compared in order of their texts); apimachinery 0.34 pkg/apis/meta/v1/helpers.go (`LabelSelectorAsSelector`).
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.admission.refusal import Refusal, shown
from k8slblint.model.location import Path

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_WITH_VALUES = ("In", "NotIn")


def repeated_texts(values: object, at: Path, what: str) -> Iterator[Refusal]:
    """Yield a refusal at the first text of a list that is in it twice."""
    texts = values if isinstance(values, list) else []
    index = _first_repeated([text if isinstance(text, str) else None for text in texts])
    if index is not None:
        reason = f'duplicate definition of {what} "{texts[index]}"'
        yield Refusal((*at, index), f"lists {shown(texts[index])} twice", reason, label="is listed before", help="Remove one of them.")


def repeated_selectors(values: object, at: Path, what: str) -> Iterator[Refusal]:
    """Yield a refusal at the first selector of a list that is in it twice, or that is not well-formed."""
    selectors = values if isinstance(values, list) else []
    for index, selector in enumerate(selectors):
        if isinstance(selector, dict):
            yield from _of_expressions(selector.get("matchExpressions"), (*at, index, "matchExpressions"))
    repeated = _first_repeated([_canonical(selector) for selector in selectors])
    if repeated is not None:
        reason = f"duplicate definition of {what}"
        yield Refusal(
            (*at, repeated), f"has the same selector twice in `{what}`", reason, label="equals one before", help="Remove one of them."
        )


def _of_expressions(values: object, at: Path) -> Iterator[Refusal]:
    expressions = [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []
    for index, one in enumerate(expressions):
        yield from repeated_texts(one.get("values"), (*at, index, "values"), "match expression value in label selector")
        yield from _of_operator(one, (*at, index))
    repeated = _first_repeated([_canonical_expression(one) for one in expressions])
    if repeated is not None:
        reason = "duplicate definition of match expressions"
        yield Refusal((*at, repeated), "has the same expression twice in a selector", reason, help="Remove one of them.")


def _of_operator(expression: dict[str, Any], at: Path) -> Iterator[Refusal]:
    operator, values = expression.get("operator"), expression.get("values")
    has_values = isinstance(values, list) and bool(values)
    if isinstance(operator, str) and operator not in _OPERATORS:
        reason = f'"{operator}" is not a valid label selector operator'
        yield Refusal((*at, "operator"), f"has the unknown operator {shown(operator)}", reason, help=f"Use one of {', '.join(_OPERATORS)}.")
    elif operator in _WITH_VALUES and not has_values:
        reason = "for 'in', 'notin' operators, values set can't be empty"
        yield Refusal((*at, "operator"), f"has operator '{operator}' without values", reason, help="List `values`.")
    elif operator in _OPERATORS and operator not in _WITH_VALUES and has_values:
        reason = "values set must be empty for exists and does not exist"
        yield Refusal((*at, "values"), f"has values for operator '{operator}'", reason, help="Remove `values`.")


def _first_repeated(values: Sequence[object]) -> int | None:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value is not None and value in seen:
            return index
        seen.add(value)
    return None


def _canonical(selector: object) -> str | None:
    if not isinstance(selector, dict):
        return None
    expressions = selector.get("matchExpressions")
    listed = [_canonical_expression(one) for one in expressions if isinstance(one, dict)] if isinstance(expressions, list) else []
    return json.dumps([selector.get("matchLabels") or {}, listed], sort_keys=True, default=str)


def _canonical_expression(expression: dict[str, Any]) -> str:
    values = expression.get("values")
    ordered = sorted(map(str, values)) if isinstance(values, list) else []
    return json.dumps([expression.get("key"), expression.get("operator"), ordered], default=str)
