"""What the annotations of an Ingress are to the controllers that may serve it: read, valid, dangerous, dependent on other settings."""
