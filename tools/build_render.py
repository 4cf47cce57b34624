"""Builds k8slblint-render and k8slblint-fetch from native/: for this machine, or as wheels for every platform; also checks their code.

Needs Go. Nothing that it makes depends on this machine or on the time: the same sources and the same Go give the same bytes.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from render_wheels import PLATFORMS, Platform, licences, wheel

CHECKOUT = Path(__file__).resolve().parent.parent
SOURCES = CHECKOUT / "native" / "render"
BUILD = SOURCES / "build"
CLIENT = SOURCES.parent / "fetch"
"""The program that fetches charts: another one, since that which renders has no network."""

OVERLAY = SOURCES / "_overlay"

MODULES = ("github.com/Masterminds/sprig/v3", "helm.sh/helm/v4", "sigs.k8s.io/kustomize/api")
"""Those that are changed before they are built."""

KUSTOMIZE = "v5.8.1"
"""The release of kustomize that the module `sigs.k8s.io/kustomize/api` of go.mod belongs to; it writes it into a label."""

_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")


class Go:
    """The `go` on PATH, with what every call has in common."""

    def __init__(self, goos: str = "", goarch: str = "", folder: Path = SOURCES) -> None:
        self._folder = folder
        target = {"GOOS": goos, "GOARCH": goarch} if goos else {}
        self._environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", **target}

    def run(self, *arguments: str) -> str:
        """Run it in the folder of the sources and return what it prints; what it says of errors goes to ours."""
        command = [_program("go"), *arguments]
        return subprocess.run(command, cwd=self._folder, env=self._environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def _program(name: str) -> str:
    return shutil.which(name) or sys.exit(f"`{name}` is not on PATH: see https://go.dev/doc/install")


def prepare(go: Go) -> list[str]:
    """Lay out what differs from what Go would take from its cache; return the options of `go` that name it.

    `_overlay/std` holds packages that stand in place of those of Go. What is below the path of a module stands in place of its files, and
    a `.patch` is applied to one: Go replaces no file in its cache, so these modules are copied, and go.mod leads to the copies.
    """
    replaced: dict[str, str] = {}
    standard = Path(go.run("env", "GOROOT").strip()) / "src"
    for path in OVERLAY.glob("std/**/*.go"):
        original = standard / path.relative_to(OVERLAY / "std")
        replaced |= {str(one): "" for one in original.parent.glob("*.go")} | {str(original): str(path)}
    _write(BUILD / "overlay.json", json.dumps({"Replace": replaced}, indent=1))
    copies = [f"replace {module} => ./{_copied(go, module).relative_to(SOURCES).as_posix()}\n" for module in MODULES]
    _write(BUILD / "go.mod", (SOURCES / "go.mod").read_text() + "\n" + "".join(copies))
    _write(BUILD / "go.sum", (SOURCES / "go.sum").read_text())
    return [f"-overlay={BUILD / 'overlay.json'}", f"-modfile={BUILD / 'go.mod'}"]


def _copied(go: Go, module: str) -> Path:
    """Return a copy of a module, which Go has compared with go.sum, with the files of the overlay and its patches."""
    found = json.loads(go.run("mod", "download", "-json", module))
    changes = sorted(path for path in (OVERLAY / module).rglob("*.go*") if path.is_file())
    digest = hashlib.sha256("".join([found["Sum"], *(path.read_text(encoding="utf-8") for path in changes)]).encode()).hexdigest()
    copy = BUILD / "modules" / module
    if (copy / "made-of").is_file() and (copy / "made-of").read_text() == digest:
        return copy
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(found["Dir"], copy, ignore=shutil.ignore_patterns("*_test.go", "testdata"), copy_function=shutil.copyfile)
    for path in changes:
        _change(copy / path.relative_to(OVERLAY / module), path)
    _write(copy / "made-of", digest)
    return copy


def _change(target: Path, change: Path) -> None:
    original = target.with_suffix("") if change.suffix == ".patch" else target
    text = change.read_text(encoding="utf-8")
    original.write_text(patched(original.read_text(encoding="utf-8"), text) if change.suffix == ".patch" else text, encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


def patched(text: str, patch: str) -> str:
    """Return a text with a unified diff applied to it, exactly where and as it says; raises `ValueError` where the text is another."""
    lines, made, at = text.splitlines(keepends=True), [], 0
    for line in patch.splitlines(keepends=True)[2:]:
        if hunk := _HUNK.match(line):
            start = int(hunk[1]) - 1
            made += lines[at:start]
            at = start
        elif line[0] == "+":
            made.append(line[1:])
        else:
            if lines[at : at + 1] != [line[1:]]:
                raise ValueError(f"line {at + 1} is not {line[1:]!r}")
            made += [line[1:]] if line[0] == " " else []
            at += 1
    return "".join([*made, *lines[at:]])


def build(target: Path, version: str, goos: str = "", goarch: str = "") -> None:
    """Build the program."""
    go = Go(goos, goarch)
    flags = f"-s -w -buildid= -X main.version={version} -X sigs.k8s.io/kustomize/api/provenance.version={KUSTOMIZE}"
    target.parent.mkdir(parents=True, exist_ok=True)
    go.run("build", "-trimpath", "-buildvcs=false", *prepare(go), f"-ldflags={flags}", "-o", str(target), ".")


def build_client(target: Path, version: str, goos: str = "", goarch: str = "") -> None:
    """Build the program that fetches charts."""
    target.parent.mkdir(parents=True, exist_ok=True)
    flags = f"-s -w -buildid= -X main.version={version}"
    Go(goos, goarch, CLIENT).run("build", "-trimpath", "-buildvcs=false", f"-ldflags={flags}", "-o", str(target), ".")


def version() -> str:
    """Return the version of this checkout."""
    import tomllib

    return str(tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def wheels(to: Path, platforms: Sequence[Platform]) -> None:
    """Write the wheels of some platforms."""
    for platform in platforms:
        name = f"k8slblint-render{'.exe' if platform.goos == 'windows' else ''}"
        program = BUILD / f"{platform.goos}-{platform.goarch}" / name
        build(program, version(), platform.goos, platform.goarch)
        client = program.with_name(name.replace("render", "fetch"))
        build_client(client, version(), platform.goos, platform.goarch)
        go, go_of_client = Go(platform.goos, platform.goarch), Go(platform.goos, platform.goarch, CLIENT)
        texts, kinds = licences({**_linked(go_of_client, []), **_linked(go, prepare(go))})
        print(wheel(to, platform, version(), (program, client), CHECKOUT, texts, kinds))


def _linked(go: Go, options: Sequence[str]) -> dict[str, Path]:
    """Return the folders of all modules that are linked in, and that of Go."""
    line = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}"
    found = dict(one.split(" ", 1) for one in go.run("list", "-deps", *options, "-f", line, ".").splitlines() if one)
    return {**{module: Path(folder) for module, folder in found.items()}, "go": Path(go.run("env", "GOROOT").strip())}


FORBIDDEN = re.compile(
    r" [tT] (?:os\.StartProcess|net\.\(\*(?:Dialer|Resolver)\)|net\.socket"
    r"|syscall\.(?:forkExec|StartProcess|Exec|Socket|connect|bind|listen))"
)
"""Symbols of code that starts a program or opens a socket."""


def check() -> None:
    """Look at the style of the code and at what is linked in, and run its tests."""
    go = Go()
    options = prepare(go)
    own = (
        *SOURCES.glob("*.go"),
        *SOURCES.glob("inflate/*.go"),
        *OVERLAY.rglob("*.go"),
        *CLIENT.glob("*.go"),
        *CLIENT.glob("loopback/**/*.go"),
    )
    files = [str(path) for path in own]
    unformatted = subprocess.run([_program("gofmt"), "-l", *files], check=True, stdout=subprocess.PIPE, text=True).stdout
    if unformatted:
        sys.exit(f"not formatted by gofmt:\n{unformatted}")
    go.run("mod", "verify")
    go.run("vet", *options, ".", "./inflate")
    print(go.run("test", *options, "-count=1", ".", "./inflate"), end="")
    client = Go(folder=CLIENT)
    client.run("mod", "verify")
    client.run("vet", "./...")
    print(client.run("test", "-count=1", "./..."), end="")
    go.run("build", "-trimpath", *options, "-o", str(BUILD / "with-symbols"), ".")
    symbols = go.run("tool", "nm", str(BUILD / "with-symbols"))
    if found := sorted({line.split(" ", 2)[-1].strip() for line in symbols.splitlines() if FORBIDDEN.search(line)}):
        sys.exit(f"code that starts programs or opens sockets is linked in: {', '.join(found)}")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="?", choices=["build", "check", "wheels"], default="build")
    parser.add_argument("--to", type=Path, default=CHECKOUT / "dist", help="the folder of the wheels (dist)")
    names = {f"{one.goos}-{one.goarch}": one for one in PLATFORMS}
    parser.add_argument("--platform", choices=[*names], action="append", help="only these wheels")
    chosen = parser.parse_args()
    if chosen.work == "check":
        check()
    elif chosen.work == "wheels":
        wheels(chosen.to, [names[name] for name in chosen.platform or names])
    else:
        suffix = ".exe" if os.name == "nt" else ""
        build(BUILD / f"k8slblint-render{suffix}", version())
        build_client(CLIENT / "build" / f"k8slblint-fetch{suffix}", version())
        Go(folder=CLIENT).run("build", "-o", str(CLIENT / "build" / f"serve{suffix}"), "./loopback/serve")


if __name__ == "__main__":
    main()
