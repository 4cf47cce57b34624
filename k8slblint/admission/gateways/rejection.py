"""What is asked about an object of Gateway API, and what is answered."""

from k8slblint.admission.gateways.bundles import Candidate
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import At, Confidence


class Target(NamedTuple):
    """The definitions that the cluster may have of a kind: one of `candidates`; None stands for one that does not serve the version.

    `words` names them as the subject of a sentence. `serves` are the API versions in which they serve the kind. `is_known` tells that a
    definition in the tree, or the user, says which release it is; `is_far` that the definition stands elsewhere in the tree.
    """

    api_version: str
    kind: str
    candidates: tuple[Candidate | None, ...]
    words: str
    serves: tuple[str, ...] = ()
    is_known: bool = False
    is_far: bool = False


class Rejection(NamedTuple):
    """What the API server refuses or drops at `path`: `fault` is a predicate to the object, `answer` what the server says.

    `why` has a place for the answer, `{answer}`. `others` are the paths of further values with the same fault.
    """

    path: Path
    fault: str
    why: str
    answer: str = ""
    label: str = ""
    help: str = ""
    confidence: Confidence = "high"
    at: At = "value"
    rests_on_absence: bool = False
    others: tuple[Path, ...] = ()
