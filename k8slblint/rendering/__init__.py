"""What is really deployed: the render roots of a tree, what Helm and kustomize render from them, and where each value came from."""
