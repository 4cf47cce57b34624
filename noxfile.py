"""The tasks of this project; `tools/check` sets up the environment that they run in, and runs them all."""

import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "none"
nox.options.stop_on_first_error = False
nox.options.sessions = ["lint", "types", "native", "docs", "tests", "build"]

SCHEMAS = Path("schemas")


def _python(session: nox.Session, *arguments: str) -> None:
    """Run a module of the environment that nox itself runs in."""
    session.run(sys.executable, "-m", *arguments, external=True)


def _script(name: str) -> str:
    """Return the path of a program that the environment holds."""
    return str(Path(sys.executable).with_name(name))


def _catalogs() -> dict[str, list[str]]:
    """Return the files of catalogs by the name of their schema."""
    single = {path.stem: [str(path)] for path in sorted(Path("catalogs").glob("*.json"))}
    return {**single, "annotations": sorted(str(path) for path in Path("catalogs/annotations").glob("*.json") if path.name != "index.json")}


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format of the code, the shape of rule files, catalogs, hooks, action and workflows, and the Dockerfile."""
    _python(session, "ruff", "check", ".")
    _python(session, "ruff", "format", "--check", ".")
    rules = sorted(str(path) for path in Path("rules").glob("*.yaml"))
    _python(session, "check_jsonschema", "--schemafile", str(SCHEMAS / "rule.schema.json"), *rules)
    for name, files in _catalogs().items():
        _python(session, "check_jsonschema", "--schemafile", str(SCHEMAS / f"catalog-{name}.schema.json"), *files)
    configs = sorted(str(path) for path in Path("examples").glob("*/.k8slblint.yaml"))
    _python(session, "check_jsonschema", "--schemafile", str(SCHEMAS / "config.schema.json"), *configs)
    _python(session, "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    workflows = sorted(str(path) for path in Path(".github/workflows").glob("*.yml"))
    _python(session, "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run(_script("zizmor"), "--offline", "--quiet", "action.yml", *workflows, external=True)
    session.run(_script("hadolint"), "Dockerfile", external=True)
    _python(session, "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml")
    _python(session, "pre_commit", "validate-config", ".pre-commit-config.yaml")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    _python(session, "mypy")


@nox.session
def native(session: nox.Session) -> None:
    """Check the reader in C, where there is a compiler, and the render engine: its code, its tests, what must not be linked in."""
    if shutil.which("cc") is not None:
        session.run(sys.executable, "tools/build_reader.py", "check", external=True)
    if shutil.which("go") is None:
        session.skip("there is no Go on PATH")
    session.run(sys.executable, "tools/build_render.py", "check", external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, except those of `build`, on all cores; arguments go to pytest (`-n 0` for one process)."""
    _python(session, "pytest", "-m", "not build", "-n", "auto", "--dist", "worksteal", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Check that generated text is fresh and that links lead somewhere; `nox -s docs -- --write` writes the text."""
    session.run(sys.executable, "tools/generate.py", *(session.posargs or ["--check"]), external=True)
    session.run(sys.executable, "tools/check_links.py", external=True)


@nox.session
def build(session: nox.Session) -> None:
    """Make sdist and wheel, install the wheel bare, and scan an example with it."""
    _python(session, "pytest", "-m", "build", "-p", "no:randomly")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure k8slblint beside other linters, in one run; arguments go to tools/bench.py (`-- --help`)."""
    session.run(sys.executable, "tools/bench.py", *session.posargs, external=True)


@nox.session(default=False)
def new_rule(session: nox.Session) -> None:
    """Write the files of a new rule and what is generated from them; arguments go to tools/new_rule.py (`-- --help`)."""
    session.run(sys.executable, "tools/new_rule.py", *session.posargs, external=True)
    if "--help" in session.posargs or "-h" in session.posargs:
        return
    session.run(sys.executable, "tools/generate.py", external=True)
    session.run(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/test_snapshots.py", "--update-snapshots", external=True)
    _python(session, "pytest", "-q", "-p", "no:randomly", "tests/test_snapshots.py", "tests/test_rules.py")
