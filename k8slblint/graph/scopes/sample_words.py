"""The words by which folders and files are called that hold samples, lessons, fixtures, scaffolds, or what was put aside.

The words are those of public repositories; of a language, those for an example, an exercise and a lesson.
"""

import re
from functools import lru_cache

from k8slblint.graph.scopes.environments import TEST_WORDS
from k8slblint.model.patterns import pattern

CLUSTER_PARENTS = frozenset({"clusters", "overlays", "environments", "environment", "envs", "env", "stages", "sites"})
"""Names of folders below which each folder is a cluster or an environment, whatever it is called: `clusters/lab-01`."""

_SAMPLES = frozenset(
    f"{word}{ending}" for word in ("example", "demo", "tutorial", "recipe", "quickstart", "workshop", "lab") for ending in ("", "s")
)
"""Words of folders of things to look at, each for itself: `examples`, `networking-recipes`, `eks-workshop-v2`; and `configsamples`."""

_SAMPLES_ELSEWHERE = frozenset(
    {
        *("ejemplo", "ejemplos", "exemple", "exemples", "exemplo", "exemplos"),
        *("beispiel", "beispiele", "esempio", "esempi", "voorbeeld", "voorbeelden"),
        *(
            "przyklad",
            "przyklady",
            "priklad",
            "priklady",
            "ornek",
            "ornekler",
            "primery",
            "esimerkki",
            "esimerkit",
            "eksempel",
            "eksempler",
        ),
        *("示例", "例子", "样例", "教程", "例題", "サンプル", "예제", "примеры", "пример"),
    }
)
"""The same in other languages."""

_LESSONS = frozenset(
    {
        *("labs", "exercise", "exercises", "katas", "katacoda", "killercoda", "instruqt", "codelab", "codelabs", "challenges"),
        *("ejercicio", "ejercicios", "laboratorio", "laboratorios", "taller", "talleres", "exercice", "exercices"),
        *("exercicio", "exercicios", "esercizio", "esercizi", "实验", "演習", "실습"),
    }
)
"""Words of folders of exercises, in which mistakes are to be found, and the names of services for lessons."""

_OF_COURSES = frozenset(f"course-{what}" for what in ("files", "material", "materials", "content", "contents", "resources", "work"))
"""Whole names of folders with what a course is about; an application may be called after courses."""

_NUMBERED = frozenset(
    {
        *("lesson", "module", "chapter", "session", "lecture", "week", "assignment", "homework", "hw", "scenario", "episode"),
        *("lab", "challenge"),
        *("modulo", "capitulo", "clase", "leccion", "semana", "aula", "licao", "chapitre", "seance", "kapitel", "lektion", "tema"),
    }
)
"""Words of one lesson of several where they are with its number: `lesson-03`, `modulo2`, `02-chapter`."""

_DAY = pattern(r"day(?:0[0-9]+|[3-9]|[1-9][0-9]+)")
"""A day of a course, `day-07`, `Day28`: days 0, 1 and 2 are phases of operation as well."""

_OF_APPLICATION = r"(?:samples?|examples?|demos?)-?(?:apps?|applications?|projects?|deployments?)[0-9]*"
"""A word for the application of a sample: `sampleapp2`."""

_GUIDES = frozenset({"how-to", "how-tos", "howto", "howtos", "guides", "hands-on", "handson"})
"""Names of folders of instructions, wherever they are."""

_DOCUMENTATION = frozenset({"doc", "docs", "documentation"})
"""First or last words of the names of folders of documentation at the top of a repository; further down an application may have one."""

_FOR_DEVELOPERS = frozenset({"hack", "website", "patterns"})
"""Other folders at the top of a repository that hold no deployments: what developers run, pages, and blueprints to start from."""

_SCAFFOLDS = frozenset({"skeleton", "skeletons", "scaffold", "scaffolds", "scaffolding", "boilerplate", "boilerplates", "cookiecutter"})
"""Last words of the names of folders of things to fill in; a `scaffolder` is a program."""

_SCAFFOLD_NAMES = frozenset(
    {
        *("chart-template", "charts-template", "template-chart", "helm-template", "helm-chart-template"),
        *("starters", "chart-starter", "chart-starters", "helm-starter", "helm-starters"),  # of `helm create --starter`
    }
)
"""Whole names of such folders, with `-` for all that separates words; `app-template` is a chart of that name."""

_BLANK = pattern(r"\{\{|\{%|%%|<[A-Za-z]|(?<![A-Za-z0-9])__[A-Za-z0-9]+__|\$\{")
"""What the name of a folder contains that a program fills in: `{{cookiecutter.name}}`, `__NAME__`."""

