"""The addresses of nodes and of pools."""
