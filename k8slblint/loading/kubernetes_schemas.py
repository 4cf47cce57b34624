"""Knows where the schemas of Kubernetes kinds come from: a compact file of ours, made of the package kubernetes-validate.

The file holds the definitions that the kinds below reach, for every release that the package knows, without prose;
reading it takes a tenth of the time that the package's own file for one release takes (`docs/adr/0003-schemas.md`).
A release newer than the file is read from the package itself when the one that is installed has it.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from k8slblint.schema import reachable
from k8slblint.shipped import schemas_folder

Definitions = dict[str, dict[str, Any]]

KINDS = {
    "v1": ("core.v1", ("Service", "Endpoints", "Pod", "PodTemplate", "ReplicationController", "Namespace", "Node")),
    "apps/v1": ("apps.v1", ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet")),
    "batch/v1": ("batch.v1", ("Job", "CronJob")),
    "discovery.k8s.io/v1": ("discovery.v1", ("EndpointSlice",)),
    "networking.k8s.io/v1": ("networking.v1", ("Ingress", "IngressClass")),
}
"""By apiVersion: the package of the definitions (Kubernetes OpenAPI v2, without `io.k8s.api.`) and the kinds we follow."""

_PREFIXES = ("io.k8s.api.", "io.k8s.apimachinery.pkg.")
_VERSION = re.compile(r"v?1\.(\d+)")
_DROPPED = frozenset({"description", "default", "format", "title"})
_CURRENT = object()


def definition_name(api_version: str, kind: str) -> str | None:
    """Return the name of a kind's definition (`core.v1.Service`), or None for kinds and versions that are not held."""
    package, kinds = KINDS.get(api_version, ("", ()))
    return f"{package}.{kind}" if kind in kinds else None


def nearest_minor(version: str | None) -> int:
    """Return the minor release whose schemas stand for `version`: itself, else the nearest; the newest of the file for None.

    `version` is as clusters report it: `1.31`, `v1.31.4`, `1.31.4-gke.1100`.
    """
    first, last = shipped_minors()
    match = _VERSION.match(version or "")
    minor = int(match.group(1)) if match else last
    return minor if first <= minor <= last else min(range(first, last + 1), key=lambda known: abs(known - minor))
