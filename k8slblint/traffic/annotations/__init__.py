"""What the annotations of load balancers say to whoever reads them."""
