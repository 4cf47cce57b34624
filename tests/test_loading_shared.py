"""Files that several processes read yield what one process reads, whatever becomes of the others."""

import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial

import pytest

from k8slblint import documents
from k8slblint.budget import Budget, Limits
from k8slblint.documents.composing import compose
from k8slblint.loading import forking, parts, resources
from k8slblint.loading.resources import load
from k8slblint.model.loaded import Loaded, SourceFile
from k8slblint.model.node import Node
from k8slblint.model.resource import HELM_VALUES
from tests.copies import counted

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: LoadBalancer\n  ports: [{port: 80}]\n"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: webs.example.org
spec:
  group: example.org
  names:
    kind: Web
    plural: webs
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size:
                type: integer
"""
WEB = "apiVersion: example.org/v1\nkind: Web\nmetadata:\n  name: a\nspec:\n  size: {}\n"
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
spec:
  chart:
    spec:
      chart: traefik
  values:
    service:
      type: LoadBalancer
      annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internal}
"""
TEXTS = {
    "pod.yaml": POD,
    "services.yaml": f"{SERVICE}---\n{SERVICE.replace('web', 'api')}---\n{POD}",
    "list.yaml": f"apiVersion: v1\nitems:\n- {SERVICE.replace(chr(10), chr(10) + '  ').rstrip()}\nkind: List\n",
    "list.json": json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "j"}}]}
    ),
    "one.json": json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "k"}}),
    "release.yaml": RELEASE,
    "values.yaml": "service:\n  type: LoadBalancer\n  loadBalancerIP: 10.0.0.1\n",
    "broken.yaml": f"{SERVICE}  - x\n",
    "twice.yaml": f"{POD}kind: Pod\n",
    "template.yaml": f"{SERVICE}{{{{- if .Values.a }}}}\n{{{{- end }}}}\n",
    "text.yaml": "just: text\n",
    "number.yaml": SERVICE.replace("Service", "1"),
    "alias.yaml": "apiVersion: v1\nkind: Service\nmetadata: &m {name: &n a, labels: {a: *n}}\nspec: {selector: *m}\n",
    "definition.yaml": DEFINITION,
    "web.yaml": f"{WEB.format(1)}---\n{WEB.format('x')}",
    "map.yaml": POD.replace("Pod", "ConfigMap"),
    "binary.yaml": "\0",
    "deep.yaml": f"{SERVICE}status: {'[' * 900}{']' * 900}\n",
    "k3s.yaml": "disable: [servicelb]\ncluster-cidr: 10.42.0.0/16\n",
    "machine.yaml": "machine:\n  network:\n    hostname: one\n",
}
WANTED = frozenset({"Service", "HelmRelease.helm.toolkit.fluxcd.io", HELM_VALUES})


def files(copies: int = 1) -> list[SourceFile]:
    return [SourceFile(f"{number}/{name}", text.encode, f"{number}/{name}") for number in range(copies) for name, text in TEXTS.items()]


def everything(loaded: Loaded) -> list[object]:
    """All that comes of files, places included."""
    completeness = {name: getattr(loaded.completeness, name) for name in loaded.completeness.__slots__}
    found = [(str(one.id), one.path, one.source.text, list(nodes(one.root))) for one in (*loaded.resources, *loaded.refused)]
    problems = [one._replace(source=None) for one in loaded.problems]
    definitions = [(one.path, one.text) for one in loaded.definitions]
    hosts = [(one.form, one.path, one.root.value) for one in loaded.beside.hosts()]
    paths = [list(loaded.files), loaded.unopened, loaded.kinds, hosts]
    return [found, problems, loaded.gaps, completeness, paths, list(loaded.declared), definitions]