_MADE_TO_FAIL = frozenset({"invalid", "rejected"})
"""Words in the names of files that are meant to be refused: `invalid-policy.yaml`, `virtual-rejected.yaml`."""

_STEPS = frozenset({"assert", "asserts", "error", "errors"})
"""Last words of the names of numbered files of what a test expects (KUTTL, Chainsaw): `01-cluster-assert.yaml`."""

_BROKEN = frozenset({"broken", "malformed"})
"""The same where they are not the whole name: `broken_config.yaml`."""

_REFUSED = frozenset({"invalid", "malformed"})
"""First words of the names of folders of them."""

_FAILING = frozenset(
    {
        *("bad", "broken", "invalid", "malformed", "wrong", "fail", "fails", "failing", "must-fail", "should-fail"),
        *("violation", "violations", "noncompliant", "non-compliant", "nok", "known-bad"),
    }
)
"""Whole names of folders of such files."""

_FIXTURES = frozenset(
    {
        *("testdata", "test-data", "fixture", "fixtures", "__fixtures__", "__tests__", "__snapshots__", "e2e", "conformance"),
        *("testcase", "testcases", "test-cases", "test-fixtures", "test-files", "testfiles", "golden", "goldens", "kuttl", "chainsaw"),
        *("kyverno-test", "kyverno-tests", "chainsaw-test", ".ci"),
    }
)
"""Names of folders of files that programs of tests read; `test` and `tests` may hold manifests of an environment as well."""

_OF_SCRIPTS = frozenset({"scripts", "script", "hack", "tools"})
"""Names of folders of what developers run: what `ci` in them has is for runs of tests."""

_IN_TESTS = frozenset({"data", "resources", "cases", "expected", "output", "outputs", "snapshots", "assets", "input", "inputs"})
_IN_TESTS |= {"generated", "rendered", "goldens", "values"}
"""Names of folders in a folder of tests that make fixtures of what they hold."""

_SOURCES = "src"
"""Where programs keep their tests: what is in `src/test` is never deployed (Maven, "Standard Directory Layout")."""

_OF_TESTS = frozenset({"test", "tests", "testing", "ci", "lint", "linter"})
"""Words before `values` in the names of files of values with which a chart is only tested; `values-test` are those of an environment."""

_VALUES = "values"

_TO_COPY = frozenset({"example", "examples", "sample", "samples"})
"""Words with which the name of a file begins or ends that shows how something is written: `example-service.yaml`, `svc.sample.yaml`."""

_SHOWING = _TO_COPY | {"demo", "demos"}
"""Words with which it ends: `ingress-demo.yaml`."""

_TO_FILL_IN = frozenset({"template", "tmpl", "tpl", "skeleton", "boilerplate"})
"""Names of files to fill in, alone or behind a dot: `template.yaml`, `db.template.yaml`; `workflow-template.yaml` may be a kind."""

_TEMPLATES = frozenset({"template", "templates", "tmpl", "tpl"})

_OF_PROGRAMS = frozenset(f"{what}-{word}" for what in ("yaml", "yml", "manifest", "manifests", "object", "objects") for word in _TEMPLATES)
"""Whole names of folders of what a program completes before it applies it: `yaml-templates`; a chart's are called `templates`."""

_LESSON_WORDS = frozenset({"deprecate", "deprecated", "deprecation", "deprecations"})
"""First words of the names of files that show what the API no longer has: `deprecated-ingress.yaml`."""

_ABOUT_FAULTS = ("deprecat", "troubleshoot", "debug", "convert", "conversion", "migrat", "upgrad", "broken", "legacy", "removed", "fix")
"""How words begin in the names of folders and files that show what no longer works, or not yet: `lab-04-api-deprecation`, `fixme.yaml`."""

_SEPARATOR = pattern("[-_. ]")


@lru_cache(maxsize=4096)
def is_sample_folder(folder: str, above: str = "") -> bool:
    """Tell whether a folder, in another one, holds samples or scaffolds; a home lab is a cluster, and so is `clusters/lab`."""
    words = _words(folder)
    is_named = not (_SCAFFOLD_NAMES | _OF_PROGRAMS).isdisjoint((folder.lower(), _dashed(folder)))
    if words[-1] in _SCAFFOLDS or is_named or _is_hidden_template(folder, words) or _BLANK.search(folder):
        return True
    if above.lower() in CLUSTER_PARENTS or words[0] == "home":
        words = [word for word in words if not word.startswith("lab")]
    return any(map(_is_sample_word, words)) or re.fullmatch(_OF_APPLICATION, folder.lower()) is not None


