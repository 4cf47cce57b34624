"""Makes what deploys: Applications and ApplicationSets of Argo CD, HelmReleases of Flux, bundles of Fleet, helmfiles."""

from collections.abc import Callable
from typing import Any

from tests.fuzzing.charts import chart_files, values
from tests.fuzzing.dice import COMMAND, Dice
from tests.fuzzing.kustomizations import flux_kustomization, kustomization
from tests.fuzzing.plain import manifest, odd_name
from tests.fuzzing.trees import Tree
from tests.fuzzing.writing import block, written

_FOLDERS = ("h/web", "h/k", "h/plain", "./h/web", "h", "h/web/../k", "h//k")
_VALUES = (
    "values.yaml",
    "../values/v.yaml",
    "/h/values/v.yaml",
    "$ref/h/values/v.yaml",
    "$other/x.yaml",
    "$/x",
    "link-git",
    "link-out/values.yaml",
)
_GO = (
    "{{.path.path}}",
    "{{ .name }}",
    "{{ index .path.segments 1 }}",
    '{{ .a | replace "a" "aaaaaaaaaaaaaaaaaaaa" | replace "a" "aaaaaaaaaaaaaaaaaaaa" | quote }}',
    "{{ .a.b.c }}",
    '{{ default "x" .y }}',
    "{{" * 50,
)
_PLAIN = ("{{path}}", "{{path.basename}}", "{{path[1]}}", "{{name}}", "{{values.a}}", "{{ name }}", "{{}}")


def _source(dice: Dice, path: Callable[[], str]) -> Any:
    fields: dict[str, Callable[[], Any]] = {
        "helm": lambda: dice.members(_helm(dice), 1, 5),
        "kustomize": lambda: dice.members(_kustomize(dice), 1, 4),
        "directory": lambda: dice.members(
            {
                "recurse": dice.scalar,
                "include": lambda: dice.pick(("*.yaml", "{a,b}*", "[a-", dice.path())),
                "exclude": lambda: dice.pick(("*", "{" * 20, dice.text())),
                "jsonnet": lambda: {"extVars": [{"name": dice.text(), "value": dice.text(), "code": True}], "libs": [dice.outside()]},
            }
        ),
        "plugin": lambda: {"name": dice.text(), "env": [{"name": "X", "value": COMMAND}], "parameters": dice.value()},
        "chart": dice.text,
        "ref": lambda: dice.pick(("ref", dice.text())),
    }
    value = {
        "repoURL": dice.pick((".", ".", "https://git.example/a/b.git", dice.url())),
        "targetRevision": dice.pick(("HEAD", *dice.some(dice.word, 1, 1))),
        **dice.members(fields, 0, 2),
    }
    return {**value, "path": path()} if dice.chance(0.9) else value


def _helm(dice: Dice) -> dict[str, Callable[[], Any]]:
    name = lambda: dice.pick(("a.b", "a[3].c", "a[65535]", "a[-1]", "a[99999999999]", "a\\.b", "a=b,c=d", "a.b.c.d" * 20, dice.text()))
    return {
        "valueFiles": lambda: dice.some(lambda: dice.path(_VALUES), 3, 1),
        "ignoreMissingValueFiles": lambda: dice.chance(0.5),
        "values": lambda: dice.pick((block(values(dice)), dice.text())),
        "valuesObject": lambda: dice.pick((values(dice), dice.value())),
        "parameters": lambda: dice.some(
            lambda: {
                "name": name(),
                "value": dice.pick((dice.text(), "$ARGOCD_APP_NAME", "${ARGOCD_APP_SOURCE_PATH}/../../..", "{" + "a," * 30 + "}")),
                "forceString": dice.chance(0.3),
            },
            3,
            1,
        ),
        "fileParameters": lambda: dice.some(lambda: {"name": name(), "path": dice.path(_VALUES)}, 2, 1),
        "releaseName": dice.text,
        "namespace": dice.text,
        "kubeVersion": dice.text,
        "apiVersions": lambda: dice.some(dice.text, 3, 1),
        "version": lambda: dice.pick(("v3", dice.text())),
        "passCredentials": lambda: True,
        "skipCrds": lambda: True,
    }


