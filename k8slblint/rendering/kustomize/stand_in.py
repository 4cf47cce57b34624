"""A substitute for Helm that kustomize calls: answers from what was rendered before, and records what is missing. Starts nothing.

It runs as a script in a process of its own and imports nothing of this package. `argv[1]` is the folder of the build, the others are the
arguments of `helm template`. A call is a JSON object: `release`, `chart`, and `options`, pairs of an option and its value, where that of
`-f` is the text of the file. Its answer is the file `answers/DIGEST`; where there is none, the call is written to `asked/DIGEST`, and
nothing is printed.
"""

import hashlib
import json
import os
import sys

_WITH_VALUE = ("--namespace", "--name-template", "--api-versions", "--kube-version", "-f")
_LARGEST = 10_000_000


def _call(folder: str, arguments: list[str]) -> dict[str, object]:
    release, chart, *rest = arguments
    options: list[tuple[str, str]] = []
    while rest:
        option = rest.pop(0)
        value = rest.pop(0) if option in _WITH_VALUE and rest else ""
        options.append((option, _text(folder, value) if option == "-f" else value))
    return {"release": release, "chart": chart, "options": options}


def _text(folder: str, path: str) -> str:
    """Return the text of a file of values; kustomize merges them into files of its own, which are gone when it ends."""
    real = os.path.realpath(path)
    if os.path.commonpath((folder, real)) != folder:
        sys.exit("values outside of the build")
    with open(real, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        sys.exit("too many values")
    return data.decode("utf-8", "surrogateescape")


def main() -> None:
    """Answer one call."""
    folder = os.path.realpath(sys.argv[1])
    call = json.dumps(_call(folder, sys.argv[2:]), sort_keys=True).encode()
    digest = hashlib.sha256(call).hexdigest()
    try:
        with open(os.path.join(folder, "answers", digest), "rb") as file:
            sys.stdout.buffer.write(file.read())
    except FileNotFoundError:
        with open(os.path.join(folder, "asked", digest), "wb") as file:
            file.write(call)


if __name__ == "__main__":
    main()
