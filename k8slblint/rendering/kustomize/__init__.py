"""Kustomizations: what they read, and how kustomize builds them."""