def _kustomize(dice: Dice) -> dict[str, Callable[[], Any]]:
    return {
        "namePrefix": dice.text,
        "nameSuffix": dice.text,
        "namespace": dice.text,
        "images": lambda: dice.some(lambda: dice.pick((f"a={dice.word()}", dice.text())), 2, 1),
        "commonLabels": lambda: {dice.text(): dice.text()},
        "commonAnnotations": lambda: {dice.text(): dice.pick((dice.text(), "$ARGOCD_APP_NAME"))},
        "patches": lambda: dice.some(
            lambda: dice.pick(
                (
                    {"path": dice.path()},
                    {"patch": block(manifest(dice)), "target": {"kind": "Service"}},
                    {"PATH": dice.outside()},
                    {"patch": "", "path": dice.outside()},
                )
            ),
            2,
            1,
        ),
        "components": lambda: dice.some(dice.path, 2, 1),
        "replicas": lambda: [{"name": dice.text(), "count": dice.scalar()}],
        "version": dice.text,
        "forceNamespace": dice.scalar,
        "resources": lambda: [dice.outside()],
        "configMapGenerator": lambda: [{"name": "x", "files": [dice.outside()]}],
    }


def _application_spec(dice: Dice, path: Callable[[], str]) -> dict[str, Any]:
    destination = dice.members(
        {"namespace": dice.text, "name": dice.text, "server": lambda: dice.pick(("https://kubernetes.default.svc", dice.url()))}
    )
    spec: dict[str, Any] = {"destination": destination if dice.chance(0.9) else dice.value(), "project": "default"}
    if dice.chance(0.75):
        spec["source"] = _source(dice, path)
    if dice.chance(0.3):
        spec["sources"] = [*dice.some(lambda: _source(dice, path), 3, 1), {"repoURL": ".", "ref": "ref"}]
    if dice.chance(0.05):
        spec["sourceHydrator"] = {"drySource": _source(dice, path)}
    return spec


def application(dice: Dice) -> dict[str, Any]:
    spec = _application_spec(dice, lambda: dice.path(_FOLDERS))
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": dice.name(), "namespace": dice.text()},
        "spec": spec,
    }


def _generator(dice: Dice, depth: int = 0) -> Any:
    inner = lambda: _generator(dice, depth + 1)
    element = lambda: {
        "name": dice.name(),
        "a": dice.pick(("a" * 50, dice.text())),
        "path": dice.path(_FOLDERS),
        **({dice.text(): dice.value()} if dice.chance(0.2) else {}),
    }
    pattern = lambda: dice.pick(
        ("h/*", "*/*", "h/*/*", "**", "h/**/values.yaml", "h/[a-z]*", "[", "h/{web,k}", "*" * 40, dice.path(_FOLDERS))
    )
    makers: dict[str, Callable[[], Any]] = {
        "list": lambda: {"elements": dice.some(element, 4), **({"elementsYaml": dice.text()} if dice.chance(0.1) else {})},
        "git": lambda: {
            "repoURL": dice.pick((".", dice.url())),
            **dice.members(
                {
                    "directories": lambda: [{"path": pattern(), "exclude": dice.chance(0.2)} for _ in range(2)],
                    "files": lambda: [{"path": pattern()}],
                    "pathParamPrefix": dice.text,
                    "values": lambda: {dice.text(): dice.pick(_GO + _PLAIN)},
                },
                1,
                3,
            ),
        },
        "matrix": lambda: {"generators": [inner() for _ in range(dice.pick((2, 2, 2, 3)))]},
        "merge": lambda: {"mergeKeys": [dice.pick(("name", "path", dice.text()))], "generators": dice.some(inner, 3, 2)},
        "clusters": lambda: {"selector": dice.value()},
        "scmProvider": lambda: {"github": {"api": dice.url(), "organization": dice.text()}},
        "pullRequest": lambda: {"github": {"api": dice.url()}},
        "plugin": lambda: {"configMapRef": {"name": dice.text()}, "input": dice.value()},
        "clusterDecisionResource": dice.value,
    }
    kind = dice.pick(("list", "list", "git", "git", "matrix", "merge", *makers)) if depth < 3 else dice.pick(("list", "git"))
    value = {kind: makers[kind]()}
    if dice.chance(0.15):
        value["selector"] = {
            "matchLabels": {dice.name(): dice.text()},
            "matchExpressions": [{"key": dice.text(), "operator": dice.pick(("In", "Exists", dice.text())), "values": [dice.text()]}],
        }
    if dice.chance(0.1):
        value["template"] = {"metadata": {"name": dice.pick(_GO)}, "spec": _application_spec(dice, lambda: dice.pick(_GO))}
    return value


