"""What a pattern of the catalogs matches: `*` stands for any text, everything else for itself.

`fnmatch` compiles a regular expression for each pattern, which takes longer than all that one scan asks of it.
"""


def fits(text: str, pattern: str) -> bool:
    """Tell whether all of a text matches a pattern; upper and lower case differ."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *inner, last = others
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in inner:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end
