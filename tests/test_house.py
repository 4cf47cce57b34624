"""The house: imports point down only, no files go in a circle, third parties stay in their rooms, late imports have reasons."""

import ast
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from k8slblint.rendering.registered import KINDS

PACKAGE = Path(__file__).parent.parent / "k8slblint"

MAY_IMPORT = {
    "model": set(),
    "shipped": set(),
    "fingerprint": set(),
    "addresses": set(),
    "budget": set(),
    "documents": {"model"},
    "schema": {"model"},
    "catalog": {"model", "shipped"},
    "processes": set(),
    "loading": {"budget", "catalog", "documents", "processes", "schema", "shipped", "model"},
    "rendering": {"budget", "documents", "loading", "model", "processes", "shipped", ""},
    "admission": {"addresses", "model", "schema", "shipped"},
    "graph": {"catalog", "model"},
    "traffic": {"addresses", "admission", "catalog", "graph", "model"},
    "checks": {"addresses", "admission", "catalog", "graph", "model", "traffic"},
    "rulebook": {"checks", "documents", "graph", "model", "schema", "shipped"},
    "explain": {"model", "rulebook"},
    "config": {"addresses", "catalog", "documents", "loading", "model", "rulebook", "schema", "shipped"},
    "suppression": {"config", "documents", "model"},
    "grading": {"model"},
    "baseline": {"loading", "model", "suppression"},
    "novelty": {"graph", "model"},
    "sparing": {"model", "rendering"},
    "sharing": {"budget", "grading", "graph", "loading", "model"},
    "variants": {"model"},
    "comparing": {"grading", "graph", "model", "novelty", "reading", "suppression", "weakening"},
    "switches": {"config", "model", "rulebook"},
    "weakening": {"baseline", "config", "model", "rulebook", "switches"},
    "rendered": {"budget", "config", "loading", "model", "processes", "rendering"},
    "reading": {"budget", "config", "documents", "graph", "loading", "model", "rendered", "rendering"},
    "running": {
        "admission",
        "baseline",
        "budget",
        "config",
        "fingerprint",
        "grading",
        "graph",
        "loading",
        "model",
        "comparing",
        "reading",
        "rulebook",
        "sharing",
        "sparing",
        "variants",
        "suppression",
        "weakening",
        "",
    },
    "engine": {"config", "model", "reading", "running", "switches"},
    "reporting": {"model", ""},
    "views": {"addresses", "graph", "model", "reporting", "traffic"},
    "commands": {
        "baseline",
        "budget",
        "config",
        "engine",
        "explain",
        "graph",
        "importing",
        "loading",
        "model",
        "processes",
        "rendered",
        "rendering",
        "reporting",
        "rulebook",
        "switches",
        "views",
        "weakening",
        "",
    },
    "__main__": {"commands"},
    "importing": set(),
    "": set(),
}
"""What each room may import of the others; `""` is the package itself (its version)."""

