"""Makes trees of kustomizations: every field, generators and plug-ins, charts, components, circles, links."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.fuzzing.charts import chart_files
from tests.fuzzing.dice import COMMAND, MARKER, OUTSIDE, PORT, Dice
from tests.fuzzing.plain import manifest
from tests.fuzzing.trees import Tree
from tests.fuzzing.writing import block, misspelt, written

NEAR = (".", "./", "..", "../b", "a", "b", "svc.yaml", "./svc.yaml", "../a/svc.yaml", "patch.yaml", "values.yaml", "plugin.yaml", "c")
_EXISTING = ("svc.yaml", "./svc.yaml", "values.yaml", "patch.yaml")


def near(dice: Dice) -> tuple[str, ...]:
    """Return what a kustomization may name: mostly files that there are where little harm is meant."""
    return _EXISTING if dice.chance(1 - dice.harm) else NEAR


_BUILT_IN = (
    *("ConfigMapGenerator", "SecretGenerator", "HelmChartInflationGenerator", "PatchTransformer", "ReplacementTransformer"),
    *("NamespaceTransformer", "ImageTagTransformer", "PatchJson6902Transformer", "PatchStrategicMergeTransformer", "ValueAddTransformer"),
    *("LabelTransformer", "ReplicaCountTransformer", "PrefixTransformer", "IAMPolicyGenerator", "HashTransformer"),
)


def kustomization(dice: Dice) -> dict[str, Any]:
    """Return a kustomization with some of its fields."""
    value = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"} if dice.chance(0.5) else {}
    if dice.chance(0.8):
        value["resources"] = dice.some(lambda: dice.path(near(dice)), 4, 1)
    value.update(dice.members(_fields(dice), 0, 5))
    if dice.chance(0.3):
        fields = _fields(dice)
        name = dice.pick(list(fields))
        value[misspelt(dice, name)] = fields[name]()
    return value


def _fields(dice: Dice) -> dict[str, Callable[[], Any]]:
    paths = lambda: dice.some(lambda: dice.path(near(dice)), 3, 1)
    return {
        "resources": paths,
        "bases": paths,
        "crds": paths,
        "components": paths,
        "configurations": paths,
        "validators": lambda: dice.some(lambda: _plugin(dice), 2, 1),
        "generators": lambda: dice.some(lambda: _plugin(dice), 2, 1),
        "transformers": lambda: dice.some(lambda: _plugin(dice), 2, 1),
        "patches": lambda: dice.some(lambda: _patch(dice), 3, 1),
        "patchesStrategicMerge": lambda: dice.some(lambda: dice.pick((dice.path(near(dice)), block(manifest(dice)))), 2, 1),
        "patchesJson6902": lambda: dice.some(lambda: _patch(dice), 2, 1),
        "configMapGenerator": lambda: dice.some(lambda: _generator(dice), 2, 1),
        "secretGenerator": lambda: dice.some(lambda: _generator(dice), 2, 1),
        "generatorOptions": lambda: {"disableNameSuffixHash": True, "labels": {dice.text(): dice.text()}},
        "helmCharts": lambda: dice.some(lambda: _helm_chart(dice), 3, 1),
        "helmChartInflationGenerator": lambda: dice.some(lambda: _old_helm_chart(dice), 2, 1),
        "helmGlobals": lambda: dice.members({"chartHome": lambda: dice.path(near(dice)), "configHome": lambda: _home(dice)}),
        "replacements": lambda: dice.some(lambda: _replacement(dice), 2, 1),
        "vars": lambda: [
            {"name": dice.name(), "objref": {"kind": "ConfigMap", "name": "leak", "apiVersion": "v1"}, "fieldref": {"fieldpath": "data.x"}}
        ],
        "openapi": lambda: {"path": dice.path(near(dice))} if dice.chance(0.7) else {"version": dice.text()},
        "namespace": dice.text,
        "namePrefix": dice.text,
        "nameSuffix": dice.text,
        "images": lambda: [{"name": dice.text(), "newName": dice.text(), "newTag": dice.text()}],
        "replicas": lambda: [{"name": dice.name(), "count": dice.scalar()}],
        "labels": lambda: [{"pairs": {dice.text(): dice.text()}, "includeSelectors": dice.chance(0.5)}],
        "commonLabels": lambda: {dice.text(): dice.text()},
        "commonAnnotations": lambda: {dice.text(): dice.text()},
        "buildMetadata": lambda: dice.some(lambda: dice.pick(("managedByLabel", "originAnnotations", dice.text())), 2, 1),
        "sortOptions": lambda: {"order": dice.pick(("legacy", "fifo", dice.text()))},
        "inventory": dice.value,
        "kind": lambda: dice.pick(("Component", "Kustomization", "Kustomizatıon", dice.text())),
        dice.text(): dice.value,
    }


def _home(dice: Dice) -> str:
    return str(dice.pick(("tree/h/a/home", "home", f"{OUTSIDE}/chart", "../home", dice.text())))


def _patch(dice: Dice) -> Any:
    target = {"target": {"kind": dice.pick(("Service", "ConfigMap", dice.text())), "name": dice.name()}}
    operations = [
        {
            "op": dice.pick(("add", "replace", "copy", "test", dice.text())),
            "path": dice.pick(("/spec/type", "/metadata/annotations/a", dice.text())),
            "value": dice.scalar(),
        }
    ]
    return dice.pick(
        (
            {"path": dice.path(near(dice))},
            {"path": dice.path(near(dice)), **target},
            {"patch": block(operations), **target},
            {"patch": block(manifest(dice))},
            {"patch": dice.text(), **target, "options": {"allowNameChange": True}},
        )
    )


def _generator(dice: Dice) -> dict[str, Any]:
    def file() -> str:
        path = dice.path(near(dice))
        return f"x={path}" if dice.chance(0.5) else path

    fields = {
        "files": lambda: dice.some(file, 2, 1),
        "envs": lambda: dice.some(lambda: dice.path(near(dice)), 2, 1),
        "env": lambda: dice.path(near(dice)),
        "literals": lambda: dice.some(lambda: f"{dice.text()}={dice.text()}", 2, 1),
        "behavior": lambda: dice.pick(("merge", "replace", dice.text())),
        "type": dice.text,
        "namespace": dice.text,
    }
    value = {"name": dice.pick(("leak", "leak", dice.text())), **dice.members(fields, 1, 3)}
    if dice.chance(0.2):
        value[misspelt(dice, "files")] = [file()]
    return value


def _replacement(dice: Dice) -> dict[str, Any]:
    if dice.chance(0.3):
        return {"path": dice.path(near(dice))}
    source = {"kind": "ConfigMap", "name": "leak", "fieldPath": dice.pick(("data.x", "data", dice.text()))}
    return {
        "source": source,
        "targets": [{"select": {"kind": "Service"}, "fieldPaths": [dice.pick(("spec.type", "metadata.name", dice.text()))]}],
    }


def _helm_chart(dice: Dice) -> dict[str, Any]:
    fields: dict[str, Callable[[], Any]] = {
        "releaseName": dice.text,
        "nameTemplate": lambda: f"n{dice.word()}",
        "repo": dice.url,
        "version": dice.text,
        "namespace": dice.text,
        "valuesFile": lambda: dice.path(near(dice)),
        "additionalValuesFiles": lambda: dice.some(lambda: dice.path(near(dice)), 2, 1),
        "valuesInline": lambda: {dice.name(): dice.value()},
        "valuesMerge": lambda: dice.pick(("merge", "override", "replace", dice.text())),
        "includeCRDs": lambda: dice.chance(0.5),
        "skipHooks": lambda: dice.chance(0.5),
        "skipTests": lambda: dice.chance(0.5),
        "apiVersions": lambda: dice.some(dice.text, 2, 1),
        "kubeVersion": dice.text,
        "debug": lambda: True,
        "devel": lambda: True,
        "chartHome": lambda: dice.path(near(dice)),
        "configHome": lambda: _home(dice),
        "helmHome": lambda: _home(dice),
    }
    return {"name": dice.pick(("web", "web", dice.path(near(dice)))), **dice.members(fields, 0, 5)}


def _old_helm_chart(dice: Dice) -> dict[str, Any]:
    fields: dict[str, Callable[[], Any]] = {
        "chartHome": lambda: dice.path(near(dice)),
        "helmHome": lambda: _home(dice),
        "helmBin": lambda: dice.pick(("/bin/sh", "./run.sh", "touch")),
        "chartRepoUrl": dice.url,
        "chartRepo": dice.url,
        "chartVersion": dice.text,
        "releaseName": dice.text,
        "releaseNamespace": dice.text,
        "values": lambda: dice.path(near(dice)),
        "extraArgs": lambda: dice.some(dice.word, 2, 1),
    }
    return {"chartName": dice.pick(("web", dice.path(near(dice)))), **dice.members(fields, 0, 5)}


def plugin(dice: Dice) -> dict[str, Any]:
    """Return the configuration of a plug-in: part of kustomize, or one that would run a program or a container."""
    runs = {
        "config.kubernetes.io/function": block({"exec": {"path": dice.pick(("./run.sh", "/bin/sh", "../run.sh", f"{MARKER}/../run.sh"))}}),
        "config.k8s.io/function": block({"container": {"image": f"127.0.0.1:{PORT}/x", "network": True}}),
        "config.kubernetes.io/local-config": "true",
    }
    kind = str(dice.pick((*_BUILT_IN, "ChartInflator", "template", "KhelmGenerator", dice.text())))
    value: dict[str, Any] = {
        "apiVersion": dice.pick(("builtin", "builtin", "evil/v1", "v1", dice.text())),
        "kind": kind,
        "metadata": {"name": dice.name()},
    }
    if dice.chance(0.4):
        value["metadata"]["annotations"] = {key: runs[key] for key in runs if dice.chance(0.6)}
    shapes = {"Helm": _helm_chart, "Config": _generator, "Secret": _generator, "Patch": _patch, "Replacement": _replacement}
    shape = next((make for start, make in shapes.items() if kind.startswith(start)), None)
    value.update(
        shape(dice) if shape else dice.members({"argsOneLiner": lambda: COMMAND, "path": lambda: dice.path(near(dice)), "spec": dice.value})
    )
    return value


def _plugin(dice: Dice) -> str:
    return dice.path(("plugin.yaml", "../a/plugin.yaml", "b")) if dice.chance(0.5) else block(plugin(dice))


_LONG_S = "\u017f"


def _attacks(dice: Dice) -> Sequence[dict[str, Any]]:
    """Return kustomizations that once ran a command, read a file or asked a server; to be disturbed."""
    leak = {"configMapGenerator": [{"name": "leak", f"file{_LONG_S}": [f"x={dice.outside()}"]}], "replacements": [_replacement(dice)]}
    evil = {"name": "b", "repo": f"evil://127.0.0.1:{PORT}/x", "version": "1.0.0", "releaseName": "b"}
    old = {"chartName": "b", "chartHome": "b", "chartRepoUrl": "evil://x", "chartVersion": "1.0.0", "releaseName": "b"}
    return (
        {
            "helmGlobals": {"chartHome": ".", "configHome": _home(dice)},
            "helmCharts": [{"name": "web", "releaseName": "a"}],
            f"helmChart{_LONG_S}": [evil],
        },
        {"helmGlobals": {"chartHome": ".", "configHome": _home(dice)}, "helmCharts": [{"name": "web", "releaseName": "a"}, evil]},
        {"helmChartInflationGenerator": [old, {"chartName": "web", "chartHome": ".", "helmHome": _home(dice), "releaseName": "a"}]},
        {
            "helmCharts": [
                {"name": "web", "releaseName": dice.pick(("--post-renderer=/bin/sh", f"--post-renderer={MARKER}/../run.sh", dice.word()))}
            ]
        },
        {"helmCharts": [{"name": "web", "nameTemplate": f"n{dice.word()}"}]},
        {"resources": ["svc.yaml"], **leak},
        {f"re{_LONG_S}ources": [dice.url()]},
        {
            "resources": ["svc.yaml"],
            "configMapGenerator": [{"name": "leak", "files": [f"x={dice.outside()}"]}],
            "replacements": [_replacement(dice)],
        },
        {"resources": ["svc.yaml"], "generators": [block(plugin(dice))], "transformers": [block(plugin(dice))]},
    )


def tree(dice: Dice) -> Tree:
    """Return folders of kustomizations that name each other, with all that they may name."""
    if dice.chance(0.3):
        return _attack(dice)
    files: dict[str, bytes] = {}
    for folder in ("h/a", "h/b", "h/a/c", "h")[: dice.number(1, 4)]:
        name = dice.pick(("kustomization.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"))
        files[f"{folder}/{name}"] = written(dice, kustomization(dice))
        files[f"{folder}/svc.yaml"] = written(dice, manifest(dice))
        files[f"{folder}/values.yaml"] = written(dice, {dice.name(): dice.value()})
        files[f"{folder}/patch.yaml"] = written(dice, manifest(dice))
        files[f"{folder}/plugin.yaml"] = written(dice, *dice.some(lambda: plugin(dice), 2, 1))
        files.update({f"{folder}/{name}": f"#!/bin/sh\ntouch {MARKER}/plugin\n".encode() for name in _SCRIPTS})
    if dice.chance(0.4):
        files.update({f"h/a/{dice.pick(('charts/web', 'web', 'a'))}/{path}": data for path, data in chart_files(dice).items()})
        files.update(helm_home("h/a/home"))
    if dice.chance(0.35):
        files["apps/flux.yaml"] = written(dice, flux_kustomization(dice, ("./h/a", "./h", "./h/b")))
    return Tree("kustomize", files, _links(dice))


_SCRIPTS = ("run.sh", "template", "version", "pull", "helm")
"""Programs; the last ones have the names of what kustomize asks of Helm."""


def _attack(dice: Dice) -> Tree:
    value = dice.pick(_attacks(dice))
    files = {"h/a/kustomization.yaml": written(dice, value, harm=0.4), "h/a/svc.yaml": written(dice, manifest(dice), harm=0)}
    files.update({f"h/a/{home}/{path}": data for home in ("web", "b/b") for path, data in chart_files(dice, 2).items()})
    files.update({f"{folder}/{name}": f"#!/bin/sh\ntouch {MARKER}/plugin\n".encode() for name in _SCRIPTS for folder in ("h/a", "h/a/web")})
    files.update(helm_home("h/a/home"))
    if dice.chance(0.5):
        files["apps/flux.yaml"] = written(dice, flux_kustomization(dice, ("./h/a",)), harm=0.02)
    return Tree("kustomize", files, _links(dice))


def helm_home(folder: str) -> dict[str, bytes]:
    """Return a home of Helm with a plug-in whose downloader and hooks leave a mark."""
    runs = f"/bin/sh -c '{COMMAND}'"
    text = {
        "name": "p",
        "version": "1.0.0",
        "command": runs,
        "hooks": {"install": runs},
        "downloaders": [
            {"command": "../../../../../../../../../../bin/sh tree/h/a/home/.data/plugins/p/x.sh", "protocols": ["evil", "oci", "http"]}
        ],
    }
    plug_in = {"plugin.yaml": block(text).encode(), "x.sh": f"touch {MARKER}/downloader\n".encode()}
    return {f"{folder}/{data}/plugins/p/{name}": one for data in (".data", "plugins", "") for name, one in plug_in.items()}


def flux_kustomization(dice: Dice, paths: tuple[str, ...]) -> dict[str, Any]:
    """Return a Kustomization of Flux, which lets kustomize read files outside of a folder."""
    fields: dict[str, Callable[[], Any]] = {
        "targetNamespace": dice.text,
        "namePrefix": dice.text,
        "patches": lambda: dice.some(lambda: _patch(dice), 2, 1),
        "patchesStrategicMerge": lambda: dice.some(lambda: dice.pick((manifest(dice), dice.value())), 2, 1),
        "components": lambda: dice.some(lambda: dice.path(near(dice)), 2, 1),
        "images": lambda: [{"name": dice.text(), "newTag": dice.text()}],
        "commonMetadata": lambda: {"labels": {dice.text(): dice.scalar()}, "annotations": {dice.text(): dice.text()}},
        "ignoreMissingComponents": lambda: True,
        "kubeConfig": lambda: {"secretRef": {"name": dice.text()}},
        "postBuild": lambda: dice.members(
            {
                "substitute": lambda: {
                    dice.pick(("A", "B", "cluster", dice.text())): dice.pick((dice.text(), "${A}${B}" * 20, dice.scalar()))
                    for _ in range(3)
                },
                "substituteFrom": lambda: [
                    {"kind": dice.pick(("ConfigMap", "Secret", dice.text())), "name": dice.name(), "optional": True}
                ],
            }
        ),
    }
    spec = {
        "path": dice.path(paths),
        "sourceRef": {"kind": dice.pick(("GitRepository", "OCIRepository", dice.text())), "name": dice.pick(("flux-system", dice.text()))},
        **dice.members(fields, 0, 4),
    }
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": dice.name(), "namespace": dice.text()},
        "spec": spec,
    }


def _links(dice: Dice) -> dict[str, str]:
    links = {
        "h/a/link-out": OUTSIDE,
        "h/a/link-file": f"{OUTSIDE}/secret.txt",
        "h/a/link-git": "../../.git/config",
        "h/b/loop": "../b",
        "h/link-out": "../../outside",
        "h/b/svc.json": f"{OUTSIDE}/svc.yaml",
        "h/a/c/kustomization.yml": f"{OUTSIDE}/kustomization.yaml",
        "link-git": ".git",
        "h/a/zero": "/dev/zero",
    }
    return {path: target for path, target in links.items() if dice.chance(0.3 * dice.harm)}
