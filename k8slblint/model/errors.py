"""The errors that are not findings: a wrong call, and a defect of k8slblint."""


class UsageError(Exception):
    """The call cannot be carried out: one sentence that says why and names the cure; exit status 2."""