LATE_IMPORTS = {
    "a command loads only what it runs": {
        "commands.cli -> explain, rulebook, commands.accepting, commands.charts, commands.diff, commands.migrating, commands.views",
        "commands.calling -> commands.cli",
        "commands.progress -> reporting.excerpt",
        "commands.reports -> reporting.rebase, reporting.statistics, reporting.summary, rulebook",
        "commands.revisions -> loading.git",
        "commands.scan -> commands.charts, views.difference",
        "commands.scan_or_skip -> commands.scan, commands.touching, loading.git_command",
        "commands.terminals -> reporting.excerpt",
        "commands.touching -> loading.git",
        "commands.usage -> reporting.excerpt, rulebook",
        "commands.views -> views.addresses, views.chart_values, views.exposure, views.metallb_objects, views.routes, views.scope",
        "commands.views -> views.starting_config, views.why",
        "reporting -> reporting.code_climate, reporting.concise, reporting.github, reporting.json, reporting.junit",
        "reporting -> reporting.markdown, reporting.sarif, reporting.text",
    },
    "what is imported quickly is imported after that is arranged": {
        "commands.entry -> commands.calling",
    },
    "few runs have a baseline": {
        "commands.invocation -> baseline",
        "running -> baseline",
    },
    "only runs that compare need it": {
        "commands.standards -> commands.earlier, weakening",
        "comparing -> weakening",
        "graph.graph -> graph.revisions",
        "running -> comparing",
    },
    "a run without a configuration reads no YAML of ours, nor holds it against a schema": {
        "config -> addresses, catalog.platforms, documents, rulebook, schema",
        "rulebook -> documents, schema",
    },
    "an object without a fault needs no reading of rules": {
        "admission.custom_resources.structural -> admission.custom_resources.cel, admission.custom_resources.cel_syntax",
    },
    "few Services have what depends on a release": {
        "checks.load_balancer_annotation_deprecated -> traffic.ownership.controller_releases",
        "checks.load_balancer_ip_deprecated -> traffic.ownership.controller_releases",
    },
    "addresses by name belong to Ingresses": {
        "checks.load_balancer_settings_conflict -> traffic.annotations.shared_addresses",
    },
    "few runs ask what charts bring that are not there, or which Pods elect a leader": {
        "loading.value_holders -> catalog.charts",
        "traffic.addresses.unread_pools -> catalog.charts",
        "traffic.ownership.classes -> traffic.ownership.chart_classes",
        "traffic.ownership.ingresses -> traffic.ownership.chart_classes",
        "traffic.workloads.selection -> traffic.workloads.elections",
    },
    "few trees have such files": {
        "admission.objects -> admission.chart_values, admission.pod_values",
        "checks.external_name_is_address -> graph.relations.backends, traffic.backends.services",
        "checks.ingress_annotation_unknown -> traffic.backends.actions, traffic.ingress_annotations.keys",
        "checks.load_balancer_quota_exceeded -> traffic.ingress_annotations.alb_rules",
        "documents.parsing -> documents.json_values",
        "documents.splitting -> documents.json_values",
        "loading.kustomized -> loading.hosts.reading, loading.kustomize_scalars, loading.patches",
        "documents.ordinary -> documents.plain_places",
        "loading.passed_over -> loading.broken_text, loading.filled_in, loading.yaml_wording",
        "loading.resources -> loading.broken_text, loading.held_objects, loading.helm_values, loading.yaml_wording",
        "loading.plain_text -> loading.filled_in",
        "loading.unread -> loading.helm_values",
        "loading.tracked -> loading.git_command",
        "reading -> loading.opening, loading.scripts",
        "rendering.helm.offered -> loading.public_charts",
        "rendering.helm.release -> rendering.helm.absent_charts",
        "rendering.kustomize.root -> rendering.kustomize.absent_charts, rendering.kustomize.patched_elsewhere",
        "traffic.access.source_ranges -> traffic.annotations.relations",
        "traffic.exposure.entry_points -> traffic.exposure.streams",
    },
    "what is read anew each time is not remembered": {
        "loading.resources -> loading.remembered_texts, loading.remembered_views",
        "reading -> rendering.remembering",
    },
    "a file that was named is read for itself": {
        "reading -> loading.releases, loading.superseded, loading.titles, loading.twins",
    },
    "few trees are large enough for several processes": {
        "loading.resources -> loading.parts",
        "running -> sharing",
    },
    "few load balancers face the internet, and few Services open node ports on purpose": {
        "checks.node_port_in_production -> catalog.open_services",
        "checks.public_load_balancer_unrestricted -> catalog.open_services",
    },
    "few trees have routes and policies of Gateway API": {
        "checks.route_filter_missing -> traffic.policies.missing, traffic.policies.named, traffic.policies.settings",
        "traffic.exposure.entry_points -> traffic.attachment.attachments",
        "traffic.gateways.dns_keys -> traffic.attachment.parents",
        "traffic.policies.clients -> traffic.policies.restrictions",
    },
    "a tree without charts and overlays loads nothing that renders": {
        "running -> admission.chart_values, loading.public_charts",
        "reading -> rendered, rendering.deploying",
        "rendering.deploying -> rendering.printed_values",
        "rendering.elsewhere -> rendering.brought_charts, rendering.kustomize.patched_elsewhere",
        "rendering.gitops.argo -> rendering.gitops.application_sets",
        "rendering.gitops.deployments -> rendering.gitops.argo, rendering.gitops.config_maps, rendering.gitops.flux",
        "rendering.gitops.deployments -> rendering.gitops.helm_operator, rendering.gitops.k3s, rendering.gitops.placements",
        "rendering.gitops.deployments -> rendering.gitops.repositories",
        "rendering.helm.request -> loading.kubernetes_schemas",
        "rendering.planning -> rendering.gitops.fleet, rendering.gitops.helmfile",
        "rendering.tree -> rendering.seen",
        "sparing -> rendering.helm.guards",
    },
}
"""The imports inside of functions, by the reason for them."""

