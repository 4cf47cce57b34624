"""Knows the words of an attacker, and picks among them by a seed."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

OUTSIDE, MARKER, PORT = "@OUTSIDE@", "@MARKER@", "@PORT@"
"""What stands for a folder outside of the tree, a folder that only a command that was run writes to, and a port that is listened to."""

COMMAND = f"touch {MARKER}/command"

CONTROLS = ("\x00", "\x1b[2J\x1b[31m", "\r\n", "\x07", "\x9b2J", "\u202e", "\u2066", "\u2028", "\ufeff", "\x7f", "\ud800", "\ufffe")
FORGED = (
    "::error::FORGED",
    "::stop-commands::FORGED",
    "::add-mask::FORGED",
    "##vso[task.prependpath]FORGED",
    "##[error]FORGED",
    "##teamcity[FORGED]",
    "\n::error::FORGED",
    "%0A::error::FORGED",
    "](https://evil.example/) <img src=x> | `FORGED`",
)
OPTIONS = (
    "--post-renderer=/bin/sh",
    f"--post-renderer={MARKER}/run.sh",
    "--upload-pack=touch${IFS}" + MARKER + "/git",
    "-f/etc/passwd",
    "--kubeconfig=/etc/passwd",
    "--repo=http://127.0.0.1:@PORT@/",
    "--enable-exec",
    "--",
    "-",
)
SHELL = (
    f"$({COMMAND})",
    f"`{COMMAND}`",
    f"; {COMMAND} ;",
    f"| {COMMAND}",
    f"\n{COMMAND}\n",
    f"!!python/object/apply:os.system ['{COMMAND}']",
)
TEMPLATES = (
    '{{ getHostByName "leak.evil.example" }}',
    '{{ env "CI_TOKEN" }}',
    '{{ expandenv "$CI_TOKEN" }}',
    '{{ lookup "v1" "Secret" "" "" }}',
    '{{ .Files.Get "../../../../../../etc/passwd" }}',
    '{{ .Files.Get "link" }}',
    '{{ (.Files.Glob "**").AsConfig }}',
    '{{ tpl "{{ fail .Release.Name }}" . }}',
    "{{ range until 3000 }}a{{ end }}",
    '{{ repeat 100000 "a" }}',
    '{{ include "x" . }}',
    "{{ toYaml . }}",
    "{{",
    "}}",
    '{{ "',
    "${CI_TOKEN}",
    "${A:=${B:-${C}}}",
    "$${A}",
    "${A/x/y}",
    "{{ .path.segments }}",
    '{{ .a | replace "a" "aaaa" | quote | quote }}',
    "{{path}}",
    "{{path.basename}}",
)
NUMBERS = (0, -1, 1, 65536, 2**31, 2**63, 10**30, 1e308, -0.0, True, False, None, [], {}, [None], "")
ODD = (
    "ſ",
    "\u212a",
    "İ",
    "ß",
    "é",
    "e\u0301",
    "a" * 300,
    ".",
    "..",
    "~",
    "null",
    "yes",
    "0o17",
    "0x1F",
    "1e3",
    ".nan",
    "=",
    "<<",
    "*a",
    "&a",
    "!!binary",
)

NAMES = ("web", "api", "a", "b", "shop", "edge", "prod", "staging", "control")


class Dice:
    """A source of choices that a seed decides; `harm` is how much of what it makes is hostile: what is refused at once reaches little."""

    def __init__(self, seed: object) -> None:
        self.random = Random(repr(seed))  # noqa: S311 - to be reproduced, not to be secret
        self.harm = self.pick((0.1, 0.4, 1.0))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[self.random.randrange(len(choices))]

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def mostly(self, *sound: Any) -> Any:
        """Return one of some sound values, or where harm is meant a text."""
        return self.pick(sound) if self.chance(1 - 0.4 * self.harm) else self.text()

    def some(self, make: Callable[[], Any], most: int = 3, least: int = 0) -> list[Any]:
        return [make() for _ in range(self.number(least, most))]

    def members(self, makers: dict[str, Callable[[], Any]], least: int = 1, most: int = 4) -> dict[str, Any]:
        """Return some of the fields, each with a value of its maker."""
        count = min(self.number(least, most), len(makers))
        return {name: makers[name]() for name in self.random.sample(list(makers), count)}

    def name(self) -> str:
        return self.word() if self.chance(0.15 * self.harm) else str(self.pick(NAMES))

    def word(self) -> str:
        """Return a hostile text."""
        kind = self.pick((CONTROLS, FORGED, OPTIONS, SHELL, TEMPLATES, ODD))
        text = str(self.pick(kind))
        if self.chance(0.2):
            text = f"{self.pick(NAMES)}{text}{self.pick(NAMES)}"
        return text + str(self.word()) if self.chance(0.1) else text

    def text(self) -> str:
        return self.word() if self.chance(0.4 * self.harm) else f"{self.pick(NAMES)}-{self.number(0, 9)}"

    def scalar(self) -> Any:
        return self.pick(NUMBERS) if self.chance(0.4) else self.text()

    def value(self, depth: int = 0) -> Any:
        """Return a value of any shape."""
        if depth > 2 or self.chance(0.5):
            return self.scalar()
        if self.chance(0.5):
            return self.some(lambda: self.value(depth + 1))
        return {self.text(): self.value(depth + 1) for _ in range(self.number(0, 3))}

    def outside(self) -> str:
        """Return a path that leads out of the tree, or into what is not part of it."""
        up = "../" * self.number(1, 6)
        return str(
            self.pick(
                (
                    f"{OUTSIDE}/secret.txt",
                    f"{OUTSIDE}/svc.yaml",
                    f"{OUTSIDE}/chart",
                    OUTSIDE,
                    f"{up}outside/secret.txt",
                    f"{up}outside/svc.yaml",
                    f"{up}outside",
                    f"{up}.git/config",
                    ".git/config",
                    "/.git/config",
                    ".git",
                    f"{up}.git",
                    f"./a/../{up}outside/secret.txt",
                    "link-out/secret.txt",
                    "link-out",
                    "link-file",
                    "link-git",
                    "/etc/passwd",
                    "/proc/self/environ",
                    f"{up}proc/self/environ",
                    "/dev/zero",
                    f"file://{OUTSIDE}/secret.txt",
                    "a\x00b",
                    "..",
                    "../..",
                    "/",
                    "...",
                    "a\\..\\..\\outside",
                    ".GIT/config",
                    ".git./config",
                    ".git /config",
                )
            )
        )

    def url(self) -> str:
        """Return a URL; every server that it names is the one that is listened to."""
        host = f"127.0.0.1:{PORT}"
        return str(
            self.pick(
                (
                    f"http://{host}/svc.yaml",
                    f"https://{host}/svc.yaml",
                    f"HTTP://{host}/svc.yaml",
                    f"http://localhost:{PORT}/a/b.git",
                    f"http://[::1]:{PORT}/a.yaml",
                    f"git::http://{host}/a/b.git",
                    f"git@127.0.0.1:{PORT}/a/b.git",
                    f"ssh://git@{host}/a/b.git",
                    f"oci://{host}/charts/web",
                    f"evil://{host}/x",
                    f"ext::sh -c {COMMAND}%",
                    f"file:///{OUTSIDE}//x?ref=--upload-pack=touch${{IFS}}{MARKER}/git",
                    f"file://{OUTSIDE}/svc.yaml",
                    f"github.com:{PORT}/a/b",
                    f"http://{host}/a?ref=$({COMMAND})",
                    f"s3::http://{host}/x",
                    f"data:text/yaml,{host}",
                )
            )
        )

    def path(self, near: Sequence[str] = ()) -> str:
        """Return a path: mostly one of those near, else one that leads out, a URL or any text."""
        if near and self.chance(1 - 0.4 * self.harm):
            return str(self.pick(near))
        return str(self.pick((self.outside, self.outside, self.url, self.text))())
