"""Secrets and ConfigMaps are parsed only when something refers to them by name, in files, in units and in both revisions."""

from collections.abc import Mapping

import pytest

from k8slblint import engine
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading import opening
from k8slblint.model.loaded import SourceFile
from tests.linting import source_file

TLS = "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME, namespace: shop}\ntype: kubernetes.io/tls\nstringData: {tls.crt: a}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: shop}\ndata: {ca.crt: a}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n"


def graph(files: Mapping[str, str], before: Mapping[str, str] | None = None, changed: frozenset[str] | None = None) -> ResourceGraph:
    sources = Sources(
        files=[source_file(path, text) for path, text in files.items()],
        before=None if before is None else [source_file(path, text) for path, text in before.items()],
        changed_paths=changed,
    )
    config = Config()
    with engine.read(sources, config, engine.rules_on(config)) as manifests:
        return manifests.graph


def named(text: str, name: str) -> str:
    return text.replace("NAME", name)


def test_such_objects_are_not_among_the_resources() -> None:
    linted = graph({"a.yaml": f"{SERVICE}---\n{named(TLS, 'tls')}---\n{named(MAP, 'ca')}"})
    assert [one.kind for one in linted.resources] == ["Service"]


def test_an_object_is_opened_by_its_name_alone() -> None:
    linted = graph({"a.yaml": named(TLS, "tls"), "b.yaml": f"{named(TLS, 'other')}---\n{named(MAP, 'tls')}"})
    assert [(one.kind, one.name, one.path) for one in linted.opened("Secret", frozenset({"tls"}))] == [("Secret", "tls", "a.yaml")]
    assert [one.name for one in linted.opened("ConfigMap", frozenset({"tls", "x"}))] == ["tls"]
    assert linted.opened("Secret", frozenset()) == ()


def test_a_file_without_the_name_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    linted = graph({"a.yaml": named(TLS, "tls"), "b.yaml": named(TLS, "other")})
    monkeypatch.setattr(opening, "load", lambda *_, **__: pytest.fail("a file without the name was parsed"))
    assert linted.opened("Secret", frozenset({"absent"})) == []


def test_what_is_broken_or_gone_is_left_out() -> None:
    def gone() -> bytes:
        raise OSError

    linted = graph({"a.yaml": named(TLS, "tls")})
    sources = Sources(files=[source_file("a.yaml", named(TLS, "tls"))])
    config = Config()
    with engine.read(sources, config, engine.rules_on(config)) as manifests:
        manifests.loaded.files["a.yaml"] = SourceFile("a.yaml", gone)
        assert manifests.graph.opened("Secret", frozenset({"tls"})) == []
    assert len(linted.opened("Secret", frozenset({"tls"}))) == 1


def test_a_broken_document_is_left_out() -> None:
    linted = graph({"a.yaml": f"{named(TLS, 'tls')}data: {{\n---\n{named(TLS, 'tls2')}"})
    assert [one.name for one in linted.opened("Secret", frozenset({"tls", "tls2"}))] == ["tls2"]


def test_the_whole_base_has_what_is_the_same_and_what_changed() -> None:
    same = {"same.yaml": named(TLS, "same")}
    linted = graph({**same, "b.yaml": named(TLS, "new")}, {"b.yaml": named(TLS, "old")}, frozenset({"b.yaml"}))
    names = frozenset({"same", "new", "old"})
    assert [one.name for one in linted.opened("Secret", names)] == ["same", "new"]
    assert linted.base is not None
    assert [one.name for one in linted.base.opened("Secret", names)] == ["same", "old"]
