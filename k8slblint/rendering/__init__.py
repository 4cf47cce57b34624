"""Knows what is really deployed: the render roots of a tree, what Helm and kustomize make of them, and where each value came from."""