@lru_cache(maxsize=4096)
def is_lesson_folder(above: str, folder: str) -> bool:
    """Tell whether a folder, in another one, holds a lesson, or several; below `clusters/` any name is one of a cluster."""
    words = _words(folder)
    if above.lower() in CLUSTER_PARENTS:
        return False
    return not _LESSONS.isdisjoint(words) or _dashed(folder) in _OF_COURSES or _is_numbered(words)


def _is_hidden_template(folder: str, words: list[str]) -> bool:
    """Tell whether a folder is put before the others, or out of sight, and holds templates: `_app_templates`; charts have `templates`."""
    return folder.startswith(("_", ".")) and words[-1] in _TEMPLATES


def _is_sample_word(word: str) -> bool:
    word = word.rstrip("0123456789")
    return word in _SAMPLES or word in _SAMPLES_ELSEWHERE or word.endswith(_AT_THE_END)


_AT_THE_END = ("sample", "samples", "demo", "demos")
"""Words that names of folders end with, without a separator: `configsamples`, `policydemo`."""


def _is_numbered(words: list[str]) -> bool:
    """Tell whether a name is that of one lesson of several: a word for it with its number before, behind, or within."""
    for index, word in enumerate(words):
        bare = word.rstrip("0123456789")
        beside = (*words[max(index - 1, 0) : index], *words[index + 1 : index + 2])
        if _DAY.fullmatch("".join(words[index : index + 2]) if word == "day" else word):
            return True
        if bare in _NUMBERED and (bare != word or any(one.isdecimal() for one in beside)):
            return True
    return False


def is_documentation(index: int, folder: str) -> bool:
    """Tell whether the folder at `index` of a path from the top of the repository holds documentation."""
    if folder.lower() in _GUIDES:
        return True
    words = _words(folder)
    return index == 0 and (words[0] in _DOCUMENTATION or words[-1] in _DOCUMENTATION or folder.lower() in _FOR_DEVELOPERS)


@lru_cache(maxsize=4096)
def is_test_folder(folder: str) -> bool:
    """Tell whether a folder holds tests and what they need."""
    name = folder.lower()
    return name.lstrip("_") in TEST_WORDS or name in TEST_WORDS or name.endswith(("-tests", "_tests"))


def _refuses(words: list[str]) -> bool:
    """Tell whether the name of a folder, behind its number, begins with a word for what is refused: `02-invalid-manifest`."""
    first = next((word for word in words if not word.isdigit()), "")
    return first in _REFUSED and words[-1] != first


def is_fixture_folder(above: str, folder: str) -> bool:
    """Tell whether a folder, in another one, holds what programs of tests read, or what is meant to be refused."""
    name = folder.lower()
    if not (_FIXTURES | _FAILING).isdisjoint((name, _dashed(folder))) or "e2e" in _words(folder):
        return True
    if (above, name) == (".github", "templates") or (name == "ci" and above.lower() in _OF_SCRIPTS) or _refuses(_words(folder)):
        return True
    return (is_test_folder(above) and name in _IN_TESTS) or (above == _SOURCES and is_test_folder(folder))


def is_fixture_name(stem: str, folder: str) -> bool:
    """Tell whether a file in a folder only tests something, by its name without the ending: values of a chart, what is to be refused."""
    words = _words(stem)
    tests_chart = words[-1] == _VALUES and (words[0] in _OF_TESTS or folder == "ci")
    is_step = words[0].isdigit() and words[-1] in _STEPS
    return tests_chart or is_step or not _MADE_TO_FAIL.isdisjoint(words) or (len(words) > 1 and not _BROKEN.isdisjoint(words))


def is_sample_name(stem: str) -> bool:
    """Tell whether a file is there to be copied, by its name without the ending."""
    words = _words(stem)
    return (
        words[0] in _TO_COPY | _LESSON_WORDS or words[-1].rstrip("0123456789") in _SHOWING or stem.lower().rpartition(".")[2] in _TO_FILL_IN
    )


@lru_cache(maxsize=4096)
def is_about_faults(name: str) -> bool:
    """Tell whether a folder or file shows a mistake, or what an upgrade removes, by its name."""
    return any(word.startswith(_ABOUT_FAULTS) for word in _words(name))


def is_template_name(stem: str) -> bool:
    """Tell whether a file may be there to be filled in, by its name without the ending: whether it is, its content tells."""
    return not _TEMPLATES.isdisjoint(_words(stem))


def _words(name: str) -> list[str]:
    return _SEPARATOR.split(name.lower())


def _dashed(name: str) -> str:
    return "-".join(_words(name.lstrip("._")))
