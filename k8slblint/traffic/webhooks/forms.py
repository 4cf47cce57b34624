"""What a webhook refuses of an Ingress."""

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Confidence


class WebhookRefusal(NamedTuple):
    """What the webhook of `controller` (an id) refuses at `path`: `fault` is a predicate to the object, `answer` what the webhook says.

    `because` is a sentence without a period: which setting decides.
    `spares_live` tells that it refuses only what is new.
    """

    controller: str
    path: Path
    fault: str
    answer: str
    help: str
    label: str = ""
    because: str = ""
    confidence: Confidence = "medium"
    spares_live: bool = False
