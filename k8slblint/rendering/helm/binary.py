"""Asks the `helm` of the user for a rendering."""

import os
import re

from k8slblint.processes import temporary
from k8slblint.processes.sandbox import Record
from k8slblint.rendering import bounds
from k8slblint.rendering.helm.failures import failure_of, out_of_memory
from k8slblint.rendering.helm.request import Printing, Request, Text
from k8slblint.rendering.units import RenderFailure

_HOMES = ("HELM_PLUGINS", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_REPOSITORY_CACHE")
"""Where `helm` looks for plug-ins, repositories and caches: all are an empty folder."""

CHECK = ("version",)
"""What the program succeeds with wherever it works at all."""

_SOURCE = re.compile(r"^---\r?\n# Source: ([^\n]+?)\r?\n", re.MULTILINE)


def by_binary(binary: str, request: Request, seconds: float, record: Record) -> list[Text] | RenderFailure:
    """Return what the program prints for a request, in a folder of its own. Raises `OSError`, or `ValueError` for an argument."""
    with temporary.folder() as folder:
        for name, data in (("chart.tgz", request.chart), ("values.json", request.values.encode())):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        homes = dict.fromkeys(_HOMES, os.path.join(folder, "none"))
        command = _command(binary, request)
        ended = bounds.run(command, folder=folder, seconds=seconds, variables=homes, check=CHECK, record=record)
    if ended.stopped_by:
        return RenderFailure("bounds", f"Helm was stopped after {ended.stopped_by}")
    if ended.is_out_of_memory:
        return out_of_memory()
    if ended.status:
        return failure_of(ended.errors)
    return _split_output(ended.output.decode("utf-8", "replace"))


def _command(binary: str, request: Request) -> list[str]:
    release = request.release
    options = {
        "namespace": release.namespace,
        "kube-version": request.kube_version,
        "api-versions": ",".join(request.api_versions),
        "values": "values.json",
    }
    printing = request.printing or Printing(include_crds=True)
    flags = [f"--{name.replace('_', '-')}" for name, is_set in printing._asdict().items() if is_set]
    return [binary, "template", release.release, "chart.tgz", *flags, *(f"--{name}={value}" for name, value in options.items() if value)]


def _split_output(output: str) -> list[Text]:
    """Split what `helm template` prints into documents with the template each comes from."""
    found = list(_SOURCE.finditer(output))
    ends = [*(match.start() for match in found[1:]), len(output)]
    return [Text(match[1], output[match.end() : end]) for match, end in zip(found, ends, strict=False)]
