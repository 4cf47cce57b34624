"""Folders beside each other in which one file has copies."""


def sibling_folder(path: str, other: str) -> str | None:
    """Return the folder above `path`, with a slash, in whose place `other` has another one of the same content; None if it has not."""
    steps, others = path.split("/"), other.split("/")
    differ = [index for index, (one, two) in enumerate(zip(steps, others, strict=False)) if one != two]
    if len(steps) != len(others) or len(differ) != 1 or differ[0] == len(steps) - 1:
        return None
    return "/".join(steps[: differ[0] + 1]) + "/"
