"""The exposure of a load balancer without annotations: the settings of the controller's installation, otherwise its default."""

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.rule import least
from k8slblint.traffic.exposure.verdict import Exposure, by_default, of_text
from k8slblint.traffic.ownership.stated_settings import stated_setting


def default_of(controller: str, default: catalog.DefaultExposure, reason: str, cluster: str, graph: ResourceGraph) -> Exposure:
    """Return what a controller of a cluster makes where nothing is said.

    `reason` is that of the `default` of the catalog. An internal one that a setting of the controller could change is not certain: the
    controller may be installed from elsewhere.
    """
    stated = stated_setting(controller, "default-exposure", cluster, graph)
    if isinstance(stated, Found):
        return of_text("internal" if stated.value.value == "internal" else "internet", stated.value.reason)
    if isinstance(stated, Unknown):
        return Exposure("unknown", "low", (stated.reason,))
    found = by_default(default, reason)
    may_differ = found.reach == "internal" and catalog.has_setting(controller, "default-exposure")
    return found._replace(confidence=least(found.confidence, "medium")) if may_differ else found
