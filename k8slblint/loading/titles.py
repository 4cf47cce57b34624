"""Whether a repository is a collection of examples, a tutorial, or of a home, by the title of the README at its top, or its own name.

Who writes "Kubernetes Examples", "Dapr Samples" or "Kubernetes 教程" above a repository deploys nothing of it: its folders show what there
is, one kind or one controller each. The title alone is read. Words that show something count beside what is shown, a word for several
such things at the end of a title by itself: an "example application", a "demo shop" or a "machine learning platform on Kubernetes" may
well be deployed.
"""

import os
from collections.abc import Iterator
from itertools import islice, pairwise

from k8slblint.loading.borders import leads_out
from k8slblint.loading.folders import FileTooLargeError, read_bounded
from k8slblint.model.patterns import pattern

_NAMES = ("README.md", "README.adoc", "README.rst", "README.txt", "README", "readme.md", "Readme.md")

_LONGEST = 1_000_000
"""In bytes; a README that is longer is something else."""

_HEAD = 80
"""In how many lines the title is: badges and pictures may stand above it."""

_SUBJECTS = frozenset({"kubernetes", "k8s", "openshift", "helm", "istio", "knative", "eks", "aks", "gke", "k3s", "minikube", "microk8s"})
_SHOWING = frozenset(
    {
        *("examples", "samples", "tutorial", "tutorials", "workshop", "workshops", "bootcamp", "masterclass", "exercises", "katas"),
        *("course", "courses", "lessons", "cheatsheet", "101", "book", "demos", "fundamentals", "labs"),
        *("ejemplos", "exemplos", "exemples", "beispiele", "esempi", "curso", "tutoriales"),
    }
)
_SHOWING_PAIRS = frozenset({("example", "of"), ("learn", "kubernetes"), ("learn", "k8s"), ("learning", "kubernetes"), ("learning", "k8s")})
_SHOWING_PAIRS |= {(subject, shown) for subject in (*_SUBJECTS, "container", "docker") for shown in ("training", "demo")}
"""Words that mean it in this order only: `machine learning on Kubernetes` is none."""
_COLLECTIONS = frozenset({"examples", "samples", "demos", "tutorials", "workshops", "exercises", "katas"})
"""Words for several things to look at: with one at its end a title says so of whatever it names, `Dapr Samples`."""
_OF_CODE = frozenset({"code", "usage", "more", "and"})
"""Words before it where the title is that of a part of a page."""
_SHOWING_SIGNS = ("教程", "示例", "样例", "实验", "入门", "チュートリアル", "サンプル", "튜토리얼", "예제")
"""The same in languages that put no blanks between words."""

_HEADING = pattern(r"(?:#{1,6}|={1,6})[ \t]+(?P<text>\S.*)|<h1\b[^<>]*>(?P<html>[^<>]+)")
_UNDERLINE = pattern(r"={3,}|-{3,}")
_WORD = pattern(r"[a-z0-9]+")


_HOMES = frozenset({"homelab", "homelabs", "homeops", "homecluster"})
_HOME_PAIRS = frozenset(
    ("home", other)
    for other in ("lab", "labs", "ops", "operations", "cluster", "infrastructure", "infra", "server", "automation", "network", "repository")
)
"""Words for what someone runs at home, where no stranger's traffic goes; a `home page` is something else."""

_OF_OTHERS = frozenset({"from", "your", "every", "any"})
"""Words before it in what a product is for: `automation from homelab to enterprise`, `dashboard for your home lab`."""

_ELSEWHERE = frozenset({"enterprise", "enterprises", "datacenter", "datacenters", "businesses"})
"""Where else a product is for."""


def is_collection_of_samples(folder: str) -> bool:
    """Tell whether the README in a folder, the top of a repository, or its name, calls it a collection of examples or a tutorial.

    So do numbered pages at its top, the steps of a tutorial.
    """
    own, *titles = _titles(folder)
    return any(map(says_samples, (own, *titles[:1]))) or any(map(_says_course, titles[1:])) or _has_numbered_pages(folder)


