"""The rooms: imports point down only, nothing goes in a circle, third parties stay in their rooms."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "k8slblint"

MAY_IMPORT = {
    "model": set(),
    "shipped": set(),
    "fingerprint": set(),
    "addresses": set(),
    "documents": {"model"},
    "schema": {"model"},
    "catalog": {"model", "shipped"},
    "processes": set(),
    "loading": {"catalog", "documents", "processes", "schema", "shipped", "model"},
    "rendering": {"documents", "loading", "model", "processes", "shipped"},
    "admission": {"addresses", "model"},
    "graph": {"catalog", "model"},
    "traffic": {"addresses", "admission", "catalog", "graph", "model"},
    "checks": {"addresses", "admission", "catalog", "graph", "model", "traffic"},
    "rulebook": {"checks", "documents", "graph", "model", "schema", "shipped"},
    "explain": {"model", "rulebook"},
    "config": {"addresses", "catalog", "documents", "model", "rulebook", "schema", "shipped"},
    "suppression": {"config", "documents", "model"},
    "grading": {"model"},
    "rendered": {"config", "loading", "model", "processes", "rendering"},
    "reading": {"config", "graph", "loading", "model", "rendered", "rendering"},
    "running": {"config", "fingerprint", "grading", "graph", "loading", "model", "reading", "rulebook", "suppression", ""},
    "engine": {"config", "model", "reading", "rulebook", "running"},
    "options": set(),
    "reporting": {"model", ""},
    "invocation": {"config", "engine", "graph", "loading", "model", "options", "rendering"},
    "output_files": {"model"},
    "scan": {
        "config",
        "engine",
        "graph",
        "invocation",
        "loading",
        "model",
        "options",
        "output_files",
        "rendering",
        "reporting",
        "rulebook",
    },
    "scope_map": {"graph", "model", "reporting"},
    "starting_config": {"model", "reporting"},
    "exposure_map": {"graph", "model", "reporting", "traffic"},
    "scope_command": {
        "config",
        "exposure_map",
        "graph",
        "invocation",
        "model",
        "options",
        "output_files",
        "reporting",
        "scope_map",
        "starting_config",
    },
    "cli": {"reporting", "config", "engine", "explain", "model", "options", "processes", "rulebook", "scan", "scope_command", ""},
    "__main__": {"cli"},
    "": set(),
}
"""What each room may import of the others; `""` is the package itself (its version)."""

THIRD_PARTIES = {
    "documents": {"ruamel", "_ruamel_yaml"},
    "rendering": {"helm_python"},
    "schema": {"jsonschema", "jsonschema_rs"},
    "cli": {"click"},
    "scan": {"click"},
    "scope_command": {"click"},
}


def _room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            if node.module == "k8slblint":
                yield from (f"k8slblint.{alias.name}" for alias in node.names)
            else:
                yield str(node.module)


def _arrows() -> Iterator[tuple[Path, str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in _imports(path):
            if name.split(".")[0] == "k8slblint":
                target = name.split(".")[1] if "." in name else ""
                yield path, _room(path), "" if target.startswith("__") else target


def test_imports_point_down_only() -> None:
    wrong = [f"{path.name}: {room} -> {target}" for path, room, target in _arrows() if target != room and target not in MAY_IMPORT[room]]
    assert wrong == []


def test_the_rooms_have_no_circle() -> None:
    done: set[str] = set()

    def visit(room: str, above: tuple[str, ...]) -> None:
        assert room not in above, f"circle: {' -> '.join((*above, room))}"
        if room not in done:
            for target in MAY_IMPORT[room]:
                visit(target, (*above, room))
            done.add(room)

    for room in MAY_IMPORT:
        visit(room, ())


def test_no_check_imports_another() -> None:
    wrong = [
        str(path) for path, room, _ in _arrows() if room == "checks" for name in _imports(path) if name.startswith("k8slblint.checks.")
    ]
    assert wrong == []


def test_third_parties_stay_in_their_rooms() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in _imports(path):
            top = name.split(".")[0]
            if top != "k8slblint" and top not in sys.stdlib_module_names and top not in THIRD_PARTIES.get(_room(path), set()):
                wrong.append(f"{path.name}: {name}")
    assert wrong == []


def test_every_room_is_drawn() -> None:
    drawn = {_room(path) for path in PACKAGE.rglob("*.py")}
    assert drawn <= set(MAY_IMPORT)


def test_a_scan_without_charts_loads_nothing_that_renders(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", encoding="utf-8")
    code = (
        "import sys; from click.testing import CliRunner; from k8slblint.cli import cli\n"
        f"result = CliRunner().invoke(cli, ['scan', {str(tmp_path)!r}, '--no-config'])\n"
        "assert result.exit_code == 0, result.output\n"
        "print(sorted(name for name in sys.modules if name.startswith(('k8slblint.rendering.', 'helm_python'))))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.strip() == "['k8slblint.rendering.tree', 'k8slblint.rendering.worth']"
