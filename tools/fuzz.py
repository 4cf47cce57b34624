"""Runs k8slblint over generated trees that mean harm, for as long as wanted; `--case` runs one of them again and shows it.

    nice -n 19 python tools/fuzz.py --seconds 600 --shares parts=20,plan=6,stub=3,real=1
    python tools/fuzz.py --case stub/argo/17

Cases run in a process of their own, which is started again when it hangs, dies or grows. Exit status 1 tells of faults.
"""

import argparse
import faulthandler
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.fuzzing.oracle import MEGABYTES, faults
from tests.fuzzing.running import LAYERS, Case, Range, families

_HANGS = 60
_MEMORY = 4_000_000_000
_GROWN = 700
_AT_A_TIME = 2000
_SHOWN = 1500


os.environ["K8SLBLINT_NO_CACHE"] = "1"  # what the stubs answer is nothing to keep


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--shares", default="parts=20,plan=6,stub=3,real=1", help="how many cases of each layer in turn")
    parser.add_argument("--case", action="append", default=[], help="run LAYER/FAMILY/SEED and show what it is made of")
    parser.add_argument("--log", default="", help="append faults to this file, one JSON object a line")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    shares = {name: int(share) for name, _, share in (one.partition("=") for one in options.shares.split(","))}
    if options.case:
        return _show(options.case)
    if options.worker:
        return _work(shares, int(options.worker[0]), float(options.worker[1]), Path(options.worker[2]))
    return _watch(options)


def _cases(shares: dict[str, int], start: int) -> Iterator[Case]:
    """Yield cases without end, in turn of layers and families; the number of a case is its seed too."""
    turn = [layer for layer in LAYERS for _ in range(shares.get(layer, 0))]
    for number in itertools.count(start):
        layer = turn[number % len(turn)]
        known = families(layer)
        yield Case(layer, known[(number // len(turn) + number % len(turn)) % len(known)], number)


def _show(names: list[str]) -> int:
    found = False
    with tempfile.TemporaryDirectory(prefix="k8slblint-fuzz-") as folder:
        grounds = Range(Path(folder).resolve())
        for name in names:
            layer, family, seed = name.rsplit("/", 2)
            ran = grounds.run(Case(layer, family, int(seed)))
            print(f"== {name}: status {ran.status}, {ran.seconds:.2f} s, {ran.megabytes:.0f} MB more")
            for kind, shown in faults(ran):
                found = True
                print(f"-- {kind}: {shown}")
            print(f"-- output\n{ran.output[:_SHOWN]}\n-- errors\n{ran.errors[:_SHOWN]}")
            for path in sorted(grounds.grounds.top.rglob("*")) if layer in ("stub", "real") else ():
                if path.is_symlink():
                    print(f"-- {path.relative_to(grounds.grounds.top)} -> {path.readlink()}")
                elif path.is_file() and ".git/" not in str(path):
                    print(f"-- {path.relative_to(grounds.grounds.top)!s}\n{path.read_bytes()[:_SHOWN]!r}")
    return int(found)


def _work(shares: dict[str, int], start: int, seconds: float, log: Path) -> int:
    """Run cases until the time is over or the process has grown; each is told in the log before and after."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    until = time.monotonic() + seconds
    with log.open("a") as out, tempfile.TemporaryDirectory(prefix="k8slblint-fuzz-") as folder:
        grounds = Range(Path(folder).resolve())
        for case in itertools.islice(_cases(shares, start), _AT_A_TIME):
            print(json.dumps({"begins": str(case), "number": case.seed}), file=out, flush=True)
            faulthandler.dump_traceback_later(_HANGS, exit=True, file=out)
            ran = grounds.run(case)
            faulthandler.cancel_dump_traceback_later()
            for kind, shown in faults(ran):
                print(json.dumps({"case": str(case), "fault": kind, "shown": shown[-4000:]}), file=out)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 > _GROWN
            if time.monotonic() > until or grown or ran.megabytes > MEGABYTES:
                break
    return 0


def _watch(options: argparse.Namespace) -> int:
    """Start workers one after the other, and count what they tell."""
    counts: Counter[str] = Counter()
    found: dict[tuple[str, str], list[str]] = {}
    until = time.monotonic() + options.seconds
    number = options.start
    with tempfile.TemporaryDirectory(prefix="k8slblint-fuzz-") as folder:
        log = Path(folder) / "log"
        while (left := until - time.monotonic()) > 0:
            log.write_text("")
            arguments = ["--shares", options.shares, "--worker", str(number), str(left), str(log)]
            status = subprocess.run([sys.executable, __file__, *arguments], check=False).returncode
            number = _count(log.read_text(errors="replace"), status, counts, found, options.log, number)
            print(f"{sum(counts.values())} executions, {sum(map(len, found.values()))} faults of {len(found)} kinds", file=sys.stderr)
    _tell(counts, found)
    print(f"seeds {options.start} to {number - 1}")
    return int(bool(found))


def _tell(counts: Counter[str], found: dict[tuple[str, str], list[str]]) -> None:
    for key, count in sorted(counts.items()):
        print(f"{count:8} {key}")
    print(f"{sum(counts.values()):8} in all")
    for (kind, shown), cases in found.items():
        print(f"== {kind}, {len(cases)} times: {', '.join(cases[:4])}\n{shown[-_SHOWN:]}")


def _count(text: str, status: int, counts: Counter[str], found: dict[tuple[str, str], list[str]], log: str, number: int) -> int:
    """Take over what a worker has told; return the number of the next case."""
    lines = text.splitlines()
    case, after = "", number
    for index, line in enumerate(lines):
        try:
            told = json.loads(line)
        except ValueError:
            told = {"case": case, "fault": "hangs", "shown": "\n".join(lines[index : index + 40])}
        if "begins" in told:
            case, after = told["begins"], told["number"] + 1
            counts[case.rpartition("/")[0]] += 1
            continue
        _note(told, found, log)
        if told["fault"] == "hangs":
            break
    if status and not text.rstrip().endswith("(most recent call first):") and "hangs" not in {kind for kind, _ in found}:
        _note({"case": case, "fault": "died", "shown": f"status {status}"}, found, log)
    return after


def _note(told: dict[str, str], found: dict[tuple[str, str], list[str]], log: str) -> None:
    last = told["shown"].strip().splitlines()[-1:] or [""]
    key = (told["fault"], last[0][:100] if told["fault"] == "crash" else "")
    if key not in found:
        print(f"{told['fault']}: {told['case']}: {last[0][:200]}", file=sys.stderr)
    found.setdefault(key, []).append(told["case"])
    if log:
        with Path(log).open("a") as file:
            file.write(json.dumps(told) + os.linesep)


if __name__ == "__main__":
    sys.exit(main())
