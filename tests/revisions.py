"""Writes Services and Ingresses in a few words and lints one revision against another: what the tests of changes share."""

from collections.abc import Iterable
from importlib import import_module

from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run


def service(text: str, name: str = "web") -> str:
    """Return a Service of the words of `text`: a type, then `key=value`: `class`, `ip`, `ranges`, else annotations; `~` is a blank."""
    service_type, *words = text.split()
    pairs = dict(word.split("=", 1) for word in words)
    fields = {"class": "loadBalancerClass", "ip": "loadBalancerIP", "ranges": "loadBalancerSourceRanges"}
    spec = [f"  {fields[key]}: {_value(key, value)}" for key, value in pairs.items() if key in fields]
    annotations = {key: value for key, value in pairs.items() if key not in fields}
    lines = ["apiVersion: v1", "kind: Service", "metadata:", f"  name: {name}", *_annotations(annotations), "spec:"]
    return "\n".join([*lines, f"  type: {service_type}", *spec, "  selector: {app: web}", "  ports: [{port: 80}]"]) + "\n"


def ingress(text: str, name: str = "web") -> str:
    """Return an Ingress of the words of `text`: a class name (or `-`), then annotations `key=value`; `~` is a blank."""
    class_name, *words = text.split()
    pairs = dict(word.split("=", 1) for word in words)
    lines = ["apiVersion: networking.k8s.io/v1", "kind: Ingress", "metadata:", f"  name: {name}", *_annotations(pairs), "spec:"]
    lines += [] if class_name == "-" else [f"  ingressClassName: {class_name}"]
    return "\n".join([*lines, "  defaultBackend: {service: {name: web, port: {number: 80}}}"]) + "\n"


def _annotations(pairs: dict[str, str]) -> list[str]:
    return (["  annotations:"] if pairs else []) + [f"    {key}: '{value.replace('~', ' ')}'" for key, value in pairs.items()]


def _value(key: str, value: str) -> str:
    return f"[{value}]" if key == "ranges" else value


def problems(rule: str, before: str, after: str, types: Iterable[str] = ("Service",), **scope: str) -> list[Problem | Undecided]:
    """Return what the check of a rule yields for the resources of `after`, compared with `before`."""
    check = import_module(f"k8slblint.checks.{rule.replace('-', '_')}").check
    return run(check, graph(after, before, **scope), types)
