"""By which names of folders what lies in them is no longer deployed."""

from functools import lru_cache

from k8slblint.model.patterns import pattern

_ASIDE_WORDS = frozenset({"archive", "archived", "archives", "attic", "disabled", "graveyard", "retired"})
"""Words with which the name of a folder begins that holds what is no longer deployed: `archive`, `.archive`, `archived_20250818`."""

_ASIDE_ENDS = frozenset({"archive", "archived", "attic", "disabled"})
"""Words with which it may end: `apps-disabled`."""

_ASIDE_NAMES = frozenset(
    {
        *("old", "deprecated", "obsolete", "outdated", "unused", "inactive", "decommissioned", "notused", "trash", "bak"),
        *("not-used", "not-in-use", "not-deployed", "do-not-use", "dont-use", "donotuse", "no-longer-used"),
    }
)
"""Words that tell it as a whole name, with `-` for all that separates them: `old-town-bank` is something else."""

_SORTED_LAST = pattern(r"\A(?:[zZ]{2,}|[0-9]{1,3})[-_. ]")
"""What puts a folder at the end of a list: `zzz_deprecated`, `99-old`."""

_REMARK = pattern(r"[^()\[\]]+[(\[](?P<said>[^()\[\]]+)[)\]]")
"""A name with a remark in brackets behind it: `apps (old)`."""

_COPIES = frozenset({".history", "_site"})
"""Where editors keep copies, and where Jekyll puts what it builds: https://jekyllrb.com/docs/configuration/options (`destination`)."""

_SEPARATOR = pattern("[-_. ]")


@lru_cache(maxsize=4096)
def is_aside_folder(folder: str) -> bool:
    """Tell whether a folder holds what is no longer deployed."""
    folder = _SORTED_LAST.sub("", folder)
    words = _SEPARATOR.split(folder.lstrip("._").lower())
    if words[0] in _ASIDE_WORDS or folder in _COPIES or "-".join(words) in _ASIDE_NAMES:
        return True
    remark = _REMARK.fullmatch(folder)
    return (len(words) > 1 and words[-1] in _ASIDE_ENDS) or (remark is not None and is_aside_folder(remark["said"]))
