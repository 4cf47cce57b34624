"""Kinds of Cilium about traffic: pools, BGP and announcements are held against what its definitions take, release by release."""

import pytest

from tests import linting


def refused(text: str) -> list[tuple[int, str, str]]:
    """The lines, headlines and labels of what the API server refuses or drops."""
    return [(one.location.span.line, one.headline, one.label) for one in linting.findings(text, "invalid-resource")]


def bgp(extra: str, version: str = "v2") -> str:
    return f"""\
apiVersion: cilium.io/{version}
kind: CiliumBGPClusterConfig
metadata: {{name: rack}}
spec:
  bgpInstances:
  - name: edge
    localASN: 64600
{extra}
    peers: [{{name: tor, peerASN: 64500, peerAddress: 10.1.0.1, peerConfigRef: {{name: tor}}}}]
"""


def pool(extra: str, version: str = "v2alpha1") -> str:
    return f"apiVersion: cilium.io/{version}\nkind: CiliumLoadBalancerIPPool\nmetadata: {{name: lab}}\n{extra}"


def test_a_field_that_a_bgp_instance_does_not_have_is_dropped():
    assert refused(bgp("    advertisements: [{advertisementRef: {name: all}}]")) == [
        (8, "CiliumBGPClusterConfig rack has unknown field `bgpInstances[0].advertisements`", "not a known field")
    ]


@pytest.mark.parametrize("version", ["v2", "v2alpha1"])
def test_a_sound_bgp_configuration_is_silent(version: str):
    assert refused(bgp("    localPort: 1179", version)) == []


def test_a_selector_beside_the_spec_of_a_pool_is_misplaced():
    text = pool("spec: {blocks: [{cidr: 10.7.0.0/24}]}\nserviceSelector: {matchLabels: {pool: lab}}\n")
    ((line, headline, label),) = refused(text)
    assert (line, headline) == (5, "CiliumLoadBalancerIPPool lab has misplaced field `serviceSelector`")
    assert label == "belongs in spec"


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ("{blocks: [{start: 10.7.0.10, stop: 10.7.0.20}], serviceSelector: {matchLabels: {pool: lab}}}", "v2"),
        ("{cidrs: [{cidr: 10.7.0.0/24}]}", "v2alpha1"),
        ("{disabled: true, allowFirstLastIPs: 'No', blocks: [{cidr: 'fd00::/112'}]}", "v2alpha1"),
        ("{blocks: [{cidr: '${POOL}'}]}", "v2"),
    ],
)
def test_a_pool_takes_what_any_release_takes(spec: str, version: str):
    """`cidrs` is of releases before 1.16 only."""
    assert refused(pool(f"spec: {spec}\n", version)) == []


def test_an_announcement_is_asked_for_in_a_version_that_serves_it():
    text = "apiVersion: cilium.io/v2\nkind: CiliumL2AnnouncementPolicy\nmetadata: {name: lan}\nspec: {externalIPs: true}\n"
    assert refused(text) == [
        (1, "CiliumL2AnnouncementPolicy lan is of a kind that cilium.io/v2 does not have", "did you mean cilium.io/v2alpha1?")
    ]


@pytest.mark.parametrize("kind", ["CiliumNetworkPolicy", "CiliumEnvoyConfig", "CiliumBGPPeeringPolicy", "CiliumFuture"])
def test_other_kinds_of_cilium_are_not_judged(kind: str):
    assert refused(f"apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{anything: 1}}\n") == []
