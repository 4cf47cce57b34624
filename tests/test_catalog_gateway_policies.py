"""The catalog of policies and filters: consistent with itself, with the controllers, and with the rules that read it."""

import pytest

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.gateway_policies import GatewayPolicy, filter_kinds, gateway_policies, kinds_read, named_kinds, plugin_kinds
from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.reads import INGRESS_KINDS, declared
from k8slblint.rulebook import read_rule


def _kinds(rule: str) -> set[str]:
    return set(read_rule(rule).kinds)


def test_controllers_are_those_of_the_list() -> None:
    named = {policy.controller for policy in gateway_policies().values()} | {plugin.controller for plugin in plugin_kinds().values()}
    assert named | {one.controller for one in filter_kinds().values()} <= set(controllers())


def test_no_kind_is_written_twice_and_all_are_read() -> None:
    known = {*gateway_policies(), *filter_kinds(), *plugin_kinds()}
    assert known <= kinds_read()
    assert all(kind in declared() for kind in kinds_read())


@pytest.mark.parametrize("policy", gateway_policies().values(), ids=lambda policy: policy.type_name)
class TestEachPolicy:
    def test_levels_need_several_kinds_of_targets_or_parts_of_one(self, policy: GatewayPolicy) -> None:
        kinds = {target.means for target in policy.targets}
        if policy.more_specific in ("replaces", "merges"):
            assert len(kinds) > 1 or any(target.has_sections for target in policy.targets)

    def test_targets_are_named_by_some_field(self, policy: GatewayPolicy) -> None:
        assert bool(policy.refs) == bool(policy.targets)

    def test_the_source_names_a_place(self, policy: GatewayPolicy) -> None:
        assert "/" in policy.source


def test_the_rule_about_overriding_names_every_kind_that_can_be_overridden() -> None:
    replacing = {
        name for name, policy in gateway_policies().items() if policy.more_specific in ("replaces", "parameters") or policy.parent_wins
    }
    assert _kinds("gateway-policy-overridden") == replacing | set(plugin_kinds())


def test_the_rule_about_missing_objects_names_every_kind_with_references() -> None:
    policies = {name for name, policy in gateway_policies().items() if policy.refs}
    routes = {f"{kind}.gateway.networking.k8s.io" for row in filter_kinds().values() for kind in row.routes}
    holders = {kind for known in named_kinds().values() for kind in known.routes} - {"Ingress"}
    vendors = {name for name, known in vendor_routes().items() if any(part.missing is not None for part in known.parts)}
    assert _kinds("route-filter-missing") == policies | routes | holders | {*INGRESS_KINDS} | vendors


def test_the_rule_about_conflicts_names_every_kind_of_which_one_is_not_accepted() -> None:
    policies = {known.type_name for known in gateway_policies().values() if known.conflicted is not None}
    assert _kinds("gateway-policy-conflict") == policies | {"BackendTLSPolicy.gateway.networking.k8s.io"}
