"""k8slblint: what a Kubernetes manifest change will do to traffic."""

__version__ = "0.1.0"
