"""What is meant by an object beside a file that could not be read: no object of another folder stands in for it."""

import pytest

from tests.linting import findings

PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web, args: ["--port=8080"], ports: [{containerPort: 8080}]}]}
---
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 8888, targetPort: 8888}]
---
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules: [{host: web.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
"""
UNREAD = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n{% if a %}\nspec: {ports: [{port: 80}]}\n{% endif %}\n---\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"one/web.yaml": PODS, "two/web.yaml": SERVICE}, 1),
        ({"one/web.yaml": PODS, "two/web.yaml": UNREAD + SERVICE}, 0),
        ({"one/web.yaml": PODS, "two/web.yaml": SERVICE, "two/more.yaml": UNREAD}, 0),
        ({"one/web.yaml": PODS, "two/web.yaml": PODS.replace("--port=8080", "{{ port }}") + SERVICE}, 0),
        ({"two/pods.yaml": PODS, "two/web.yaml": SERVICE, "two/more.yaml": UNREAD}, 1),
        ({"one/web.yaml": PODS, "two/web.yaml": SERVICE, "three/more.yaml": UNREAD}, 1),
    ],
)
def test_pods_of_another_folder(files: dict[str, str], expected: int) -> None:
    assert len(findings(files, "service-port-unresolved")) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"one/web.yaml": SERVICE, "two/web.yaml": INGRESS}, 1),
        ({"one/web.yaml": SERVICE, "two/web.yaml": INGRESS, "two/more.yaml": UNREAD}, 0),
        ({"two/one.yaml": SERVICE, "two/web.yaml": INGRESS, "two/more.yaml": UNREAD}, 1),
    ],
)
def test_a_service_of_another_folder(files: dict[str, str], expected: int) -> None:
    assert len(findings(files, "ingress-backend-missing")) == expected
