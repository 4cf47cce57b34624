"""Whether the release of a controller that is built for a release of Kubernetes has a fact of the catalog."""

from k8slblint.model.patterns import pattern
from k8slblint.model.rule import Confidence

_MINOR = pattern(r"v?1\.([0-9]{1,3})")


def has_release(since: str | None, version: str | None, if_unknown: Confidence = "medium") -> Confidence | None:
    """Return how sure it is that a release of Kubernetes (`1.36`, None where nobody states it) is not before another; None: it is."""
    if since is None:
        return "high"
    has, wanted = _MINOR.match(version or ""), _MINOR.match(since)
    if has is None or wanted is None:
        return if_unknown
    return "high" if int(has[1]) >= int(wanted[1]) else None
