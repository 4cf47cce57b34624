"""Host files that are no YAML: inventories of Ansible in INI, and configuration of keepalived; their tokens become nodes with places.

Sources: ansible 2.19 `lib/ansible/plugins/inventory/ini.py` (sections, `#` and `;` comments, `key=value` with quotes); keepalived 2.3
`doc/man/man5/keepalived.conf.5` (`virtual_ipaddress`, `virtual_ipaddress_excluded`).
"""

from collections.abc import Iterator

from k8slblint.loading.hosts.ansible import is_cluster_group, of_host, of_variables
from k8slblint.loading.hosts.values import MOST, each
from k8slblint.model.host_files import Statement
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern

_SECTION = pattern(r"\[([^\[\]:\s]++)(?::(children|vars))?\][ \t]*+(?:[#;].*)?")
_WORD = pattern(r"""(?:[^\s"'#;=]++)(?:=(?:"[^"]*+"|'[^']*+'|[^\s"']*+))?""")
_COMMENT = ("#", ";")
_VARS = ":vars"
_CHILDREN = ":children"
_UNGROUPED = "ungrouped"


def inventory(text: str) -> Node:
    """Return the sections of an inventory by name: hosts with their variables, `NAME:vars` and `NAME:children`."""
    root = _mapping(1, 1)
    section = _UNGROUPED
    for number, line in enumerate(text.splitlines()[: MOST * 5], 1):
        stripped = line.strip()
        header = _SECTION.fullmatch(stripped)
        if header is not None:
            section = header[1] + (f":{header[2]}" if header[2] else "")
        elif stripped and not stripped.startswith(_COMMENT):
            _take_line(_member(root, section, number), line, number, is_variable=section.endswith(_VARS))
    return root


def _take_line(section: Node, line: str, number: int, *, is_variable: bool) -> None:
    if is_variable:
        name, equals, value = line.partition("=")
        if equals:
            start = len(name) + 1 + len(value) - len(value.lstrip())
            _add(section, name.strip(), _scalar(value.split(" #")[0].strip().strip("\"'"), number, start + 1, len(line.rstrip()) + 1))
        return
    words = list(_WORD.finditer(line.split(" #", maxsplit=1)[0]))
    if not words:
        return
    host = _mapping(number, words[0].start() + 1)
    for one in words[1:]:
        name, equals, value = one[0].partition("=")
        if equals:
            start = one.start() + len(name) + 2
            _add(host, name, _scalar(value.strip("\"'"), number, start, one.end() + 1))
    key = _scalar(words[0][0], number, words[0].start() + 1, words[0].end() + 1)
    section.value[words[0][0]] = host.value
    section.members[words[0][0]] = (key, host)


def statements_of_inventory(root: Node) -> Iterator[Statement]:
    """Yield the addresses of the machines of a cluster, and what the variables say."""
    meant = _cluster_groups(root)
    for section, (_, node) in root.members.items():
        if section.endswith(_VARS):
            yield from (one._replace(at=(section, *one.at)) for one in of_variables(node.value))
        elif section in meant:
            for host, (_, variables) in node.members.items():
                yield from of_host(host, variables.value, (section, host))


def _cluster_groups(root: Node) -> set[str]:
    """Return the groups whose hosts are machines of a cluster: by their own names, or within such a group."""
    children = {name.removesuffix(_CHILDREN): set(node.members) for name, (_, node) in root.members.items() if name.endswith(_CHILDREN)}
    pending = [name for name in {*root.members, *children} if is_cluster_group(name)]
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(children.get(name, ()))
    return found


_BLOCK = pattern(r"\b(virtual_ipaddress(?:_excluded)?)\s*+\{")
_ADDRESS = pattern(r"[0-9A-Fa-f:.]++(?:/[0-9]++)?")


def keepalived(text: str) -> Node:
    """Return the virtual addresses in a configuration of keepalived, by block."""
    root = _mapping(1, 1)
    block = ""
    for number, line in enumerate(text.splitlines()[: MOST * 5], 1):
        code = line.partition("#")[0].partition("!")[0]
        opened = _BLOCK.search(code)
        start = opened.end() if opened else 0
        block = opened[1] if opened else block
        found = _ADDRESS.match(code, start + len(code[start:]) - len(code[start:].lstrip())) if block else None
        if found is not None:
            _append(_sequence(root, block, number), _scalar(found[0], number, found.start() + 1, found.end() + 1))
        if "}" in code[start:]:
            block = ""
    return root


def statements_of_keepalived(root: Node) -> Iterator[Statement]:
    """Yield the addresses that move between machines."""
    for block, addresses in root.value.items():
        yield from each("vip", addresses, (block,))


def _mapping(line: int, column: int) -> Node:
    node = Node({}, line, column, line, column + 1)
    node.members = {}
    return node


def _scalar(text: str, line: int, column: int, end: int) -> Node:
    return Node(text, line, column, line, max(end, column + 1))


def _add(mapping: Node, name: str, value: Node) -> None:
    mapping.value[name] = value.value
    mapping.members[name] = (value, value)


def _member(root: Node, name: str, line: int) -> Node:
    if name not in root.members:
        node = _mapping(line, 1)
        root.value[name] = node.value
        root.members[name] = (node, node)
    return root.members[name][1]


def _sequence(root: Node, name: str, line: int) -> Node:
    if name not in root.members:
        node = Node([], line, 1, line, 2)
        node.items = []
        root.value[name] = node.value
        root.members[name] = (node, node)
    return root.members[name][1]


def _append(sequence: Node, value: Node) -> None:
    sequence.value.append(value.value)
    sequence.items.append(value)
