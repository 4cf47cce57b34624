"""The catalog of databases, caches, queues and consoles: well formed, unambiguous, and found by image, port and name."""

from collections import Counter

import pytest

from k8slblint.catalog.datastores import datastore_of_port, datastores, datastores_of_image, is_other
from k8slblint.catalog.images import repository_of


def test_products_images_and_typical_ports_are_of_one_row_each() -> None:
    for field in ("product", "images", "typical"):
        values = [value for store in datastores() for value in ([store.product] if field == "product" else getattr(store, field))]
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_special_ports_are_among_the_ports() -> None:
    for store in datastores():
        assert store.typical | store.http | store.grpc | store.udp <= store.ports, store.product


def test_ports_of_the_web_tell_nothing() -> None:
    for port in (80, 443, 3000, 8000, 8080, 8443, 9000, 9090):
        assert datastore_of_port(port, "TCP", ()) is None


@pytest.mark.parametrize(
    ("image", "product"),
    [
        ("postgres", "PostgreSQL"),
        ("postgres:16-alpine", "PostgreSQL"),
        ("docker.io/library/postgres:16@sha256:0123", "PostgreSQL"),
        ("public.ecr.aws/docker/library/redis:7", "Redis"),
        ("localhost:5000/redis", "Redis"),
        ("mcr.microsoft.com/mssql/server:2022-latest", "Microsoft SQL Server"),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.15.0", "Elasticsearch"),
        ("ghcr.io/cloudnative-pg/postgresql:16.4", "PostgreSQL"),
        ("registry.example.com/proxy/bitnami/mongodb:7", "MongoDB"),
        ("ghcr.io/zalando/spilo-16:3.2", None),
        ("registry.opensource.zalan.do/acid/spilo-16:3.2-p3", "PostgreSQL"),
        ("registry.k8s.io/etcd:3.5.15-0", "etcd"),
        ("example/postgres-exporter:1", None),
        ("oliver006/redis_exporter", None),
        ("shop/redis-client", None),
        ("nginx:1.27", None),
        ("tensorflow/tensorflow:2.19.0-gpu-jupyter", "Jupyter"),
        ("tensorflow/tensorflow:2.19.0-gpu", None),
        ("tensorflow/tensorflow", None),
        ("quay.io/jupyter/scipy-notebook:2025-10-01", "Jupyter"),
        ("rayproject/ray-ml:2.9.0", "Ray"),
        ("quay.io/argoproj/argocd:v3.1.0", "Argo CD"),
        ("", None),
        ("{{ .Values.image }}", None),
    ],
)
def test_an_image_tells_the_product(image: str, product: str | None) -> None:
    found = next(iter(datastores_of_image(image)), None)
    assert (found.product if found else None) == product


@pytest.mark.parametrize(
    ("port", "protocol", "words", "product"),
    [
        (5432, "TCP", (), "PostgreSQL"),
        (5432, "UDP", (), None),
        (11211, "UDP", (), "memcached"),
        (11211, "SCTP", (), None),
        (3306, "TCP", ("mariadb",), "MariaDB"),
        (3306, "TCP", ("db",), "MySQL"),
        (6432, "TCP", (), None),
        (6432, "TCP", ("pgbouncer",), "PgBouncer"),
        (9090, "TCP", ("prometheus",), "Prometheus"),
        (8086, "TCP", ("web",), None),
        (10250, "TCP", ("metrics", "server"), None),
    ],
)
def test_a_port_tells_the_product_by_number_or_with_a_word(port: int, protocol: str, words: tuple[str, ...], product: str | None) -> None:
    found = datastore_of_port(port, protocol, words)
    assert (found.product if found else None) == product


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("a/b:1", "a/b"),
        ("reg.example.com:5000/a/b:1@sha256:00", "a/b"),
        (" library/redis ", "redis"),
        ("localhost/x", "x"),
    ],
)
def test_a_repository_is_without_registry_tag_and_digest(image: str, repository: str) -> None:
    assert repository_of(image) == repository


@pytest.mark.parametrize(
    ("port", "spoken", "product"), [(8500, "grpc", None), (8500, "http", "Consul"), (2379, "grpc", "etcd"), (5432, "http", None)]
)
def test_a_number_tells_nothing_where_something_else_is_spoken(port: int, spoken: str, product: str | None) -> None:
    found = datastore_of_port(port, "TCP", (), spoken)
    assert (found.product if found else None) == product


def test_what_is_no_datastore_is_known_by_image_and_port() -> None:
    assert is_other("tensorflow/serving:2.19.0", 8500)
    assert not is_other("tensorflow/serving:2.19.0", 5432)
    assert not is_other("example/serving:1", 8500)
