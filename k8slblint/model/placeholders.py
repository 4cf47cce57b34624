"""Knows which text is a placeholder that some tool fills in later, so that nothing may be said about its value."""

import re
from typing import Any

_PLACEHOLDER = re.compile(
    r"""
    \{\{ .*? \}\}                     # Helm, Go, Jinja and Argo CD templates
    | \{% .*? %\}                     # Jinja statements
    | \$\{ [^}]* \}                   # Flux postBuild, envsubst, Terraform
    | \$\( [A-Za-z_][A-Za-z0-9_]* \)  # kustomize vars
    | <% .*? %>                       # ERB
    | <[A-Z][A-Z0-9_-]{2,}>           # <YOUR_DOMAIN>
    | \bENC\[AES256_GCM               # SOPS
    """,
    re.VERBOSE | re.DOTALL,
)

_QUICK = re.compile(r"\{\{|\{%|\$[{(]|<[%A-Z]|ENC\[")


def has_placeholder(value: Any) -> bool:
    """Tell whether a text, or any text inside a mapping or list, holds a placeholder."""
    if isinstance(value, str):
        return bool(_QUICK.search(value)) and bool(_PLACEHOLDER.search(value))
    if isinstance(value, dict):
        return any(has_placeholder(key) or has_placeholder(member) for key, member in value.items())
    if isinstance(value, list):
        return any(has_placeholder(item) for item in value)
    return False
