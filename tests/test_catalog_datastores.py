"""What tells a database, a cache, a queue: images whatever their registry, ports that belong to one product, names of ports."""

import json
from itertools import combinations

import pytest

from k8slblint import schema
from k8slblint.catalog.datastores import _datastores, datastore_of_images, datastore_of_port, datastore_of_port_name
from k8slblint.shipped import read_json, schemas_folder


def test_the_file_fits_its_schema():
    shape = json.loads((schemas_folder() / "catalog-datastores.schema.json").read_text(encoding="utf-8"))
    assert list(schema.errors(read_json("catalogs", "datastores.json"), shape)) == []


def test_no_port_and_no_name_tells_two_products():
    for one, other in combinations(_datastores(), 2):
        assert not one.telling_ports & other.telling_ports
        assert not one.port_names & other.port_names


def test_what_tells_a_product_is_one_of_its_ports():
    assert all(known.telling_ports <= known.ports for known in _datastores())


@pytest.mark.parametrize(
    ("image", "product"),
    [
        ("postgres", "PostgreSQL"),
        ("docker.io/library/postgres:17-alpine", "PostgreSQL"),
        ("ghcr.io/cloudnative-pg/postgresql:17", "PostgreSQL"),
        ("registry.example.com:5000/mirror/bitnami/postgresql@sha256:00", "PostgreSQL"),
        ("mysql/mysql-server:8.0", "MySQL or MariaDB"),
        ("redis:7", "Redis or Valkey"),
        ("docker.elastic.co/elasticsearch/elasticsearch:9.0.0", "Elasticsearch or OpenSearch"),
        ("quay.io/coreos/etcd:v3.6.0", "etcd"),
        ("docker:28-dind", "the Docker daemon"),
        ("prometheuscommunity/postgres-exporter", None),
        ("oliver006/redis_exporter", None),
        ("example.com/myredis:1", None),
        ("example.com/team/redis-commander", None),
        ("", None),
    ],
)
def test_images(image, product):
    found = datastore_of_images([image])
    assert (found.name if found else None) == product


@pytest.mark.parametrize(
    ("port", "product"), [(5432, "PostgreSQL"), (6379, "Redis or Valkey"), (8080, None), (9000, None), (443, None), (8086, None)]
)
def test_ports(port, product):
    found = datastore_of_port(port)
    assert (found.name if found else None) == product


@pytest.mark.parametrize(
    ("name", "product"),
    [("postgres", "PostgreSQL"), ("tcp-mysql", "MySQL or MariaDB"), ("redis", "Redis or Valkey"), ("http", None), ("db", None)],
)
def test_port_names(name, product):
    found = datastore_of_port_name(name)
    assert (found.name if found else None) == product
