"""What the API server makes of a custom resource by the structural schema of its kind: defaults, pruning, values, lists and CEL rules."""