CIRCLES: set[frozenset[str]] = set()
"""Files that import each other, to be taken apart."""

MOST_LINES = 450

MOST_LINES_OF_A_FOLDER = 2500

DIVIDED = ("graph", "traffic", "admission")
"""Rooms whose folders count one by one."""

LONGER: set[str] = set()
"""Modules that are two things, to be taken apart."""

SOURCES = {"ChartRelease": "rendering.helm", "KustomizeRoot": "rendering.kustomize", "PlainFiles": "rendering.plain"}
"""What units are made of, with the only place that asks for the class; everybody else asks it the questions of `rendering.source`."""

KIND_NAMES = {"rendering.helm": "helm", "rendering.kustomize": "kustomize", "rendering.plain": "files"}
"""What their sources call their kind."""

CLASS_FIELDS = re.compile(r"""\bget\([^()]*["'](loadBalancerClass|ingressClassName|gatewayClassName)["']|\bget\(CLASS_ANNOTATION""")
"""How a class is read; only `traffic/ownership` does, and hands its answer out."""

ALSO_READ_CLASSES = {
    "admission.services.creates": "judges the field as the API server does",
    "traffic.balancers.gateway_services": "reads the class of a Service that is only described in parameters",
    "traffic.changes.load_balancers": "places the change of a class that ownership has judged",
}

THIRD_PARTIES = {
    "documents": {"ruamel", "_ruamel_yaml"},
    "rendering": {"helm_python"},
    "schema": {"jsonschema", "jsonschema_rs"},
    "commands": {"click"},
}


class _Import(NamedTuple):
    """One import of a file of ours: module names without the package."""

    source: str
    target: str
    is_late: bool


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


@cache
def _files() -> dict[str, Path]:
    return {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def _file_imports() -> tuple[_Import, ...]:
    """Every import of one of our files by another; imports for type checkers only count too."""
    return tuple(found for name, path in _files().items() for found in _imports_below(name, ast.parse(path.read_text("utf-8")), late=False))


def _imports_below(name: str, node: ast.AST, *, late: bool) -> Iterator[_Import]:
    for child in ast.iter_child_nodes(node):
        for target in _targets(child):
            if target != name:
                yield _Import(name, target, late)
        yield from _imports_below(name, child, late=late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))


def _targets(node: ast.AST) -> Iterator[str]:
    names: list[tuple[str, str]] = []
    if isinstance(node, ast.ImportFrom) and node.module:
        names = [(f"{node.module}.{alias.name}", node.module) for alias in node.names]
    elif isinstance(node, ast.Import):
        names = [(alias.name, "") for alias in node.names]
    for whole, module in names:
        own = [one.removeprefix("k8slblint").removeprefix(".") for one in (whole, module) if one.split(".")[0] == "k8slblint"]
        yield from [one for one in own if one in _files()][:1]


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


def test_no_files_import_each_other_in_a_circle() -> None:
    arrows: dict[str, set[str]] = defaultdict(set)
    for source, target, _ in _file_imports():
        arrows[source].add(target)
    below = {name: _reached(name, arrows) for name in arrows}
    circles = {frozenset(other for other in below[name] if name in below.get(other, ())) for name in below if name in below[name]}
    assert circles == CIRCLES


def _reached(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """All files that a file imports, over any number of others."""
    found: set[str] = set()
    left = [start]
    while left:
        new = arrows.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def test_late_imports_have_reasons() -> None:
    late: dict[str, set[str]] = defaultdict(set)
    for source, target, is_late in _file_imports():
        if is_late:
            late[source].add(target)
    listed: dict[str, set[str]] = defaultdict(set)
    for line in (line for lines in LATE_IMPORTS.values() for line in lines):
        source, _, targets = line.partition(" -> ")
        listed[source].update(targets.split(", "))
    assert late == listed


def test_modules_and_folders_stay_small() -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in _files().items()}
    assert {name for name, count in lines.items() if count > MOST_LINES} == LONGER
    folders: dict[str, int] = defaultdict(int)
    for name, count in lines.items():
        parts = name.split(".")
        folders[".".join(parts[:2]) if parts[0] in DIVIDED else parts[0]] += count
    small = {folder: count for folder, count in folders.items() if folder.partition(".")[0] in DIVIDED}
    assert [folder for folder, count in small.items() if count > MOST_LINES_OF_A_FOLDER] == []


