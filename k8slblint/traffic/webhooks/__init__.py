"""Which Ingresses the validating webhooks of their controllers refuse, where the manifests show that the webhook is there."""

from k8slblint.traffic.webhooks.refusals import WebhookRefusal, webhook_refusals

__all__ = ["WebhookRefusal", "webhook_refusals"]