def application_set(dice: Dice) -> dict[str, Any]:
    is_go = dice.chance(0.5)
    texts = (*(_GO if is_go else _PLAIN), "h/web", "h/{{name}}", "../{{path}}", f"h/{dice.word()}")
    template = {"metadata": {"name": dice.pick((*texts, dice.text()))}, "spec": _application_spec(dice, lambda: dice.pick(texts))}
    spec = {
        "goTemplate": is_go,
        "goTemplateOptions": dice.pick(([], ["missingkey=error"], [dice.text()])),
        "generators": dice.some(lambda: _generator(dice), 3, 1),
        "template": template,
        "applyNestedSelectors": dice.chance(0.3),
    }
    if dice.chance(0.1):
        spec["templatePatch"] = dice.word()
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": dice.name()}, "spec": spec}


def _deployed(dice: Dice) -> dict[str, bytes]:
    """Return what may be deployed: a chart, a kustomization, a folder of manifests, files of values."""
    files = {f"h/web/{path}": data for path, data in chart_files(dice, 1).items()}
    files["h/k/kustomization.yaml"] = written(dice, kustomization(dice)) if dice.chance(0.3) else b"resources: [svc.yaml]\n"
    files["h/k/svc.yaml"] = files["h/plain/svc.yaml"] = written(dice, manifest(dice))
    files["h/values/v.yaml"] = written(dice, values(dice))
    for path in ("h/web/.argocd-source.yaml", "h/k/.argocd-source-web.yaml"):
        if dice.chance(0.15):
            files[path] = written(dice, {"helm": dice.members(_helm(dice)), "path": dice.outside()})
    return files


_LINKS = {
    "h/web/link-git": "../../.git/config",
    "h/web/link-out": "../../../outside",
    "h/plain/link.yaml": "../../../outside/svc.yaml",
    "h/values/v2.yaml": "../../.git/config",
    "h/out": "../../outside",
}


def _tree(dice: Dice, family: str, files: dict[str, bytes]) -> Tree:
    return Tree(family, {**_deployed(dice), **files}, {path: target for path, target in _LINKS.items() if dice.chance(0.2 * dice.harm)})


def argo(dice: Dice) -> Tree:
    return _tree(dice, "argo", {"apps/app.yaml": written(dice, *dice.some(lambda: application(dice), 3, 1))})


def argo_sets(dice: Dice) -> Tree:
    return _tree(dice, "argo-sets", {"apps/set.yaml": written(dice, *dice.some(lambda: application_set(dice), 2, 1))})


