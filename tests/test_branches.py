"""Lines in one part of a large kustomization are proven without the other parts, where nothing joins them."""

from pathlib import Path

import pytest

from k8slblint.rendering.branches import Branches, Entry
from k8slblint.rendering.engines import Engines
from k8slblint.rendering.kustomize.branches import _is_item
from k8slblint.rendering.source import Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered
from tests.test_provenance import SERVICE, scan, write

RULES = ("--no-config", "--select", "node-port-in-production")
PATCH = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: NodePort\n"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many objects each rendering for places printed, and -1 where it failed."""
    counts: list[int] = []
    render = Engines.render

    def counting(self: Engines, source: Source, tree: SourceTree) -> Outcome:
        outcome = render(self, source, tree)
        counts.append(len(outcome.documents) if isinstance(outcome, Rendered) else -1)
        return outcome

    monkeypatch.setattr(Engines, "render", counting)
    return counts


def apps(number: int, *, of_type: str = "ClusterIP") -> dict[str, str]:
    """A list of apps, each a base and what patches it; those whose number is 0 and 1 open node ports, by a patch and by the base."""
    files = {"all/kustomization.yaml": "resources:\n" + "".join(f"- ../apps/a{index}\n" for index in range(number))}
    for index in range(number):
        own = f"namespace: a{index}\nresources:\n- ../../bases/a{index}\n"
        files[f"apps/a{index}/kustomization.yaml"] = own if index else f"{own}patches: [{{path: ../../patch.yaml}}]\n"
        files[f"bases/a{index}/kustomization.yaml"] = "resources: [web.yaml]\n"
        files[f"bases/a{index}/web.yaml"] = SERVICE.format(type="NodePort" if index == 1 else of_type)
    return {**files, "patch.yaml": PATCH}


def places(top: Path) -> list[str]:
    """Return where findings are proven to be."""
    found = [one["location"] for one in scan(top, *RULES)["findings"] if one["origin"]["exact"]]
    return sorted(f"{Path(one['path']).relative_to(top).as_posix()}:{one['line']}" for one in found)


def test_what_is_rendered_for_a_place_does_not_grow_with_the_list(tmp_path: Path, printed: list[int]) -> None:
    sizes = []
    for number in (8, 16):
        write(tmp_path / str(number), apps(number))
        printed.clear()
        assert places(tmp_path / str(number)) == ["bases/a1/web.yaml:6", "patch.yaml:5"]
        sizes.append(list(printed))
    assert sizes[0] == sizes[1]
    assert max(sizes[0]) == 2, sizes


def test_lists_of_lists_are_lists(tmp_path: Path, printed: list[int]) -> None:
    files = apps(8) | {
        "top/kustomization.yaml": 'resources:\n  - "../all" # apps\n  - other.yaml\n',
        "top/other.yaml": SERVICE.format(type="ExternalName"),
    }
    write(tmp_path, files)
    assert places(tmp_path) == ["bases/a1/web.yaml:6", "patch.yaml:5"]
    assert max(printed) == 2, printed


JOINED = {
    "a prefix": "namePrefix: x-\n",
    "patches": "patches: [{path: all.yaml, target: {kind: Service, name: web, namespace: a1}}]\n",
    "replacements": "replacements: [{source: {kind: Service, name: web, namespace: a3}, targets: []}]\n",
    "variables": "vars: [{name: WEB, objref: {apiVersion: v1, kind: Service, name: web, namespace: a4}}]\n",
}


@pytest.mark.parametrize("more", JOINED.values(), ids=JOINED)
def test_where_something_joins_them_all_is_rendered(more: str, tmp_path: Path, printed: list[int]) -> None:
    files = apps(6) | {"all/all.yaml": PATCH.replace("NodePort", "NodePort # all")}
    files["all/kustomization.yaml"] += more
    write(tmp_path, files)
    assert scan(tmp_path, *RULES)["findings"]
    assert set(printed) <= {6, -1}, printed


def test_a_list_that_another_kustomization_changes_is_rendered_whole(tmp_path: Path, printed: list[int]) -> None:
    """Its patch, which names an object of another part, would have nothing to change."""
    patched = "resources:\n- ../all\npatches: [{path: p.yaml}]\n"
    files = apps(6) | {"top/kustomization.yaml": "resources:\n- ../patched\n- a.yaml\n- b.yaml\n- c.yaml\n- d.yaml\n"}
    files |= {f"top/{name}.yaml": SERVICE.format(type="ClusterIP").replace("name: web", f"name: {name}") for name in "abcd"}
    files |= {"patched/kustomization.yaml": patched, "patched/p.yaml": PATCH.replace("name: web", "name: web, namespace: a5")}
    write(tmp_path, files)
    assert places(tmp_path) == ["bases/a1/web.yaml:6", "patch.yaml:5", "patched/p.yaml:5"]
    assert set(printed) <= {6, -1}, printed


def test_a_file_that_a_list_reads_itself_keeps_all_of_the_list() -> None:
    """As its own text does, from which an object may come."""
    outer = Entry("k.yaml", 2, "- apps", frozenset({"apps", "apps/k.yaml", "apps/a", "apps/b"}), "apps/k.yaml")
    other = Entry("k.yaml", 3, "- o", frozenset({"o"}), "")
    inner = [Entry("apps/k.yaml", line, f"- {name}", frozenset({f"apps/{name}"}), "") for line, name in ((2, "a"), (3, "b"))]
    texts = {"k.yaml": "resources:\n- apps\n- o\n", "apps/k.yaml": "resources:\n- a\n- b\n"}
    branches = Branches([outer, other, *inner])
    assert branches.apart_from("apps/k.yaml") == {"o"}
    assert branches.without_others({"apps/k.yaml"}, texts.__getitem__) == {"k.yaml": "resources:\n- apps\n#\n"}
    assert branches.apart_from("apps/a") == {"o", "apps/b"}
    assert branches.without_others({"apps/a"}, texts.__getitem__) == {
        "k.yaml": "resources:\n- apps\n#\n",
        "apps/k.yaml": "resources:\n- a\n#\n",
    }
    assert branches.without_others({"apps/a", "elsewhere"}, texts.__getitem__) == {}
    assert branches.apart_from("elsewhere") == frozenset()


@pytest.mark.parametrize(
    ("line", "text", "is_item"),
    [
        ("- ./a", "./a", True),
        ('  -  "a" # b\r', "a", True),
        ("-\t'a'", "a", True),
        ("- a b", "a", False),
        ("resources: [a]", "a", False),
        ("- &x a", "a", False),
        ("-" + " " * 500_000 + "b", "a", False),
    ],
)
def test_an_entry_is_left_out_where_it_is_a_line(line: str, text: str, *, is_item: bool) -> None:
    assert _is_item(line, text) == is_item
