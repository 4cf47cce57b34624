"""Knows how to ask the Helm SDK for a rendering; runs as a script in a process of its own, so that a hostile chart ends only that.

It imports nothing of this package. `argv[1]` is the folder that holds `helm_python`. A request is a line of JSON
(`archive`: how many bytes of a `.tgz` follow, `values`: JSON text, `options`: a mapping) and those bytes;
a reply is the number of its bytes on a line, then JSON: `templates` and `crds`, or `error`, or `broken` where the SDK cannot be loaded.
"""

import json
import sys
from typing import Any


def _render(data: bytes, values: str, options: dict[str, Any]) -> dict[str, Any]:
    try:
        from helm_python import Chart, HelmError, _native
    except Exception as error:  # noqa: BLE001 - whatever keeps the library from loading is told to who asks
        return {"broken": str(error) or type(error).__name__}
    try:
        with Chart.load_archive(data) as chart:
            # `Chart.render` passes on neither the version of the cluster nor its APIs
            templates = _native.call_string("helm_render", chart._raw(), values, json.dumps(options))  # noqa: SLF001
            crds = _native.call_string("helm_chart_crds", chart._raw())  # noqa: SLF001
    except HelmError as error:
        return {"error": str(error)}
    return {"templates": json.loads(templates), "crds": json.loads(crds)}


def main() -> None:
    """Answer requests until the input ends."""
    sys.path.append(sys.argv[1])
    given, answered = sys.stdin.buffer, sys.stdout.buffer
    while line := given.readline():
        request = json.loads(line)
        data = given.read(request["archive"])
        reply = json.dumps(_render(data, request["values"], request["options"])).encode()
        answered.write(b"%d\n" % len(reply))
        answered.write(reply)
        answered.flush()


if __name__ == "__main__":
    main()
