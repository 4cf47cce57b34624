"""Which actions in annotations for the AWS Load Balancer Controller no backend of their Ingress asks for."""

import pytest

from k8slblint.model.finding import Finding
from tests.linting import findings
from tests.test_check_ingress_backend_missing import REDIRECT, USED, ingress, to

ALB = "alb.ingress.kubernetes.io/"
FORWARD = '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web","servicePort":80}]}}'


def reported(annotations: dict[str, str], *backends: str, class_name: str = "alb") -> list[Finding]:
    """What is said of the annotations of an Ingress with such backends."""
    written = ", ".join(f"'{key}': '{value}'" for key, value in annotations.items())
    return findings(ingress(*backends, class_name=class_name, annotations=f"{{{written}}}"), "ingress-annotation-unknown")


def test_actions_that_no_backend_asks_for_are_one_warning() -> None:
    (found,) = reported({f"{ALB}actions.ssl-redirect": REDIRECT, f"{ALB}actions.other": REDIRECT}, to("web"))
    assert "`actions.ssl-redirect` and 1 more, which no backend asks for" in found.headline
    assert "{name: ssl-redirect, port: {name: use-annotation}}" in found.help
    assert found.severity == "warning"


FINE: dict[str, tuple[dict[str, str], tuple[str, ...], str]] = {
    "a backend asks for it": ({f"{ALB}actions.ssl-redirect": REDIRECT}, (to("ssl-redirect", USED), to("web")), "alb"),
    "a backend has its name and another port": ({f"{ALB}actions.ssl-redirect": REDIRECT}, (to("ssl-redirect"), to("web")), "alb"),
    "the annotation for the purpose": (
        {f"{ALB}actions.ssl-redirect": REDIRECT, f"{ALB}ssl-redirect": "443"},
        (to("web"),),
        "alb",
    ),
    "it forwards to the Service that a backend names": ({f"{ALB}actions.web": FORWARD}, (to("web"),), "alb"),
    "no backend is known": ({f"{ALB}actions.ssl-redirect": REDIRECT}, (), "alb"),
    "a backend is filled in": ({f"{ALB}actions.ssl-redirect": REDIRECT}, (to("'${APP}'"),), "alb"),
    "a name that is filled in": ({f"{ALB}actions.${{APP}}": REDIRECT}, (to("web"),), "alb"),
    "a list, as Alibaba Cloud has it": ({f"{ALB}actions.web": "[]"}, (to("web"),), "alb"),
}


@pytest.mark.parametrize(("annotations", "backends", "class_name"), FINE.values(), ids=FINE)
def test_actions_that_are_used_or_may_be_are_silent(annotations: dict[str, str], backends: tuple[str, ...], class_name: str) -> None:
    assert reported(annotations, *backends, class_name=class_name) == []
