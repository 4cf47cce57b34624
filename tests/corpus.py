"""Finds the real repositories that tests and measurements may run on: `K8SLBLINT_CORPUS`, else `../shared/corpus` beside the checkout."""

import os
from pathlib import Path


def find() -> Path | None:
    """Return the folder of the corpus, or None where there is none."""
    named = os.environ.get("K8SLBLINT_CORPUS")
    folder = Path(named) if named else Path(__file__).parent.parent.parent / "shared" / "corpus"
    return folder if folder.is_dir() else None


CORPUS = find()
