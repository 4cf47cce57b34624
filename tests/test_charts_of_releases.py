"""Charts that clusters deploy most: what they make without settings, as releases name them, with the repositories that they are from."""

import pytest

from k8slblint.catalog.charts import charts, is_closed, names_opened_by_default, opened_by_default, part_at, parts_of

RELEASES = """
cert-manager oci://quay.io/jetstack/charts/cert-manager v1.21.1 webhook.service ClusterIP closed
metrics-server oci://ghcr.io/home-operations/charts-mirror/metrics-server 3.14.0 service ClusterIP closed
external-dns oci://ghcr.io/home-operations/charts-mirror/external-dns 1.21.1 service ClusterIP closed
external-secrets oci://ghcr.io/external-secrets/charts/external-secrets 2.9.0 webhook.service ClusterIP closed
reloader oci://ghcr.io/stakater/charts/reloader 2.2.16 reloader.service ClusterIP closed
cloudnative-pg oci://ghcr.io/cloudnative-pg/charts/cloudnative-pg 0.29.0 service ClusterIP closed
plugin-barman-cloud oci://ghcr.io/cloudnative-pg/charts/plugin-barman-cloud 0.7.1 service ClusterIP closed
snapshot-controller oci://ghcr.io/piraeusdatastore/helm-charts/snapshot-controller 5.2.0 - - closed
coredns oci://ghcr.io/coredns/charts/coredns 1.47.0 service ClusterIP closed
descheduler oci://ghcr.io/home-operations/charts-mirror/descheduler 0.36.0 service ClusterIP closed
flux-operator oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator 0.58.1 service ClusterIP closed
flux-instance oci://ghcr.io/controlplaneio-fluxcd/charts/flux-instance 0.58.1 - - closed
gha-runner-scale-set-controller oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set-controller 0.14.2 - - closed
gha-runner-scale-set oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set 0.14.2 - - closed
rook-ceph oci://ghcr.io/rook/rook-ceph v1.20.6 - - closed
rook-ceph-cluster oci://ghcr.io/rook/rook-ceph-cluster v1.20.6 - - closed
prometheus-blackbox-exporter oci://ghcr.io/prometheus-community/charts/prometheus-blackbox-exporter 11.17.2 service ClusterIP closed
prometheus-snmp-exporter oci://ghcr.io/prometheus-community/charts/prometheus-snmp-exporter 9.17.1 service ClusterIP closed
prometheus-node-exporter oci://ghcr.io/prometheus-community/charts/prometheus-node-exporter 4.56.1 service ClusterIP closed
prometheus-smartctl-exporter oci://ghcr.io/prometheus-community/charts/prometheus-smartctl-exporter 0.17.1 service ClusterIP closed
prometheus-adapter oci://ghcr.io/prometheus-community/charts/prometheus-adapter 5.3.0 service ClusterIP closed
kube-state-metrics oci://ghcr.io/prometheus-community/charts/kube-state-metrics 8.4.0 service ClusterIP closed
prometheus-operator-crds oci://ghcr.io/prometheus-community/charts/prometheus-operator-crds 31.0.1 - - closed
grafana-operator oci://ghcr.io/grafana/helm-charts/grafana-operator 5.24.0 metricsService ClusterIP closed
node-feature-discovery https://kubernetes-sigs.github.io/node-feature-discovery/charts 0.19.0 - - closed
tuppr oci://ghcr.io/home-operations/charts/tuppr 0.5.0 - - closed
konflate oci://ghcr.io/home-operations/charts/konflate 0.6.1 service ClusterIP closed
silence-operator oci://gsoci.azurecr.io/charts/giantswarm/silence-operator 0.20.1 - - closed
intel-device-plugins-operator oci://ghcr.io/home-operations/charts-mirror/intel-device-plugins-operator 0.34.1 - - closed
intel-device-plugins-gpu oci://ghcr.io/home-operations/charts-mirror/intel-device-plugins-gpu 0.34.1 - - closed
intel-gpu-resource-driver-chart oci://ghcr.io/intel/intel-resource-drivers-for-kubernetes/intel-gpu-resource-driver-chart 0.11.0 - - closed
intel-gpu-resource-driver oci://ghcr.io/intel/intel-resource-drivers-for-kubernetes 0.11.0 - - closed
dragonfly-operator oci://ghcr.io/dragonflydb/dragonfly-operator/helm/dragonfly-operator v1.6.1 service ClusterIP closed
kyverno https://kyverno.github.io/kyverno/ 3.9.0 admissionController.service ClusterIP closed
kyverno https://kyverno.github.io/kyverno/ 2.5.3 service ClusterIP closed
keda oci://ghcr.io/home-operations/charts-mirror/keda 2.20.2 service ClusterIP closed
reflector https://emberstack.github.io/helm-charts 10.0.21 - - closed
metallb https://metallb.github.io/metallb 0.16.1 - - closed
base https://istio-release.storage.googleapis.com/charts 1.23.1 - - closed
istiod https://istio-release.storage.googleapis.com/charts 1.23.1 - - closed
promtail https://grafana.github.io/helm-charts 6.17.1 service ClusterIP closed
victoria-logs-collector oci://ghcr.io/victoriametrics/helm-charts/victoria-logs-collector 0.3.7 - - closed
victoria-metrics-operator oci://ghcr.io/victoriametrics/helm-charts/victoria-metrics-operator 0.67.2 service ClusterIP closed
victoria-metrics-k8s-stack oci://ghcr.io/victoriametrics/helm-charts/victoria-metrics-k8s-stack 0.91.2 - - closed
headlamp https://kubernetes-sigs.github.io/headlamp/ 0.43.0 service ClusterIP closed
fluent-bit oci://ghcr.io/home-operations/charts-mirror/fluent-bit 0.55.0 service ClusterIP closed
kubelet-csr-approver https://postfinance.github.io/kubelet-csr-approver 1.2.14 metrics.service ClusterIP closed
nvidia-device-plugin https://nvidia.github.io/k8s-device-plugin 0.20.0 - - closed
democratic-csi https://democratic-csi.github.io/charts/ 0.15.1 - - closed
ceph-csi-drivers oci://ghcr.io/home-operations/charts-mirror/ceph-csi-drivers 1.0.4 - - closed
ceph-csi-operator https://ceph.github.io/ceph-csi-operator 1.0.4 - - closed
volsync https://backube.github.io/helm-charts/ 0.16.0 service ClusterIP closed
volsync-perfectra1n oci://ghcr.io/home-operations/charts-mirror/volsync-perfectra1n 0.18.5 service ClusterIP closed
connect oci://ghcr.io/1password/connect 2.4.1 connect.service ClusterIP closed
connect https://1password.github.io/connect-helm-charts 1.15.0 connect.service NodePort open
toolhive-operator oci://ghcr.io/stacklok/toolhive/toolhive-operator 0.44.0 - - closed
velero https://vmware-tanzu.github.io/helm-charts 12.1.0 metrics.service ClusterIP closed
goldilocks https://charts.fairwinds.com/stable 11.0.0 dashboard.service ClusterIP closed
vpa https://charts.fairwinds.com/stable 5.0.0 - - closed
k8tz https://k8tz.github.io/k8tz/ 0.20.0 service ClusterIP closed
tofu-controller oci://ghcr.io/flux-iac/charts/tofu-controller 0.16.5 - - closed
renovate-operator oci://ghcr.io/mogenius/helm-charts/renovate-operator 6.0.1 - - closed
open-webui https://helm.openwebui.com 10.1.0 service ClusterIP closed
falco oci://ghcr.io/falcosecurity/charts/falco 9.1.0 metrics.service ClusterIP closed
spegel oci://ghcr.io/spegel-org/helm-charts/spegel 0.7.4 service.registry NodePort open
gloo https://storage.googleapis.com/solo-public-helm 1.18.0 gatewayProxies.gatewayProxy.service LoadBalancer open
gitlab https://charts.gitlab.io 9.5.1 nginx-ingress.controller.service LoadBalancer open
"""


