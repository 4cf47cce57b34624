"""Writes a proposal of objects into a new folder, after the rules for Gateway API have looked at it.

The folder is new or empty, is outside of what was read, and no link on the way to it is followed: nothing that exists is changed.
Names of files are made of letters, digits and dashes only, whatever clusters and namespaces are called.
"""

import errno
import os
from collections.abc import Mapping, Sequence

import click

from k8slblint import engine
from k8slblint.config import Config, RuleSettings
from k8slblint.engine import Sources
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Finding
from k8slblint.model.loaded import SourceFile
from k8slblint.model.rule import Rule
from k8slblint.reporting.excerpt import visible

_GROUP = ".gateway.networking.k8s.io"

_ASIDE = ("gateway-role-crossed", "gateway-class-missing")
"""Rules about who owns objects, and about the class, which a proposal leaves to its reader."""

_VALIDATING = "gateway-rejected"
"""The rule that validates objects by the definitions of a release."""

_LONGEST = 60

_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def refuse_folder(folder: str, paths: Sequence[str]) -> None:
    """Raise `UsageError` unless a folder is new or empty, outside of the paths that are read, and behind no link."""
    inside = next((path for path in paths if _is_inside(folder, path)), None)
    if inside is not None:
        raise UsageError(f"'{folder}' is inside of '{inside}', where a proposal could be deployed: name a folder outside of it.")
    link = next((part for part in _parts(folder) if os.path.islink(part)), None)
    if link is not None:
        raise UsageError(f"'{link}' is a link, which is not followed: name the folder itself.")
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        if not os.path.isdir(os.path.dirname(os.path.abspath(folder))):
            raise UsageError(f"the folder of '{folder}' does not exist: create it.") from None
        return
    except NotADirectoryError:
        raise UsageError(f"'{folder}' is not a folder: name a new one.") from None
    except OSError as error:
        raise UsageError(f"'{folder}' cannot be read: {error.strerror}.") from error
    if names:
        raise UsageError(f"'{folder}' is not empty, and nothing is overwritten: name a new folder.")


def _is_inside(folder: str, path: str) -> bool:
    root, own = os.path.realpath(path), os.path.realpath(folder)
    return own == root or own.startswith(root.rstrip(os.sep) + os.sep)


def _parts(folder: str) -> list[str]:
    """Return the folder and, of a relative path, each folder on the way to it."""
    text = os.path.normpath(folder)
    if os.path.isabs(text):
        return [text]
    pieces = text.split(os.sep)
    return [os.sep.join(pieces[: number + 1]) for number in range(len(pieces))]


def files_of(texts: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Return the texts of a proposal by the names of files: the namespace, after the cluster where there are several."""
    clusters = {cluster for cluster, _ in texts}
    found: dict[str, str] = {}
    for (cluster, namespace), text in texts.items():
        base = _plain(namespace) if len(clusters) == 1 else f"{_plain(cluster)}.{_plain(namespace)}"
        name, number = f"{base}.yaml", 1
        while name in found:
            number += 1
            name = f"{base}-{number}.yaml"
        found[name] = text
    return found


def _plain(text: str) -> str:
    plain = "".join(sign if sign in _IN_NAMES else "-" for sign in text.lower())[:_LONGEST].strip("-")
    return plain or "objects"


def write_folder(folder: str, files: Mapping[str, str], beside: str, release: tuple[int, int]) -> None:
    """Write files into a new folder, and say what the rules for Gateway API find in them. Raises `UsageError`."""
    if not files:
        click.echo("k8slblint: nothing was written: no Ingress becomes an object.", err=True)
        return
    for finding in findings_in(files, beside, release):
        place = f"{folder}/{finding.location.path}:{finding.location.span.line}"
        click.echo(f"k8slblint: {visible(place)}: {finding.severity}[{finding.rule}]: {visible(finding.headline)}", err=True)
    try:
        if not os.path.isdir(folder):
            os.mkdir(folder)
        opened = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0))
        try:
            for name, text in files.items():
                _create(opened, folder, name, text.encode())
        finally:
            os.close(opened)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise UsageError(f"'{folder}' cannot be written: {reason}.") from error
    count = f"{len(files)} file{'s' * (len(files) != 1)}"
    click.echo(f"k8slblint: wrote {count} to '{visible(folder)}'; read the comments before you apply anything.", err=True)


def _create(opened: int, folder: str, name: str, data: bytes) -> None:
    """Create a file that does not exist yet, in the folder that was opened."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    beside: dict[str, int] = {"dir_fd": opened} if os.open in os.supports_dir_fd else {}
    file = os.open(name if beside else os.path.join(folder, name), flags, 0o666, **beside)
    with open(file, "wb") as written:
        written.write(data)


def findings_in(files: Mapping[str, str], beside: str, release: tuple[int, int]) -> list[Finding]:
    """Return what the rules for Gateway API find in a proposal; `beside` are Services and classes that it refers to.

    Objects are validated by the standard channel of a release of Gateway API.
    """
    installed = {"release": ".".join(map(str, release)), "channel": "standard"}
    config = Config(rules={_VALIDATING: RuleSettings(parameters=installed)})
    rules = [rule for rule in engine.rules_on(config) if _is_about_routes(rule)]
    texts = {**files, ".beside.yaml": beside} if beside else dict(files)
    sources = [SourceFile(path=name, read=text.encode, scope_path=name) for name, text in texts.items()]
    with engine.read(Sources(files=sources), config, rules) as manifests:
        report = engine.lint(manifests, config, rules)
    return [finding for finding in report.findings if finding.location.path in files]


def _is_about_routes(rule: Rule) -> bool:
    is_of_group = any(kind.endswith(_GROUP) for kind in rule.kinds)
    return is_of_group and not rule.compares_revisions and rule.stage == "checks" and rule.id not in _ASIDE
