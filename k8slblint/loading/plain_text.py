"""What the text of a document shows before it is parsed, or without parsing: most documents that nothing uses never are parsed."""

import re
from typing import Any

from k8slblint import documents
from k8slblint.documents import Chunk, Parsed
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_blank, has_placeholder, may_have_setter
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import GATEWAY_OVERLAY, KUBE_VIP_POOL, LEGACY_POOL, TUNNEL_RULES

_PLAIN_KEY = pattern(r"""^([ ]*+(?:-[ ]++)*+)["']?+([\w./-]++)["']?+[ ]*+:(?=\s|$)""", re.MULTILINE)
"""A key with what stands before it: all keys of a mapping start in one column, the first of an element after its dash."""

_COLON = r":(?=\s|$)"

_OTHER_KEYS = ("{", "? ", "?\n", "\n---", "\n...")
"""What begins a mapping in braces, a key that needs no colon, or another document."""

_LINE = r"""(?xa)
    (?P<indent>[ ]*+)
    (?P<dashes>(?:-[ ]++)*+)
    (?:
        (?P<quote>["']?+) (?P<key>[A-Za-z][\w./-]*+) (?P=quote) : (?:[ ]++|$)
        (?: (?P<block>[|>][-+1-9]{0,2}+) | "[^"\\]*+" | '[^']*+' | \{\}
          | \[(?:"[^"\\]*+"|[\w./\ ,*-])*+\] | (?:[\w./$(<=~^+]|-[\w-])[^\#"']*+ )?+
    |
        (?: "[^"\\:]*+" | (?:[\w./$(<=~^+]|-[\w-])[^\#"':]*+ | - )
    |
    )
    [ ]*+ (?:(?<![^ ])\#.*+)?+
    """
"""A line of block style: blank, a key with or without a value that ends on the line, or an element that is a scalar."""

_MARKERS = ("...", "---")
_NO_TEXT = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
"""Words that YAML 1.1 does not read as text, in lower case: keys of them are compared by what they mean."""

_QUOTED_FIELDS = r"""(?m)(?<=[\s:\[{,(])(?:"[^"\n]*+"|'[^'\n]*+')(?=\s*(?:[\]},:#]|$))"""
"""A scalar in quotes on one line; a quote inside the braces of a template ends it, so that the rest of the braces stays."""

LOCAL_CONFIG = "config.kubernetes.io/local-config"
"""The annotation of objects that kustomize and kpt read and never apply.

kustomize leaves out what has it with any value but `false` (5.8, `api/resource/factory.go`: `DropLocalNodes`), `False` included.
"""

_LOCAL_CONFIG = (
    rf"""(?m)(?:^[ ]++|[{{,][ ]*+)["']?{re.escape(LOCAL_CONFIG)}["']?[ ]*+:[ ]++(["']?)(?P<value>[\w.-]*+)\1[ ]*+(?=[,}}\r#]|$)"""
)
_FOR_PODMAN = (
    rb"(?m)^[ \t]*#[^\n]*?(?:Created with podman-|podman (?:kube )?(?:play|generate|down)|podman kube)|\bio\.podman\.annotations\."
)
_HELM_HEADINGS = rb"(?m)^(LAST DEPLOYED(?=:)|(?:USER-SUPPLIED VALUES|COMPUTED VALUES|HOOKS|MANIFEST|NOTES)(?=:[ \t]*+\r?$))"
_EMPTY_KIND = r"(?m)^kind:[ \t]*+(?:\"\"|''|null|~)?+[ \t]*+(?:\#[^\r\n]*+)?+\r?$"
_IDENTIFIED = (r"(?m)^apiVersion:[ \t]+[^\s#]", r"(?m)^metadata:")
"""Few trees need any of these patterns, so that each is compiled where it is asked for."""