def flux(dice: Dice) -> Tree:
    """Return Kustomizations and HelmReleases of Flux with their sources, variables and values from objects."""
    objects = [
        *dice.some(lambda: flux_kustomization(dice, ("./h/k", "./h/plain", "h", "./", "./h/web")), 2),
        *dice.some(lambda: helm_release(dice), 2),
        *dice.some(lambda: _flux_source(dice), 2),
        *dice.some(lambda: _config_map(dice), 2),
    ]
    files = {"apps/flux.yaml": written(dice, *(objects or [helm_release(dice)]))}
    if dice.chance(0.4):
        files["h/plain/svc.yaml"] = _with_variables(dice)
    if dice.chance(0.2):
        files[".sourceignore"] = "\n".join(dice.some(dice.word)).encode("utf-8", "replace")
    return _tree(dice, "flux", files)


def _with_variables(dice: Dice) -> bytes:
    """Return a manifest full of variables of Flux."""
    part = lambda: dice.pick(
        (
            "${A}",
            "${B:=x}",
            "${A:=${B:=${C:-d}}}",
            "${",
            "$$",
            "}",
            "${A^^}",
            "${A/x/y}",
            "${A:=",
            "${cluster}" * 50,
            "${A:=" * 30 + "}" * 30,
            dice.word(),
        )
    )
    annotations = "".join(f"    a{number}: '{''.join(dice.some(part, 5))}'\n" for number in range(3))
    return f"apiVersion: v1\nkind: Service\nmetadata:\n  name: ${{A}}\n  annotations:\n{annotations}spec: {{type: NodePort}}\n".encode(
        "utf-8", "replace"
    )


def _flux_source(dice: Dice) -> dict[str, Any]:
    kind = dice.pick(("GitRepository", "OCIRepository", "HelmRepository", "Bucket", "HelmChart"))
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": kind,
        "metadata": {"name": dice.pick(("flux-system", "web")), "namespace": dice.text()},
        "spec": dice.members(
            {
                "url": lambda: dice.pick((".", dice.url())),
                "ref": dice.value,
                "ignore": lambda: "\n".join(dice.some(dice.word)),
                "include": dice.value,
            }
        ),
    }


def _config_map(dice: Dice) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": dice.pick(("ConfigMap", "ConfigMap", "Secret")),
        "metadata": {"name": dice.name()},
        "data": {dice.pick(("A", "values.yaml", dice.text())): dice.pick((block(values(dice)), dice.text(), "${A}" * 100))},
    }


def helm_release(dice: Dice) -> dict[str, Any]:
    fields: dict[str, Callable[[], Any]] = {
        "values": lambda: dice.pick((values(dice), dice.value())),
        "valuesFrom": lambda: dice.some(
            lambda: {
                "kind": dice.pick(("ConfigMap", "Secret", dice.text())),
                "name": dice.name(),
                "valuesKey": dice.text(),
                "targetPath": dice.pick(("a.b[2]", "a[99999]", dice.text())),
                "optional": dice.chance(0.5),
            },
            2,
            1,
        ),
        "releaseName": dice.text,
        "targetNamespace": dice.text,
        "storageNamespace": dice.text,
        "postRenderers": lambda: [{"kustomize": {"patches": dice.value()}}],
        "chartRef": lambda: {"kind": dice.pick(("OCIRepository", "HelmChart")), "name": dice.text()},
        "kubeConfig": dice.value,
    }
    source = {
        "kind": dice.pick(("GitRepository", "HelmRepository", "Bucket", dice.text())),
        "name": dice.pick(("flux-system", dice.text())),
    }
    chart = {
        "spec": {
            "chart": dice.path(("./h/web", "h/web", "../h/web", "web")),
            "version": dice.text(),
            "sourceRef": source,
            "valuesFiles": dice.some(lambda: dice.path(_VALUES), 2),
            "ignoreMissingValuesFiles": dice.chance(0.5),
        }
    }
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": dice.name(), "namespace": dice.text()},
        "spec": {"chart": chart, **dice.members(fields, 0, 4)},
    }


