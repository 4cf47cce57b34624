"""How a container image is recognised by its repository, whatever its tag, digest and registry mirror."""

from collections.abc import Iterator
from functools import lru_cache

from k8slblint.catalog.wildcards import fits


@lru_cache(maxsize=4096)
def repository_of(image: str) -> str:
    """Return a repository without registry, `library/`, tag and digest."""
    repository = image.strip().partition("@")[0]
    host, slash, path = repository.partition("/")
    if slash and ("." in host or ":" in host or "*" in host or host == "localhost"):
        repository = path
    head, slash, last = repository.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}".removeprefix("library/")


def tag_of(image: str) -> str:
    """Return the tag of an image, empty where it has none."""
    return image.strip().partition("@")[0].rpartition("/")[2].partition(":")[2]


def is_image(repository: str, known: str) -> bool:
    """Tell whether a repository is a known one (`*` is a wildcard), or a copy of it below another path.

    A name without a folder is one of Docker's official images; of such, only copies below `library/` count.
    """
    if "*" in known:
        return fits(repository, known)
    return repository == known or repository.endswith(f"/{known}" if "/" in known else f"/library/{known}")


def originals_of(repository: str) -> Iterator[str]:
    """Yield the repositories that one may be a copy of, as `is_image` tells: itself, and its ends that still name an owner."""
    yield repository
    path = repository
    while path.count("/") > 1:
        path = path.partition("/")[2]
        yield path
        if path.startswith("library/"):
            yield path.removeprefix("library/")
