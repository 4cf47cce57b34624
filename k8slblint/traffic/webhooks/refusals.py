"""Which Ingresses a validating webhook refuses: each webhook judges the Ingresses of its own controller."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.webhooks.alb import alb_refusals
from k8slblint.traffic.webhooks.forms import WebhookRefusal
from k8slblint.traffic.webhooks.nginx import nginx_refusals

__all__ = ["WebhookRefusal", "webhook_refusals"]


def webhook_refusals(ingress: Resource, graph: ResourceGraph) -> Iterator[WebhookRefusal]:
    """Yield what the webhook of the controller that serves an Ingress refuses, where the manifests show that the webhook is there.

    GKE has none (kubernetes/ingress-gce acbcf5d6).
    """
    yield from nginx_refusals(ingress, graph)
    yield from alb_refusals(ingress, graph)
