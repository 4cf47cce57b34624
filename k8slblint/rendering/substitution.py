"""Knows how Flux fills variables into rendered text (Flux 2.7 `postBuild`; drone/envsubst 1.0).

Read are `${NAME}`, `${NAME:=default}`, `${NAME:-default}`, `${NAME=default}` and the escape `$${NAME}`; other functions of Bash stay as
they are written, which makes the value unknown.
"""

import re
from collections.abc import Mapping

DISABLED = "kustomize.toolkit.fluxcd.io/substitute: disabled"
"""The label or annotation of an object whose text is left alone."""

_VARIABLE = re.compile(r"(?P<escape>\$)?\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<operator>:=|:-|=|-)(?P<default>[^{}]*))?\}")


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with the variables filled in; one without a value and without a default stays as it is."""

    def value(match: re.Match[str]) -> str:
        if match["escape"]:
            return match[0][1:]
        known = variables.get(match["name"])
        if known is not None and (known or match["operator"] not in (":=", ":-")):
            return known
        return match["default"].strip("\"'") if match["operator"] else match[0]

    return _VARIABLE.sub(value, text) if "${" in text and DISABLED not in text else text
