"""Keys of MetalLB by the release that the chart or the image installs: the present prefix is read since 0.14.9."""

import pytest

from tests.linting import findings

POOL = """\
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan, namespace: metallb}
spec: {addresses: [10.0.0.1-10.0.0.20]}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: metallb, namespace: metallb}
spec:
  interval: 1h
  chart: {spec: {chart: metallb, version: VERSION, sourceRef: {kind: HelmRepository, name: metallb}}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: web, annotations: {KEY: VALUE}}
spec: {type: LoadBalancer, FIELDselector: {app: web}, ports: [{port: 80}]}
"""
VERSIONS = [("0.13.9", False), ("0.14.8", False), ("0.14.9", True), ("0.16.1", True), ("9.9.9", True)]


def _files(version: str, key: str, field: str = "") -> dict[str, str]:
    service = SERVICE.replace("KEY", key).replace("VALUE", "10.0.0.2").replace("FIELD", field)
    return {"pool.yaml": POOL, "metallb.yaml": RELEASE.replace("VERSION", version), "web.yaml": service}


@pytest.mark.parametrize(("version", "is_read"), VERSIONS)
def test_the_old_prefix_is_deprecated_where_the_release_reads_the_new_one(version: str, *, is_read: bool) -> None:
    found = findings(_files(version, "metallb.universe.tf/loadBalancerIPs"), "load-balancer-annotation-deprecated")
    assert bool(found) is is_read


@pytest.mark.parametrize(("version", "is_read"), VERSIONS)
def test_what_replaces_the_field_is_a_key_that_the_release_reads(version: str, *, is_read: bool) -> None:
    (found,) = findings(_files(version, "a", "loadBalancerIP: 10.0.0.2, "), "load-balancer-ip-deprecated")
    assert ("`metallb.io/loadBalancerIPs`" in found.help) is is_read
    assert ("`metallb.universe.tf/loadBalancerIPs`" in found.help) is not is_read
