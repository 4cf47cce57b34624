# k8slblint with git, helm and kustomize:
#   docker build -t k8slblint . && docker run --rm -v "$PWD:/repo:ro" k8slblint scan
# Base images are named by exact tag: their digests could not be looked up where this file was written. The release workflow
# records those that it used in the provenance of the image.

FROM golang:1.26.7-bookworm AS renderers
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# The versions that the tests run with (tools/check), and the hashes of their sources; Go checks those of all that they import.
ARG HELM=helm.sh/helm/v3
ARG HELM_VERSION=v3.19.0
ARG HELM_SUM=h1:krVyCGa8fa/wzTZgqw0DUiXuRT5BPdeqE/sQXujQ22k=
ARG KUSTOMIZE=sigs.k8s.io/kustomize/kustomize/v5
ARG KUSTOMIZE_VERSION=v5.8.1
ARG KUSTOMIZE_SUM=h1:Pgsg5psubpVEy7Nf6S89PARg5VmmWUC1l9dC6Dl4PG0=
RUN go mod download -json "$HELM@$HELM_VERSION" | grep --fixed-strings "\"Sum\": \"$HELM_SUM\"" \
 && go mod download -json "$KUSTOMIZE@$KUSTOMIZE_VERSION" | grep --fixed-strings "\"Sum\": \"$KUSTOMIZE_SUM\""
RUN CGO_ENABLED=0 GOBIN=/renderers go install -trimpath -ldflags=-s "$HELM/cmd/helm@$HELM_VERSION" \
 && CGO_ENABLED=0 GOBIN=/renderers go install -trimpath -ldflags=-s "$KUSTOMIZE@$KUSTOMIZE_VERSION"

# The render engine, as a wheel for this platform; its tool is written in Python.
WORKDIR /source
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 \
 && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml LICENSE NOTICE ./
COPY tools/build_render.py tools/render_wheels.py tools/
COPY native native
RUN python3 tools/build_render.py wheels --to /wheels --platform "linux-$(go env GOARCH)"

FROM python:3.13.15-slim-bookworm AS package
WORKDIR /source
COPY --from=renderers /wheels /wheels
COPY packaging/release.lock packaging/runtime.lock packaging/
RUN python -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --require-hashes --requirement packaging/release.lock \
 && python -m venv /opt/k8slblint \
 && /opt/k8slblint/bin/pip install --no-cache-dir --require-hashes --requirement packaging/runtime.lock
# The reader in C goes into the wheel of this image; it needs no more of the next stage than Python does.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY tools/build_reader.py tools/
COPY native native
COPY k8slblint k8slblint
COPY rules rules
COPY schemas schemas
COPY catalogs catalogs
RUN K8SLBLINT_NATIVE=1 /tools/bin/python -m build --wheel --no-isolation --outdir /wheels \
 && /opt/k8slblint/bin/pip install --no-cache-dir --no-deps --no-index --find-links /wheels k8slblint==0.1.0 k8slblint-render==0.1.0 \
 && /opt/k8slblint/bin/pip uninstall --yes pip

FROM python:3.13.15-slim-bookworm
# The version of git is that of the base image's distribution, whose old packages vanish from its servers.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory /repo \
 && useradd --no-log-init --uid 65532 --create-home k8slblint
COPY --from=renderers /renderers/helm /renderers/kustomize /usr/local/bin/
COPY --from=package /opt/k8slblint /opt/k8slblint
ENV PATH=/opt/k8slblint/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 K8SLBLINT_NO_CACHE=1
USER 65532:65532
WORKDIR /repo
ENTRYPOINT ["k8slblint"]
CMD ["--help"]