_MISWRITTEN = r"(?m)^(?:apiVersion|kind)(?::(?=[A-Za-z])|[ \t]++(?=[A-Za-z]))[\w./-]++[ \t]*+\r?$"
_WELL_WRITTEN = r"(?m)^(?:apiVersion|kind):[ \t]+[A-Za-z]"
"""The first words of an object without the colon, or the blank after it, and those that have both."""

_LONGEST_UNUSED = 4_000
"""In characters; longer documents of kinds that nobody uses are written by programs, and not read for repeated keys."""

_OWN_GROUPS = ("k8s.io", "argoproj.io", "cattle.io", "fluxcd.io", "kyverno.io", "gatekeeper.sh", "kubewarden.io")
"""Groups of kinds that are read otherwise, that have annotations of their own only, or that say what others may write."""


def is_fixed(text: str) -> bool:
    """Tell whether no template engine can change the structure of a text: what it fills in is inside quotes or block scalars."""
    if not _has_braces(text):
        return True
    return not _has_braces(re.sub(_QUOTED_FIELDS, "", documents.outside_of_blocks(text)))


def _has_braces(text: str) -> bool:
    return "{" in text and ("{{" in text or "{%" in text)


def is_local_config(text: str) -> bool:
    """Tell whether kustomize and kpt read an object and never apply it."""
    if "/local-config" not in text:
        return False
    found = re.search(_LOCAL_CONFIG, text)
    return found is not None and found["value"] != "false" and bool(found["value"] or found[1])


def is_for_podman(data: bytes) -> bool:
    """Tell whether a file, by its bytes, is played by podman: it says so in a comment, or has annotations that podman writes.

    Source: podman 5.6, `pkg/domain/infra/abi/generate.go` (the header) and `libpod/define/annotations.go`.
    """
    return b"podman" in data and re.search(_FOR_PODMAN, data) is not None


def why_output(data: bytes) -> str | None:
    """Return why a file, by its bytes, is no manifest, None for all others: it is what Helm prints about a release.

    That has the heading of the manifests, and one more of Helm's headings. Source: Helm 3.21, `cmd/helm/status.go`
    (`statusPrinter.WriteTable`); Helm 2, `cmd/helm/get.go`. `helm template` prints none of them.
    """
    plain = data.replace(b"\0", b"") if data[:1] in (b"\xff", b"\xfe") else data  # UTF-16, as PowerShell writes it
    is_printed = b"MANIFEST:" in plain and {b"MANIFEST"} < {found[1] for found in re.finditer(_HELM_HEADINGS, plain)}
    return "output of Helm, not a manifest" if is_printed else None


def empty_kind(chunk: Chunk) -> int | None:
    """Return the line of the file on which an object has an empty `kind`, None where it is not one or says its kind."""
    found = re.search(_EMPTY_KIND, chunk.text)
    if found is None or chunk.is_json or not all(re.search(line, chunk.text) for line in _IDENTIFIED):
        return None
    after = chunk.text[found.end() :].lstrip("\r\n")
    return None if after.startswith((" ", "\t")) else chunk.line + chunk.text.count("\n", 0, found.start())


def is_miswritten(chunk: Chunk) -> bool:
    """Tell whether a document would be an object but for a colon, or the blank after it, at its `apiVersion` or `kind`."""
    text = chunk.text
    if "metadata:" not in text or chunk.is_json or not re.search(_MISWRITTEN, text):
        return False
    return re.search(_WELL_WRITTEN, text) is not None and is_fixed(text)


def holds_services(api_version: str, kind: str, text: str) -> bool:
    """Tell whether an object that deploys no chart may say what Services look like: values in a ConfigMap, a custom resource."""
    if (api_version, kind) == ("v1", "ConfigMap"):
        return "values" in text and "nnotations" in text
    group = api_version.rpartition("/")[0]
    is_custom = "." in group and not group.endswith(_OWN_GROUPS) and "nnotations" in text
    return is_custom and any(word in text for word in _OF_SERVICES)


