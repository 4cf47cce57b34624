"""When cloud-provider-aws reads the protocol of the backends without a certificate: as `http` only."""

import pytest

from tests.linting import findings, scoped

_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    service.beta.kubernetes.io/aws-load-balancer-type: %s\n"
    "    service.beta.kubernetes.io/aws-load-balancer-backend-protocol: %s\n%s"
    "spec:\n  type: LoadBalancer\n  selector: {app: web}\n  ports: [{port: 80}]\n"
)
_CERTIFICATE = "    service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn:aws:acm:eu-west-1:111122223333:certificate/a\n"


@pytest.mark.parametrize(
    ("kind", "protocol", "more", "is_found"),
    [
        ("classic", "HTTP", "", True),
        ("classic", "https", "", True),
        ("classic", "ssl", "", True),
        ("classic", "http", "", False),
        ("classic", "tcp", "", False),
        ("classic", "https", _CERTIFICATE, False),
        ("nlb", "https", "", False),
    ],
)
def test_protocol_without_a_certificate(kind: str, protocol: str, more: str, *, is_found: bool) -> None:
    config = scoped(platform="eks")
    found = findings({"web.yaml": _SERVICE % (kind, protocol, more)}, "load-balancer-annotation-ignored", config=config)
    assert any("backend-protocol" in one.headline for one in found) == is_found
