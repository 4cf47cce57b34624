"""Whether an Application of Argo CD is removed together with its objects: by its finalizers.

Source: Argo CD 3.6 `pkg/apis/application/v1alpha1/types.go` (`isPropagationPolicyFinalizer`) and `application_defaults.go`.
"""

from typing import Any

from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.gitops.fields import sequence

_DELETES = "resources-finalizer.argocd.argoproj.io"
"""The finalizer for which Argo CD deletes objects with their Application, perhaps with `/foreground` or `/background` behind it."""


def has_deleting_finalizer(finalizers: Any) -> bool:
    """Tell whether one of the finalizers of an Application has its objects deleted, or may, since it is filled in later."""
    texts = [one for one in sequence(finalizers) if isinstance(one, str)]
    return any(one.partition("/")[0] == _DELETES or has_placeholder(one) for one in texts)
