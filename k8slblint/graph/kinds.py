"""Knows which kinds the graph reads: those with edges, those by which a platform is told, and those that make or scale Pods."""

from k8slblint.catalog import platforms
from k8slblint.catalog.pods import pod_makers
from k8slblint.graph.relations import GATEWAY, GATEWAY_CLASS, INGRESS_KINDS, ROUTE_KINDS, WORKLOAD_KINDS
from k8slblint.graph.replicas import SCALER_KINDS


class KindsInUse:
    """Tells whether documents of a kind are worth parsing; ask with `type_name in kinds` (`Kind` or `Kind.group`).

    `aside` are those that only tell something about others: nothing is rendered for their sake.
    """

    def __init__(self, *others: str) -> None:
        """Add `others`, the kinds that rules and schemas ask for, to those of the graph."""
        slices = ("EndpointSlice.discovery.k8s.io", "Endpoints")
        named = ("Service", "Node", "Namespace", *slices, "IngressClass.networking.k8s.io", GATEWAY_CLASS)
        kinds, groups = platforms.telling_kinds()
        makers = pod_makers()
        making = frozenset((*makers.by_kind, *makers.deployers, *makers.followed, *SCALER_KINDS))
        used = frozenset((*named, *WORKLOAD_KINDS, *INGRESS_KINDS, GATEWAY, *ROUTE_KINDS, *kinds, *others))
        self._kinds = _Kinds(used | making, groups | frozenset(makers.by_group))
        self.aside = _Kinds(making - used, frozenset(makers.by_group) - groups)

    def __contains__(self, type_name: object) -> bool:
        return type_name in self._kinds


class _Kinds:
    """A set of kinds, by name and by group."""

    def __init__(self, names: frozenset[str], groups: frozenset[str]) -> None:
        self._names = names
        self._groups = groups

    def __contains__(self, type_name: object) -> bool:
        return type_name in self._names or str(type_name).partition(".")[2] in self._groups