_OF_SERVICES = ("type: LoadBalancer", "type: loadbalancer", "erviceAnnotations")
"""What a custom resource has that says what its Services look like (the second is that of Strimzi's listeners)."""


def held_kinds(api_version: str, kind: str, text: str) -> tuple[str, ...]:
    """Return the kinds of objects that a document may hold in its texts: a ConfigMap, a list with one, or what deploys a chart."""
    in_values = (LEGACY_POOL,) if "address-pools" in text and "configInline" in text else ()
    if (api_version, kind) not in (("v1", "ConfigMap"), ("v1", "List"), ("v1", "ConfigMapList")):
        return in_values
    pools = (LEGACY_POOL,) if "address-pools" in text else ()
    ranges = (KUBE_VIP_POOL,) if "kubevip" in text and ("range-" in text or "cidr-" in text) else ()
    rules = (TUNNEL_RULES,) if "ingress:" in text and "service:" in text and "tunnel" in text else ()
    return (*pools, *ranges, *rules, *((GATEWAY_OVERLAY,) if re.search(_OVERLAY, text) else ()))


OVERLAYS = ("deployment", "service", "serviceAccount", "horizontalPodAutoscaler", "podDisruptionBudget")
"""The keys that a ConfigMap may have that changes the objects that Istio makes for a Gateway."""

_OVERLAY = rf"""(?m)^[ \t]*["']?(?:{"|".join(OVERLAYS)})["']?:[ \t]*["'|>]"""


def states_settings(api_version: str, kind: str, text: str) -> bool:
    """Tell whether a document is the ConfigMap of an Ingress controller whose settings are read: of many, few are parsed."""
    return (api_version, kind) == ("v1", "ConfigMap") and any(key in text for key in SETTINGS_KEYS)


def has_settings(config_map: Any) -> bool:
    """Tell whether a ConfigMap has settings that are read, and not only mentions one."""
    data = config_map.get("data") if isinstance(config_map, dict) else None
    return isinstance(data, dict) and any(key in data for key in SETTINGS_KEYS)


SETTINGS_KEYS = (
    "allow-snippet-annotations",
    "annotations-risk-level",
    "annotation-value-word-blocklist",
    "strict-validate-path-type",
    "allow-cross-namespace-resources",
    "ssl-redirect",
    "hsts",
    "whitelist-source-range",
    "denylist-source-range",
    "block-cidrs",
    "global-auth-url",
    "enable-modsecurity",
    "force-ssl-redirect",
    "custom-http-errors",
    "proxy-body-size",
    "proxy-read-timeout",
    "ssl-protocols",
    "use-proxy-protocol",
    "add-headers",
    "http-snippet",
    "location-snippet",
    "server-snippet",
)
"""Keys of ConfigMaps that `catalogs/controllers.json` names among the settings of a controller."""


def is_worth_reading_for_keys(text: str) -> bool:
    """Tell cheaply whether some key of a document of a kind that nobody uses may be set twice: few are parsed only to see that."""
    return len(text) <= _LONGEST_UNUSED and may_repeat(text) and is_fixed(text) and not documents.is_template(text)


def may_repeat(text: str) -> bool:
    """Tell whether some key of a mapping may be set twice; True for all that lines do not show: braces, long quotes, odd keys."""
    keys = _PLAIN_KEY.findall(text)
    if "{" not in text and '"' not in text and len({(len(before), key) for before, key in keys}) == len(keys):
        return False
    if not text.isascii() or "\t" in text or "\r" in text:
        return True
    return not (_are_all_keys(text, len(keys)) and _are_set_once(keys)) and _is_repeated(text)


def _are_all_keys(text: str, count: int) -> bool:
    """Tell whether a text has no keys but a number that begin lines: there are as many colons, and no quote goes on to another line.

    What looks like a key and stands in a block scalar is to the right of the scalar's own key, so that it ends none of its mappings.
    """
    if any(mark in text for mark in _OTHER_KEYS) or len(re.findall(_COLON, text)) != count:
        return False
    return not any(line.count(quote) % 2 for quote in "\"'" if quote in text for line in text.split("\n"))