def nodes(node: Node) -> Iterator[object]:
    pending = [node]
    while pending:
        one = pending.pop()
        yield repr(one.value) if not isinstance(one.value, dict | list) else len(one.value), one.span, one.style, one.aliased
        pending += [*one.items, *(part for pair in one.members.values() for part in pair)]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Three processes, which share parts of four files; the list is the processes that were started."""
    monkeypatch.setattr(resources, "FEWEST_SHARED", 1)
    monkeypatch.setattr(parts, "_FILES", 4)
    monkeypatch.setattr(parts, "may_share", lambda: True)
    yield from counted(monkeypatch)


def alone(monkeypatch: pytest.MonkeyPatch, copies: int, budget: Budget | None = None) -> list[object]:
    with monkeypatch.context() as patch:
        patch.setattr(parts, "may_share", lambda: False)
        return everything(load(files(copies), wanted=WANTED, versions=("1.33",), budget=budget))


def test_several_processes_read_what_one_reads(monkeypatch: pytest.MonkeyPatch, processes: list[int]) -> None:
    expected = alone(monkeypatch, 5)
    assert not processes
    assert everything(load(files(5), wanted=WANTED, versions=("1.33",))) == expected
    assert len(processes) == 2
    with monkeypatch.context() as patch:
        patch.setattr(resources, "FEWEST_SHARED", 10_000)
        assert everything(load(files(5), wanted=WANTED, versions=("1.33",))) == expected


@pytest.mark.parametrize("end", ["killed", "memory", "fault"])
def test_a_process_that_ends_early_loses_nothing(monkeypatch: pytest.MonkeyPatch, processes: list[int], end: str) -> None:
    expected = alone(monkeypatch, 5)
    parent, deliver = os.getpid(), forking.deliver

    def ends(*given: object) -> None:
        assert os.getpid() != parent
        deliver(*given)  # type: ignore[arg-type]
        if end == "killed":
            given[0].write(b"half of")  # type: ignore[attr-defined]
            given[0].flush()  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGKILL)
        raise MemoryError if end == "memory" else ZeroDivisionError

    monkeypatch.setattr(forking, "deliver", ends)
    assert everything(load(files(5), wanted=WANTED, versions=("1.33",))) == expected
    assert len(processes) == 2


def test_files_are_not_read_again_to_find_machines(processes: list[int]) -> None:
    several = files(5)
    read: list[str] = []

    def counted(file: SourceFile) -> bytes:
        read.append(file.path)
        return file.read()

    loaded = load([one._replace(read=partial(counted, one)) for one in several], wanted=WANTED)
    assert processes
    read.clear()
    found = {one.path for one in loaded.beside.hosts()}
    assert found == {one.path for one in several if one.path.endswith(("/k3s.yaml", "/machine.yaml"))}
    assert len(read) <= 3 * len(found), "others were read again"


def test_without_further_processes_one_reads_all(monkeypatch: pytest.MonkeyPatch, processes: list[int]) -> None:
    expected = alone(monkeypatch, 5)

    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    assert everything(load(files(5), wanted=WANTED, versions=("1.33",))) == expected
    assert not processes


def test_what_is_too_much_for_the_budget_is_left_out_as_ever(monkeypatch: pytest.MonkeyPatch, processes: list[int]) -> None:
    for limits in (Limits(objects=30), Limits(bytes_read=9_000)):
        expected = alone(monkeypatch, 5, Budget(limits))
        budget = Budget(limits)
        assert everything(load(files(5), wanted=WANTED, versions=("1.33",), budget=budget)) == expected
        assert budget.spent is not None
    assert processes


def test_a_process_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "processors", lambda: 2)
    parent = os.getpid()

    def make(number: int) -> int:
        if os.getpid() != parent:
            time.sleep(600)
        time.sleep(0.05)
        return number

    found = list(forking.shared(4, make, lambda: 0.0))
    assert sum(one is None for one in found) <= 1
    assert [one for one in found if one is not None] == [number for number, one in enumerate(found) if one is not None]


def test_parts_come_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "processors", lambda: 2)
    made = forking.shared(50, lambda number: None if number == 7 else (number, "x" * number * 1000), lambda: 9.0)
    assert [one and one[0] for one in made] == [None if number == 7 else number for number in range(50)]


def test_files_fit_into_the_queue() -> None:
    for count in (1, 200, 201, 5_000, 1_000_000):
        cut = parts.ranges(count)
        assert len(cut) <= forking.MOST_PARTS
        assert [one.start for one in cut] == [0, *(one.stop for one in cut[:-1])]
        assert cut[-1].stop == count


@pytest.mark.parametrize("name", sorted(set(TEXTS) - {"broken.yaml", "binary.yaml", "deep.yaml", "template.yaml"}))
def test_a_document_is_handed_over_without_its_places(name: str) -> None:
    for chunk in documents.split(TEXTS[name]):
        for is_asked_before in (False, True):
            root = documents.parse(chunk).root
            root.keep_in(TEXTS[name])
            found = list(nodes(root)) if is_asked_before else []
            handed = pickle.loads(pickle.dumps(root))  # noqa: S301 - our own
            assert repr(handed.value) == repr(root.value)
            assert list(nodes(handed)) == (found or list(nodes(root)))
            if not chunk.is_json:
                assert list(nodes(handed)) == list(nodes(compose(chunk).root))
