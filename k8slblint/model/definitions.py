"""A definition of custom kinds that stands among the manifests, read only when it is asked for."""

from collections.abc import Callable
from typing import Any, Final

from k8slblint.model.records import NamedTuple

GATEWAY_GROUPS: Final = ("gateway.networking.k8s.io", "gateway.networking.x-k8s.io")
"""The API groups of Gateway API. What their definitions say depends on release and channel: `gateway-rejected` asks them."""


class CustomDefinition(NamedTuple):
    """A CustomResourceDefinition: the API group and kind that it declares, its file, its text, and `read`, which returns its value.

    The value is None where the text is broken; nothing of it is checked.
    """

    group: str
    kind: str
    path: str
    text: str
    read: Callable[[], Any]


def is_near(definition: str, path: str) -> bool:
    """Tell whether a definition stands in the same folder as an object or above it; its own folder of definitions is passed over."""
    folders = definition.split("/")[:-1]
    first = next((index for index, name in enumerate(folders) if "crd" in name.lower()), len(folders))
    return path.split("/")[:first] == folders[:first]