def _are_set_once(keys: list[tuple[str, str]]) -> bool:
    """Tell whether no mapping has a key twice, from the keys with what stands before each on its line."""
    scopes: list[tuple[int, set[str]]] = []
    if keys and keys[0][0]:
        return False
    return not any(
        not key[0].isalpha() or _is_set_again(scopes, len(before) - len(before.lstrip(" ")), len(before), key) for before, key in keys
    )


def _is_repeated(text: str) -> bool:
    """Follow the mappings by the columns of their keys; what stands in a block scalar is passed over.

    A document that does not begin with a key at the first column is not plain: it may end early, where the rest is ignored.
    """
    scopes: list[tuple[int, set[str]]] = []
    block = -1
    line_pattern = re.compile(_LINE)
    for number, line in enumerate(text.split("\n")):
        content = line.lstrip(" ")
        if not content or (block >= 0 and len(line) - len(content) > block):
            continue
        block = -1
        if number == 0 and line == "---":
            continue
        found = line_pattern.fullmatch(line)
        if found is None or line.startswith(_MARKERS):
            return True
        if not scopes and content[0] != "#" and (content is not line or not found["key"]):
            return True
        if not found["key"]:
            continue
        indent, column = found.end("indent"), found.start("quote")
        if found["block"]:
            block = column
        if _is_set_again(scopes, indent if found["dashes"] else column, column, found["key"]):
            return True
    return False


def _is_set_again(scopes: list[tuple[int, set[str]]], start: int, column: int, key: str) -> bool:
    """Note a key at a column; mappings to the right of the start of its line, which may be a dash, have ended."""
    while scopes and scopes[-1][0] > start:
        scopes.pop()
    if not scopes or scopes[-1][0] != column:
        scopes.append((column, set()))
    keys = scopes[-1][1]
    if key in keys or key.lower() in _NO_TEXT:
        return True
    keys.add(key)
    return False


class Stated(NamedTuple):
    """A document with the `apiVersion` and `kind` that it states."""

    chunk: Chunk
    api_version: str | None
    kind: str | None


def stated_in(content: str) -> tuple[bool, list[Stated]]:
    """Tell whether a file is a template whose statements govern several documents, and return its documents."""
    return is_template(content), [Stated(chunk, *documents.sniff(chunk)) for chunk in documents.split(content)]


def nature_of(text: str) -> tuple[bool, bool]:
    """Tell whether a document is a template, and whether it has placeholders or blanks that are filled in."""
    return documents.is_template(text), has_placeholder(text) or has_blank(text)


def is_template(text: str) -> bool:
    """Tell whether a file is a template whose statements govern documents other than those they are in."""
    is_filled_in = documents.has_template_syntax(text) and re.search(_TEMPLATE_STATEMENT, f"\n{text}") is not None
    return is_filled_in or documents.has_ytt_code(text)


_TEMPLATE_STATEMENT = r"\n(?:#[ \t]*)?(?:\{\{-?[ \t]*(?:if|else|end|range|with|define|block)\b|\{%)|\n[ \t]*</?\#[a-z]"
_TEMPLATE_STATEMENT += r"|\n[ \t]*%\{~?[ \t]*(?:if|else|endif|for|endfor)\b"
"""At the first column, where no block scalar can hold it; it governs documents other than the one it stands in.
FreeMarker's and Terraform's anywhere."""


def settable_in(chunk: Chunk) -> Parsed | None:
    """Return a document in which kpt sets values, with what they are made of in their place; None for all others."""
    if not may_have_setter(chunk.text):
        return None
    from k8slblint.loading.filled_in import read_settable  # few packages are of kpt

    return read_settable(chunk)
