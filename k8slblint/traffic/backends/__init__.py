"""What is behind a reference to a Service: whether the Service is there, and whether it has the port."""
