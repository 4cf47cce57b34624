"""Makes text of values: JSON, YAML in flow and block style, and the liberties that parsers take differently."""

import json
from collections.abc import Mapping
from typing import Any

from tests.fuzzing.dice import Dice

_FOLDED = {"s": "ſ", "k": "\u212a"}


def written(dice: Dice, *values: Any, harm: float = 0.15) -> bytes:
    """Return documents as text, some of them disturbed."""
    harm *= dice.harm
    parts = [_document(dice, disturbed(dice, value) if dice.chance(harm) else value) for value in values]
    text = "\n---\n".join(parts) + "\n"
    data = text.encode("utf-8", "surrogatepass" if dice.chance(0.3) else "replace")
    return _damaged(dice, data) if dice.chance(harm / 3) else data


def _document(dice: Dice, value: Any) -> str:
    form = dice.number(0, 9)
    if form < 3:
        return json.dumps(value, ensure_ascii=dice.chance(0.5), default=str)
    if form == 3:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    text = block(value)
    return _with_liberties(dice, text) if form == 9 else text


def block(value: Any, indent: int = 0) -> str:
    """Return a value in block style."""
    margin = " " * indent
    if isinstance(value, Mapping) and value:
        return "\n".join(f"{margin}{_scalar(key)}:{_below(one, indent)}" for key, one in value.items())
    if isinstance(value, list) and value:
        return "\n".join(f"{margin}-{_below(one, indent)}" for one in value)
    return margin + _scalar(value)


def _below(value: Any, indent: int) -> str:
    if (
        isinstance(value, str)
        and "\n" in value
        and value.isprintable() is False
        and value.replace("\n", "").isprintable()
        and not value.startswith((" ", "\n"))
    ):
        margin = " " * (indent + 2)
        return " |\n" + "\n".join(margin + line if line else "" for line in value.split("\n"))
    if isinstance(value, Mapping | list) and value and indent < _MOST_INDENT:
        return "\n" + block(value, indent + 2)
    return " " + _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and value.isalnum() and value.isascii() and not value[:1].isdigit() and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


_MOST_INDENT = 80

_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "nan", "inf", "y", "n"}


def _with_liberties(dice: Dice, text: str) -> str:
    """Return YAML that is read differently by careless parsers: anchors, merge keys, duplicates, tags, directives, line ends."""
    lines = text.split("\n")
    at = dice.number(0, len(lines) - 1)
    change = dice.number(0, 8)
    if change in (5, 6):
        return "\r\n".join(lines) if change == 5 else "\ufeff" + text
    if change == 0:
        lines.insert(at, lines[at])
    elif change == 1:
        lines[at] = lines[at].replace(": ", ": &a ", 1)
        lines.append("again: *a")
    elif change == 2:
        lines[:0] = ["base: &base {kind: Other, resources: [evil.yaml], name: other}", "<<: *base"]
    elif change == 3:
        lines[at] = lines[at].replace(": ", f": {dice.pick(('!!binary', '!!str', '!!set', '!evil', '!!python/name:os.system'))} ", 1)
    elif change == 4:
        lines[:0] = ["%YAML 1.1", "---"]
    elif change == 7:
        lines.append("? {a: [b]}\n: c")
    else:
        lines.append("l0: &l0 [a]\n" + "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)))
    return "\n".join(lines)


def disturbed(dice: Dice, value: Any) -> Any:
    """Return a value with one part of it replaced, renamed, doubled or nested."""
    if isinstance(value, dict) and value and dice.chance(0.8):
        key = dice.pick(list(value))
        if dice.chance(0.35) and isinstance(key, str):
            renamed = misspelt(dice, key)
            keeps = dice.chance(0.5)
            return {
                **({key: value[key]} if keeps else {}),
                **{one: member for one, member in value.items() if one != key},
                renamed: value[key],
            }
        return {**value, key: disturbed(dice, value[key])}
    if isinstance(value, list) and value and dice.chance(0.8):
        at = dice.number(0, len(value) - 1)
        return [*value[:at], disturbed(dice, value[at]), *value[at + 1 :]]
    others = (dice.value(), [value] * dice.number(0, 4), {dice.text(): value}, nested(value, dice.pick((5, 30, 150))), dice.scalar())
    return dice.pick(others)


def nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def misspelt(dice: Dice, key: str) -> str:
    """Return a key that Go takes for the same and others do not, or nearly so."""
    folded = [at for at, letter in enumerate(key) if letter.lower() in _FOLDED]
    if folded and dice.chance(0.6):
        at = dice.pick(folded)
        return key[:at] + _FOLDED[key[at].lower()] + key[at + 1 :]
    return str(dice.pick((key.upper(), key.capitalize(), key + " ", key[::-1], f"x-{key}", key.swapcase())))


def _damaged(dice: Dice, data: bytes) -> bytes:
    """Return text cut off, with bytes put in, written twice over, in another encoding, or with a part repeated."""
    at = dice.number(0, len(data))
    bytes_in = bytes(dice.number(0, 255) for _ in range(dice.number(1, 4)))
    damages = (
        data[:at],
        data[:at] + bytes_in + data[at:],
        data[:at] + data,
        data.decode("utf-8", "replace").encode("utf-16"),
        data[:at] + data[at : at + 40] * dice.number(2, 50) + data[at:],
    )
    return bytes(dice.pick(damages))
