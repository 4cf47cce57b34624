"""Fetches charts with k8slblint-fetch, the only program of k8slblint that uses the network, and only where the user asked for charts.

The other side is `native/fetch/main.go`. What it prints and writes is held against what was asked for.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from k8slblint.model.errors import UsageError
from k8slblint.processes import temporary
from k8slblint.rendering.fetched.archives import LARGEST, Archives, digest_of
from k8slblint.rendering.fetched.lock import LockedChart, is_fetchable
from k8slblint.rendering.native import program as programs
from k8slblint.rendering.shelf import WantedChart

SECONDS = 60.0
"""How long one chart may take."""

MOST_CHARTS = 500
"""Charts that one run fetches."""

_NAME = "k8slblint-fetch"
_LARGEST_ANSWER = 2_000_000
_PASSED = (
    *("PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "HELM_REPOSITORY_CONFIG", "HELM_REGISTRY_CONFIG", "HELM_CONFIG_HOME"),
    *("DOCKER_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"),
)
"""Variables that tell where Helm's configuration, certificates and proxies are."""


class Asked(NamedTuple):
    """A chart to fetch; `digest` is what its archive must have, `""` where that is not known yet."""

    wanted: WantedChart
    version: str
    digest: str = ""


class Fetched(NamedTuple):
    """What became of a chart: its entry for the lock, or why it was not fetched."""

    asked: Asked
    locked: LockedChart | None = None
    failure: str = ""


def fetch(asked: Sequence[Asked], archives: Archives) -> Iterator[Fetched]:
    """Yield what becomes of each chart, in order. Raises `UsageError` where the program is not installed or cannot be run."""
    program = programs.find(_NAME)
    if program is None:
        raise UsageError("charts are fetched by `k8slblint-fetch`, which is not installed: install `k8slblint[render]`.")
    allowed = [one for one in asked if is_fetchable(one.wanted.repository, one.wanted.name)][:MOST_CHARTS]
    with temporary.folder() as folder:
        answers = _answers(program, folder, allowed)
        told = dict(zip(allowed, answers, strict=False))
        for one in asked:
            if one not in allowed:
                yield Fetched(one, failure=_why_not_asked(one))
            elif one not in told:
                yield Fetched(one, failure="it was not fetched, since the program ended before")
            else:
                yield _kept(one, told[one], folder, archives)
    archives.sweep()


def _why_not_asked(one: Asked) -> str:
    if is_fetchable(one.wanted.repository, one.wanted.name):
        return f"only {MOST_CHARTS} charts are fetched at a time"
    address = one.wanted.repository
    return f"'{address[:200]}' is not an https:// or oci:// address" if address else "its repository is not known"


def _answers(program: str, folder: str, asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Run the program, and return its answers as far as it gave them."""
    if not asked:
        return []
    charts = [{"repository": one.wanted.repository, "name": one.wanted.name, "version": one.version, "digest": one.digest} for one in asked]
    request = json.dumps({"charts": charts, "seconds": SECONDS, "max_bytes": LARGEST})
    environment = {name: value for name in _PASSED if (value := os.environ.get(name)) is not None}
    try:
        command, seconds = [program, folder], SECONDS * (len(asked) + 1)
        ended = subprocess.run(command, input=request.encode(), capture_output=True, env=environment, check=False, timeout=seconds)
        output = ended.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
    except OSError as error:
        raise UsageError(f"`{_NAME}` cannot be started: {error.strerror or error}.") from error
    answers = []
    for line in output[:_LARGEST_ANSWER].splitlines():
        try:
            answer = json.loads(line)
        except ValueError:
            break
        answers.append(answer if isinstance(answer, dict) else {})
    return answers


def _kept(one: Asked, answer: dict[str, Any], folder: str, archives: Archives) -> Fetched:
    """Keep an archive that has the digest that it is said to have, and that was expected."""
    if answer.get("error"):
        return Fetched(one, failure=str(answer["error"]))
    name, version, digest = (answer.get(key) for key in ("file", "version", "digest"))
    if not (isinstance(name, str) and isinstance(version, str) and isinstance(digest, str)) or os.path.basename(name) != name:
        return Fetched(one, failure="the answer cannot be read")
    try:
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST or digest_of(data) != digest or (one.digest and one.digest != digest):
            return Fetched(one, failure=f"the archive does not have the digest {one.digest or digest}")
        archives.keep(data)
    except OSError as error:
        return Fetched(one, failure=f"it cannot be kept: {error.strerror or error}")
    return Fetched(one, LockedChart(one.wanted.repository, one.wanted.name, one.wanted.version, version, digest))
