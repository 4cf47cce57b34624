"""Where an Ingress is served to the internet by plain HTTP, and what is taken for TLS on the way."""

import pytest

from k8slblint.model.finding import Finding
from tests.linting import findings, scoped

RULE = "ingress-tls-missing"
INTERNET = "alb.ingress.kubernetes.io/scheme: internet-facing"


def ingress(
    *annotations: str,
    class_name: str = "alb",
    host: str = "shop.k8slblint.dev",
    path: str = "/",
    written: str = "",
) -> str:
    backend = "{service: {name: web, port: {number: 80}}}"
    rules = f"rules: [{{host: '{host}', http: {{paths: [{{path: {path}, pathType: Prefix, backend: {backend}}}]}}}}]"
    metadata = f"{{name: web, namespace: shop, annotations: {{{', '.join(annotations)}}}}}"
    spec = f"{{ingressClassName: {class_name}, {written}{rules}}}" if class_name else f"{{{written}{rules}}}"
    return f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {metadata}\nspec: {spec}\n---\n"


def proxy(image: str, *args: str, annotations: str = "") -> str:
    container = f"{{name: c, image: '{image}', args: [{', '.join(map(repr, args))}]}}"
    pods = f"{{metadata: {{labels: {{app: edge}}}}, spec: {{containers: [{container}]}}}}"
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: edge, namespace: edge, annotations: {{{annotations}}}}}\n"
        "spec: {type: LoadBalancer, selector: {app: edge}, ports: [{port: 80}]}\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: edge, namespace: edge}\n"
        f"spec: {{selector: {{matchLabels: {{app: edge}}}}, template: {pods}}}\n---\n"
    )


def found(*manifests: str, platform: str = "eks", environment: str = "production") -> list[Finding]:
    return findings("".join(manifests), RULE, config=scoped(platform=platform, environment=environment))


def test_an_internet_facing_load_balancer_without_tls() -> None:
    [finding] = found(ingress(INTERNET))
    assert finding.severity == "warning"
    assert found(ingress()) == []


@pytest.mark.parametrize("environment", ["development", "test", "ci", "local"])
def test_trials_are_spared(environment: str) -> None:
    assert found(ingress(INTERNET), environment=environment) == []


@pytest.mark.parametrize(
    "host",
    ["localhost", "web.local", "web.10.0.0.1.nip.io", "shop.example.com", "my.domain.com", "${HOST}", "<HOST>.k8slblint.dev", "*.internal"],
)
def test_hosts_without_public_certificates(host: str) -> None:
    assert found(ingress(INTERNET, host=host)) == []


@pytest.mark.parametrize(
    "annotation",
    [
        "alb.ingress.kubernetes.io/certificate-arn: 'arn:aws:acm:eu-west-1:1:certificate/a'",
        """alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS": 443}]'""",
        "alb.ingress.kubernetes.io/ssl-redirect: '443'",
        "external-dns.alpha.kubernetes.io/cloudflare-proxied: 'true'",
    ],
)
def test_annotations_that_end_tls(annotation: str) -> None:
    assert found(ingress(INTERNET, annotation)) == []


def test_keys_that_are_switched_off_end_none() -> None:
    nginx = proxy("registry.k8s.io/ingress-nginx/controller:v1.15.1")
    off = ingress("nginx.ingress.kubernetes.io/ssl-redirect: 'false'", class_name="nginx")
    assert len(found(nginx, off, platform="gke")) == 1
    assert found(nginx, off.replace("'false'", "'true'"), platform="gke") == []


def test_a_list_of_plain_listeners_ends_none() -> None:
    assert len(found(ingress(INTERNET, """alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}]'"""))) == 1


@pytest.mark.parametrize(
    ("annotations", "count"),
    [
        (("kubernetes.io/ingress.class: gce",), 1),
        (("kubernetes.io/ingress.class: gce-internal",), 0),
        (("kubernetes.io/ingress.class: gce", "networking.gke.io/managed-certificates: shop"), 0),
        (("kubernetes.io/ingress.class: gce", "ingress.gcp.kubernetes.io/pre-shared-cert: shop"), 0),
    ],
)
def test_certificates_of_gke(annotations: tuple[str, ...], count: int) -> None:
    assert len(found(ingress(*annotations, class_name=""), platform="gke")) == count


@pytest.mark.parametrize(
    ("manifest", "class_name", "count"),
    [
        (proxy("registry.k8s.io/ingress-nginx/controller:v1.15.1"), "nginx", 1),
        (proxy("registry.k8s.io/ingress-nginx/controller:v1.15.1", "--default-ssl-certificate=a/b"), "nginx", 0),
        (proxy("traefik:v3.7", "--entryPoints.web.address=:80"), "traefik", 1),
        (proxy("traefik:v3.7", "--entryPoints.websecure.http.tls=true"), "traefik", 0),
        (proxy("traefik:v3.7", "--entrypoints.web.http.redirections.entryPoint.to=websecure"), "traefik", 0),
        (
            proxy("registry.k8s.io/ingress-nginx/controller:v1.15.1")
            + proxy("cloudflare/cloudflared:2026.1.0").partition("---\n")[2].replace("name: edge", "name: tunnel"),
            "nginx",
            0,
        ),
    ],
)
def test_certificates_of_controllers(manifest: str, class_name: str, count: int) -> None:
    assert len(found(manifest, ingress(class_name=class_name), platform="gke")) == count


def test_solvers_of_certificates_need_plain_http() -> None:
    assert found(ingress(INTERNET, path="/.well-known/acme-challenge/x")) == []


def test_a_requested_certificate_that_no_entry_names() -> None:
    nginx = proxy("registry.k8s.io/ingress-nginx/controller:v1.15.1")
    [finding] = found(nginx, ingress("cert-manager.io/cluster-issuer: letsencrypt", class_name="nginx"), platform="gke")
    assert "requested" in finding.label
