"""What held in the revision before, besides manifests: the configuration, the baseline and the ignore files, to see what was weakened."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from k8slblint import baseline
from k8slblint import config as configuration
from k8slblint.baseline import Baseline
from k8slblint.commands.options import Options
from k8slblint.config import Config
from k8slblint.loading.folders import IGNORE_FILE, IGNORE_LIMIT, below, git_root, read_bounded, shown_path
from k8slblint.loading.git import TextsBefore, is_revision
from k8slblint.loading.tracked import Index
from k8slblint.model.errors import UsageError
from k8slblint.model.records import NamedTuple
from k8slblint.switches import rules_on
from k8slblint.weakening import Weakened, of_baseline, of_configuration, of_ignore_file

Overlay = Callable[[Config], Config]
"""Lays the options of the call over a configuration."""


class WrongThenError(UsageError):
    """The configuration of the revision before cannot be used: it names a rule that is gone, or was wrong from the start."""


class Earlier(NamedTuple):
    """The configuration before, without and with the options of the call, and the baseline that it names."""

    config: Config
    baseline: Baseline | None


class Past:
    """Answers what the files of a configuration held before: in a git revision, or in the folder that is compared with."""

    def __init__(self, against: str, paths: Sequence[str], options: Options) -> None:
        """Hold the revision or folder, and what is scanned."""
        is_folder = os.path.exists(against) and not is_revision(against)
        self._folder = os.path.realpath(against) if is_folder else None
        self._git = None if is_folder else TextsBefore(against)
        self._against = against
        self._start = os.path.realpath(paths[0])
        self._options = options

    def earlier(self, now: Config, accepted: Baseline | None, overlay: Overlay) -> Earlier:
        """Return what held before; what is no part of the revision (a file that git does not track) is as it is now.

        Raises:
            WrongThenError: the configuration or the baseline of then is wrong.
            UsageError: the revision is unknown.

        """
        if self._git is not None and self._git.is_empty(self._start):
            return Earlier(now, accepted)
        config = self._config(now, overlay)
        same = accepted if config.baseline == now.baseline else None
        return Earlier(config, self._baseline(config, same))

    def weakened(self, now: Config, accepted: Baseline | None, before: Earlier, changed: Sequence[str]) -> Iterator[Weakened]:
        """Yield what configuration, baseline and the `changed` ignore files no longer report."""
        yield from of_configuration(now, before.config)
        yield from of_baseline(accepted, before.baseline)
        for path in changed if self._git else ():
            if os.path.basename(path) == IGNORE_FILE:
                held = self._git.read([path]).get(path, b"") if self._git else b""
                yield from of_ignore_file(shown_path(path), _text(_read(path)), _text(held))

    def _config(self, now: Config, overlay: Overlay) -> Config:
        if self._options.no_config:
            return now
        stated = self._options.config_path
        if stated and (self._folder or not _is_tracked(stated)):
            return now
        found = self._found(stated)
        for path, data in found.items():
            try:
                before = overlay(configuration.parse_config(data, path, is_now=False))
                rules_on(before)
            except UsageError as error:
                raise WrongThenError(
                    f"the configuration of '{self._against}' is wrong, and changes to it are not reported: {error}"
                ) from error
            return before
        return overlay(Config())

    def _found(self, stated: str | None) -> Mapping[str, bytes]:
        """Return the configuration that held before, by the path where it is or would be now."""
        if self._git and stated:
            return self._git.read([os.path.realpath(stated)])
        if self._git:
            for folder in _folders_from(self._start):
                found = self._git.read([os.path.join(folder, name) for name in configuration.FILE_NAMES])
                if found:
                    return dict([next(iter(found.items()))])
            return {}
        path = configuration.find_config(self._folder or "")
        data = _read(path) if path else None
        return {self._now(path): data} if path and data is not None else {}

    def _now(self, path: str) -> str:
        """Return where a file of the folder before is now; files around both are the same ones."""
        inside = below(os.path.realpath(path), self._folder or "")
        return path if inside is None else os.path.join(self._start, inside)

    def _baseline(self, config: Config, same: Baseline | None) -> Baseline | None:
        if config.baseline is None:
            return None
        path = os.path.realpath(config.baseline)
        if self._git is None:
            inside = below(path, self._start)
            data = _read(os.path.join(self._folder or "", inside)) if inside else _read(path)
        elif _is_tracked(path) or not os.path.exists(path):
            data = self._git.read([path]).get(path)
        else:
            return same
        if data is None:
            return None
        try:
            return baseline.parsed(_text(data), shown_path(path), os.path.dirname(path))
        except UsageError as error:
            raise self._wrong("baseline", error) from error

    def _wrong(self, what: str, error: UsageError) -> WrongThenError:
        return WrongThenError(f"the {what} of '{self._against}' is wrong, and changes to it are not reported: {error}")


def _folders_from(path: str) -> Iterator[str]:
    """Yield the folder of a path and those above it, up to the root of its repository."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    root = git_root(folder)
    while True:
        yield folder
        if folder in (root, os.path.dirname(folder)):
            return
        folder = os.path.dirname(folder)


def _is_tracked(path: str) -> bool:
    return Index().holds(os.path.realpath(path))


def _read(path: str) -> bytes | None:
    try:
        return read_bounded(path, max(IGNORE_LIMIT, baseline.SIZE_LIMIT))
    except OSError:
        return None


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