def bundle(dice: Dice) -> dict[str, Any]:
    """Return the contents of a `fleet.yaml`."""
    helm = lambda: dice.members(
        {
            "chart": lambda: dice.path(("../web", ".", "charts/x")),
            "repo": dice.url,
            "version": dice.text,
            "releaseName": dice.text,
            "values": lambda: values(dice),
            "valuesFiles": lambda: dice.some(lambda: dice.path(_VALUES), 2, 1),
            "valuesFrom": dice.value,
            "disablePreProcess": dice.scalar,
        }
    )
    fields: dict[str, Callable[[], Any]] = {
        "defaultNamespace": dice.text,
        "namespace": dice.text,
        "helm": helm,
        "kustomize": lambda: {"dir": dice.path(("../k", "."))},
        "yaml": lambda: {"overlays": [dice.path(("prod", ".."))]},
        "targetCustomizations": lambda: dice.some(
            lambda: {
                "name": dice.text(),
                "clusterName": dice.text(),
                "helm": helm(),
                "kustomize": {"dir": dice.path(("../k",))},
                "clusterSelector": dice.value(),
            },
            3,
            1,
        ),
        "overrideTargets": dice.value,
        "dependsOn": dice.value,
        "diff": dice.value,
        "labels": dice.value,
    }
    return dice.members(fields, 1, 5)


def bundles(dice: Dice) -> Tree:
    return _tree(
        dice, "fleet", {f"h/{folder}/fleet.yaml": written(dice, bundle(dice)) for folder in ("web", "k", "plain") if dice.chance(0.6)}
    )


def helmfile(dice: Dice) -> dict[str, Any]:
    """Return a helmfile with hooks, templates and commands."""
    hook = {"events": ["prepare", "presync"], "command": "/bin/sh", "args": ["-c", COMMAND]}
    fields: dict[str, Callable[[], Any]] = {
        "values": lambda: dice.some(
            lambda: dice.pick(
                (
                    dice.path(("values/v.yaml", "../h/values/v.yaml")),
                    values(dice),
                    f'{{{{ exec "sh" (list "-c" "{COMMAND}") }}}}',
                    "x.gotmpl",
                )
            ),
            3,
            1,
        ),
        "set": lambda: [{"name": dice.pick(("a.b", "a[99999]", dice.text())), "value": dice.scalar(), "file": dice.outside()}],
        "secrets": lambda: [dice.outside()],
        "namespace": dice.text,
        "hooks": lambda: [hook],
        "kubeContext": dice.text,
        "postRenderer": lambda: "/bin/sh",
        "postRendererArgs": lambda: ["-c", COMMAND],
        "transformers": dice.value,
        "installed": dice.scalar,
        "condition": dice.text,
        "missingFileHandler": lambda: "Warn",
        "version": dice.text,
    }
    release = lambda: {
        "name": dice.text(),
        "chart": dice.path(("./h/web", "h/web", "../h/web", "stable/web")),
        **dice.members(fields, 0, 4),
    }
    return {
        "releases": dice.some(release, 3, 1),
        "hooks": [hook],
        "helmBinary": "/bin/sh",
        "kustomizeBinary": "/bin/sh",
        "bases": [dice.outside()],
        "environments": dice.value(),
        "repositories": [{"name": "x", "url": dice.url()}],
    }


def helmfiles(dice: Dice) -> Tree:
    return _tree(dice, "helmfile", {dice.pick(("helmfile.yaml", "helmfile.d/a.yaml", "h/helmfile-x.yml")): written(dice, helmfile(dice))})


def mixed(dice: Dice) -> Tree:
    """Return everything together, in folders with odd names."""
    parts = [dice.pick((argo, argo_sets, flux, bundles, helmfiles))(dice) for _ in range(2)]
    files = {path: data for part in parts for path, data in part.files.items()}
    files[f"h/{odd_name(dice)}/a.yaml"] = written(dice, manifest(dice))
    return Tree("mixed", files, {path: target for part in parts for path, target in part.links.items()})
