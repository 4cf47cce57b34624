"""Runs git on a repository that may be hostile: nothing in it executes code, writes, or reaches the network.

Sources: git-config(1) and git(1), git 2.39: `core.fsmonitor`, hooks and filter drivers are the settings that start programs
in the commands used here; a partial clone would fetch missing objects; `diff-index` prints raw lines and so runs no driver.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

from k8slblint.loading import git_process
from k8slblint.loading.folders import SIZE_LIMIT, git_root
from k8slblint.model.errors import UsageError
from k8slblint.model.patterns import pattern

_OPTIONS = (
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "diff.external=",
    "-c",
    "submodule.recurse=false",
)

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_OF_ONE_REPOSITORY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
"""Variables that git sets for its hooks; they hold for the repository of the working directory only."""

_FILTERS = r"^filter\..*\.(clean|process|required|smudge)$"


_QUOTED = pattern(
    r"fatal: (?:not a git repository|detected dubious ownership|(?:bad|loose|packed|missing|unable to read|not a valid) |Not a valid "
    r"|index |unable to access|cannot |could not |Could not )(?!.*\bconfig\b)"
)
"""What git says of objects, the index and the folder, and not of settings."""

_QUICK = ("config", "rev-parse")
"""Commands that read configuration and references only."""


_answers: dict[tuple[str, ...], git_process.Ended] | None = None


@contextmanager
def asked_once() -> Iterator[None]:
    """Ask each repository once, within, for its settings and for what a revision is: several parts of a run compare with the same."""
    global _answers  # noqa: PLW0603 - whoever starts git in a run shares it
    kept = _answers
    _answers = {}
    try:
        yield
    finally:
        _answers = kept


class GitFailedError(UsageError):
    """git ended with an error; the text quotes its first line; `is_silent` tells that it said nothing."""

    def __init__(self, message: str, *, is_silent: bool = False) -> None:
        """Hold the sentence for the user."""
        super().__init__(message)
        self.is_silent = is_silent


class Git:
    """Runs git on one repository, given by its top folder; filter drivers of its configuration are emptied once."""

    def __init__(self, root: str) -> None:
        """Read which filter drivers are configured.

        Raises:
            UsageError: when there is no git, or it hangs.

        """
        self.root = root
        self._environment = _environment(root)
        filters = self._ask(("config", "--includes", "--name-only", "-z", "--get-regexp", _FILTERS)).output
        names = [os.fsdecode(name) for name in filters.split(b"\0") if name]
        self._environment.update(_emptied(names, int(self._environment.get("GIT_CONFIG_COUNT") or 0)))

    def run(self, *arguments: str) -> bytes:
        """Return what git prints.

        Raises:
            GitFailedError: when git reports an error.
            GitHungError: when it does not end.

        """
        ended = self._ask(arguments)
        if ended.status:
            lines = ended.errors.strip().splitlines()
            said = _quotable(lines[0]) if lines else f"exit status {ended.status}"
            raise GitFailedError(f"git cannot read '{self.root}': {said}.", is_silent=not lines)
        return ended.output

    def tracked_files(self) -> list[str]:
        """Return the paths in the index, relative to the top folder and with `/`; raises as `run` does."""
        return [os.fsdecode(name) for name in self.run("ls-files", "-z", "--cached").split(b"\0") if name]

    def read_blobs(self, object_ids: Sequence[bytes]) -> Iterator[bytes | None]:
        """Yield the contents of blobs in order, read by one process; None for one larger than `SIZE_LIMIT`.

        Raises:
            GitFailedError: when a blob is not in this clone.

        """
        if not object_ids:
            return
        with TemporaryFile() as request:
            request.write(b"\n".join(object_ids) + b"\n")
            request.seek(0)
            command = self._command("cat-file", "--batch")
            with git_process.talking(command, request, variables=self._environment, root=self.root) as answers:
                for _ in object_ids:
                    yield _read_blob(answers)

    def _ask(self, arguments: Sequence[str]) -> git_process.Ended:
        if arguments[0] not in _QUICK:
            return self._run(arguments, git_process.SECONDS_TO_READ)
        key = (self.root, *arguments)
        known = _answers.get(key) if _answers is not None else None
        if known is None:
            known = self._run(arguments, git_process.SECONDS_TO_ASK)
            if _answers is not None:
                _answers[key] = known
        return known

    def _run(self, arguments: Sequence[str], seconds: float) -> git_process.Ended:
        return git_process.run(self._command(*arguments), variables=self._environment, root=self.root, seconds=seconds)

    def _command(self, *arguments: str) -> list[str]:
        return [*_OPTIONS, "-C", self.root, *arguments]


def _quotable(line: str) -> str:
    """Return what git says where that is about the repository; where it is about settings it may quote a file that they include."""
    return line if _QUOTED.match(line) else "its settings or its objects are broken; `git status` shows how"


def _read_blob(answers: IO[bytes]) -> bytes | None:
    header = answers.readline().split()  # object id, type, size; or object id, "missing"
    if header[1:2] != [b"blob"]:
        raise GitFailedError("the revision to compare with is incomplete in this clone: fetch it with its files first.")
    left = int(header[2])
    if left <= SIZE_LIMIT:
        return answers.read(left + 1)[:-1]
    left += 1
    while left and (part := answers.read(min(left, 1 << 20))):
        left -= len(part)
    return None


def _environment(root: str) -> dict[str, str]:
    environment = git_process.environment(os.environ) | _ENVIRONMENT
    if git_root(os.getcwd()) == root:
        environment |= {name: os.environ[name] for name in _OF_ONE_REPOSITORY if name in os.environ}
    return environment


def _emptied(filters: Sequence[str], start: int) -> dict[str, str]:
    """Return variables that empty filter drivers; as options they would break at an equals sign in a driver's name."""
    settings = {"GIT_CONFIG_COUNT": str(start + len(filters))}
    for number, name in enumerate(filters, start):
        settings[f"GIT_CONFIG_KEY_{number}"] = name
        settings[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(".required") else ""
    return settings