def is_of_a_home(folder: str) -> bool:
    """Tell whether the README in a folder, the top of a repository, or its name, says that it is what someone runs at home."""
    return any(map(says_home, islice(_titles(folder), 2)))


def _has_numbered_pages(folder: str) -> bool:
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return sum(_NUMBERED_PAGE.fullmatch(name) is not None for name in names) >= _PAGES_OF_TUTORIAL


_NUMBERED_PAGE = pattern(r"[0-9]{1,2}[-_. ][\w.-]+\.(?:md|adoc)")
_PAGES_OF_TUTORIAL = 5


def _says_course(line: str) -> bool:
    """Tell whether the line below a title says that Kubernetes, or what runs on it, is taught."""
    words = frozenset(_WORD.findall(line.lower()))
    return not _COURSES.isdisjoint(words) and not _SUBJECTS.isdisjoint(words)


_COURSES = frozenset(
    {"course", "curso", "cours", "corso", "kurs", "tutorial", "tutoriel", "bootcamp", "masterclass", "exercises", "lessons"}
)


def _titles(folder: str) -> Iterator[str]:
    """Yield the name of a folder, the title of the README in it, and the line below that."""
    yield os.path.basename(os.path.realpath(folder))
    for name in _NAMES:
        path = os.path.join(folder, name)
        if not os.path.lexists(path):
            continue
        try:
            data = b"" if leads_out(path, found=True) else read_bounded(path, _LONGEST)
        except (OSError, FileTooLargeError):
            return
        text = data.decode("utf-8", "replace")
        title = title_of(text)
        yield title
        yield _line_below(text, title) if title else ""
        return


def title_of(text: str) -> str:
    """Return the first heading of a README in Markdown, AsciiDoc, reStructuredText or HTML, or `""`."""
    lines = [line.strip() for line in text.split("\n", _HEAD)[:_HEAD]]
    for number, line in enumerate(lines):
        found = _HEADING.match(line)
        if found is not None:
            return found["text"] or found["html"]
        if line and number + 1 < len(lines) and _UNDERLINE.fullmatch(lines[number + 1]) and _WORD.search(line.lower()):
            return line
    return ""


def _line_below(text: str, title: str) -> str:
    """Return the line below a title, `""` where that is longer than a line, or another heading."""
    lines = [line.strip() for line in text.split("\n", _HEAD)[:_HEAD]]
    at = next((number for number, line in enumerate(lines) if title in line), len(lines))
    below = next((line for line in lines[at + 1 :] if line and not _UNDERLINE.fullmatch(line)), "")
    return below if len(below) <= _LONGEST_SUBTITLE and below[0:1] not in "#=[!<" else ""


_LONGEST_SUBTITLE = 60


def says_samples(title: str) -> bool:
    """Tell whether a title says that Kubernetes, or what runs on it, is shown below."""
    words = _WORD.findall(title.lower())
    pairs = set(pairwise(words))
    if len(words) > 1 and words[-1] in _COLLECTIONS and words[-2] not in _OF_CODE:
        return True
    if _SUBJECTS.isdisjoint(words) and not (_SHOWING_PAIRS & pairs):
        return False
    shows = not _SHOWING.isdisjoint(words) or not _SHOWING_PAIRS.isdisjoint(pairs)
    return shows or any(sign in title for sign in _SHOWING_SIGNS)


def says_home(title: str) -> bool:
    """Tell whether a title names what someone runs at home; a product is for the homes of others, among other places."""
    words = _WORD.findall(title.lower())
    if not _ELSEWHERE.isdisjoint(words):
        return False
    return any(
        before not in _OF_OTHERS and (word in _HOMES or (word, behind) in _HOME_PAIRS)
        for before, word, behind in zip(("", *words), words, (*words[1:], ""), strict=False)
    )