@pytest.mark.parametrize("row", RELEASES.split("\n")[1:-1])
def test_a_release_of_a_known_chart_makes_this_without_settings(row: str) -> None:
    name, repository, version, path, kind, state = row.split()
    part = part_at({"name": name, "repository": repository, "version": version}, path.split(".")) if path != "-" else None
    assert (part.default_type if part is not None else None) == (kind if kind != "-" else None)
    assert is_closed(name, repository, version) is (state == "closed")
    opened = [".".join(one.place) for one in opened_by_default(name, repository, version)]
    assert opened == ([path] if state == "open" else [])


@pytest.mark.parametrize(
    ("name", "repository", "version"),
    [
        ("external-dns", "oci://registry-1.docker.io/bitnamicharts/external-dns", "8.0.0"),  # another chart of the name
        ("external-dns", "https://charts.bitnami.com/bitnami", "8.0.0"),
        ("external-dns", "", "1.21.1"),  # it may be any
        ("connect", "https://charts.example.org", "2.4.1"),
        ("connect", "1password", ""),  # versions differ
        ("dragonfly-operator", "dragonflydb", "0.9.0"),  # before the first version that is known
        ("spegel", "spegel", "0.7.4"),
        ("ingress-nginx", "https://kubernetes.github.io/ingress-nginx", "4.13.0"),
        ("nobody-knows", "https://charts.example.org", "1.0.0"),
        ("", "", ""),
        ("*", "k8s-at-home", "1.0.0"),
    ],
)
def test_what_is_not_known_is_not_closed(name: str, repository: str, version: str) -> None:
    assert not is_closed(name, repository, version)


def test_a_copy_of_a_chart_is_told_by_its_name() -> None:
    assert is_closed("metrics-server", "oci://ghcr.io/home-operations/charts-mirror/metrics-server", "3.14.0")
    assert not is_closed("metrics-server", "oci://ghcr.io/somebody/charts/metrics-server", "3.14.0")


def test_of_a_chart_whose_repository_is_not_known_nothing_is_made() -> None:
    assert [part.place for part in opened_by_default("traefik", "traefik", "41.0.0")] == [("service",)]
    assert opened_by_default("traefik", "", "41.0.0") == ()
    assert parts_of("traefik", "", "41.0.0") != ()


def test_closed_charts_make_nothing_that_is_open() -> None:
    for row in charts():
        opened = [part for part in row.parts if part.is_made and part.default_type in ("LoadBalancer", "NodePort")]
        assert not (row.is_closed and opened), row.name
        assert not opened or row.name in names_opened_by_default()
