"""A Service without Pods in a file of Services whose Pods are in other files."""

import pytest

from tests.linting import findings

_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: shop}\nspec:\n  selector: {app: %s}\n  ports: [{port: 80}]\n"
_WORKLOAD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: shop}\nspec:\n  selector: {matchLabels: {app: %s}}\n"
    "  template:\n    metadata: {labels: {app: %s}}\n    spec: {containers: [{name: a, image: example.com/a}]}\n"
)
_NAMES = ("cart", "mail", "search", "stock", "users", "wishes")


@pytest.mark.parametrize(("count", "lost", "shown"), [(6, 1, 1), (4, 1, 0), (6, 2, 0)])
def test_nearly_all_others_have_theirs(count: int, lost: int, shown: int) -> None:
    services = [*_NAMES[:count], *(f"gone{number}" for number in range(lost))]
    files = {
        "k8s/services.yaml": "---\n".join(_SERVICE % (name, name) for name in services),
        "k8s/deployments.yaml": "---\n".join(_WORKLOAD % (name, name, name) for name in _NAMES[:count]),
    }
    assert [one.confidence for one in findings(files, "service-selects-no-pods")] == ["medium"] * shown
