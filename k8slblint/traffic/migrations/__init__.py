"""What becomes of the requests of an Ingress whose hosts and paths another object serves."""
