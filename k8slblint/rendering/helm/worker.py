"""Asks the Helm SDK for a rendering; runs as a script in a separate process, so that a hostile chart ends only that.

It imports nothing of this package. `argv[1]` is the folder that holds `helm_python`. A request is a line of JSON
(`archive`: how many bytes of a `.tgz` follow, `values`: JSON text, `options`: a mapping) and those bytes;
a reply is the number of its bytes on a line, then JSON: `templates` and `crds`, or `error`, or `broken` where the SDK cannot be loaded.
A request without `options` only asks whether it can be. `argv[2]` is how many seconds of processor time one request may take.
"""

import json
import sys
from typing import Any


def _answer(data: bytes, request: dict[str, Any]) -> dict[str, Any]:
    try:
        import helm_python  # noqa: F401
    except Exception as error:  # noqa: BLE001 - whatever keeps the library from loading is told to who asks
        return {"broken": str(error) or type(error).__name__}
    return _render(data, request["values"], request["options"]) if "options" in request else {}


def _render(data: bytes, values: str, options: dict[str, Any]) -> dict[str, Any]:
    from helm_python import Chart, HelmError, _native

    try:
        with Chart.load_archive(data) as chart:
            # `Chart.render` passes on neither the version of the cluster nor its APIs
            templates = _native.call_string("helm_render", chart._raw(), values, json.dumps(options))  # noqa: SLF001
            crds = _native.call_string("helm_chart_crds", chart._raw())  # noqa: SLF001
    except HelmError as error:
        return {"error": str(error)}
    return {"templates": json.loads(templates), "crds": json.loads(crds)}


def _bound_time(seconds: int) -> None:
    """Let this process be killed when it takes so many more seconds of processor time: it may be left alone with a hostile chart."""
    if sys.platform != "win32":
        import resource

        usage, hard = resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_CPU)[1]
        limit = int(usage.ru_utime + usage.ru_stime) + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def main() -> None:
    """Answer requests until the input ends."""
    sys.path.append(sys.argv[1])
    given, answered = sys.stdin.buffer, sys.stdout.buffer
    while line := given.readline():
        request = json.loads(line)
        data = given.read(request["archive"])
        _bound_time(int(sys.argv[2]))
        reply = json.dumps(_answer(data, request)).encode()
        answered.write(b"%d\n" % len(reply))
        answered.write(reply)
        answered.flush()


if __name__ == "__main__":
    main()