def test_only_ownership_reads_classes() -> None:
    readers = {name for name, path in _files().items() if CLASS_FIELDS.search(path.read_text(encoding="utf-8"))}
    assert {name for name in readers if not name.startswith("traffic.ownership")} == set(ALSO_READ_CLASSES)


def test_nobody_asks_which_kind_of_source_a_unit_has() -> None:
    asked = [(name, source) for name, path in _files().items() for source in _classes_asked_for(ast.parse(path.read_text("utf-8")))]
    assert [(name, source) for name, source in asked if source in SOURCES and not name.startswith(SOURCES[source])] == []


def test_every_kind_of_source_has_its_name_in_reports() -> None:
    schema = json.loads((PACKAGE.parent / "schemas" / "report.schema.json").read_text("utf-8"))
    names = [kind.name for kind in KINDS]
    assert sorted(names) == sorted(KIND_NAMES.values())
    assert sorted(names) == sorted(_enum_of(schema, "renderer"))


def _enum_of(schema: object, name: str) -> list[str]:
    """The values of the one member of this name in a schema."""
    if isinstance(schema, dict) and "enum" in (found := schema.get(name, {})):
        return list(found["enum"])
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    return next((found for one in inner if (found := _enum_of(one, name))), [])


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(source, ChartRelease)",
        "isinstance(source, (str, release.ChartRelease))",
        "isinstance(source, KustomizeRoot | ChartRelease)",
        "type(source) is ChartRelease",
        "match source:\n    case ChartRelease(chart=folder): pass",
        'source.kind == "helm"',
    ],
)
def test_asking_for_the_class_of_a_source_is_seen_in_every_form(code: str) -> None:
    assert set(_classes_asked_for(ast.parse(code))) & {"ChartRelease"}


def _classes_asked_for(tree: ast.AST) -> Iterator[str]:
    """The names of classes that a text tells values apart by."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass"):
            yield from (name for argument in node.args[1:] for name in _names(argument))
        elif isinstance(node, ast.Compare) and any(isinstance(one, ast.Call) and _names(one.func) == ["type"] for one in ast.walk(node)):
            yield from (name for one in node.comparators for name in _names(one))
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "kind":
            values = [one.value for one in node.comparators if isinstance(one, ast.Constant)]
            yield from (name for name, place in SOURCES.items() if KIND_NAMES[place] in values)
        elif isinstance(node, ast.MatchClass):
            yield from _names(node.cls)


def _names(node: ast.AST) -> list[str]:
    return [one.id if isinstance(one, ast.Name) else one.attr for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute)]


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


def test_records_are_made_by_the_model() -> None:
    """Those of the standard library cost a scan a sixth of its start; few rooms below the model, or loaded only to render, have them."""
    pattern = re.compile(r"^from typing import .*\bNamedTuple\b", re.MULTILINE)
    found = {name for name, path in _files().items() if pattern.search(path.read_text(encoding="utf-8"))}
    assert {name for name in found if name.split(".")[0] not in ("addresses", "budget", "processes", "rendering")} == set()


def test_expressions_of_modules_are_compiled_when_they_are_used() -> None:
    """See `model.patterns`; every scan splits and sniffs documents, and those that render wait for others longer than that."""
    eager = re.compile(r"^\w+ = re\.compile\(", re.MULTILINE)
    found = {name for name, path in _files().items() if eager.search(path.read_text(encoding="utf-8"))}
    below = ("addresses", "budget", "documents", "fingerprint", "processes", "rendering", "suppression")
    assert {name for name in found if name.split(".")[0] not in below} == set()


def test_every_room_is_drawn() -> None:
    drawn = {_room(path) for path in PACKAGE.rglob("*.py")}
    assert drawn <= set(MAY_IMPORT)


def test_a_scan_without_charts_loads_nothing_that_renders(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", encoding="utf-8")
    code = (
        "import sys; from click.testing import CliRunner; from k8slblint.commands.cli import cli\n"
        f"result = CliRunner().invoke(cli, ['scan', {str(tmp_path)!r}, '--no-config'])\n"
        "assert result.exit_code == 0, result.output\n"
        "print(sorted(name for name in sys.modules if name.startswith(('k8slblint.rendering.', 'helm_python'))))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.strip() == "['k8slblint.rendering.tree', 'k8slblint.rendering.worth']"
