"""What the annotations of an Ingress are to the controllers that may serve it: read or not, dangerous, dependent on other settings."""
