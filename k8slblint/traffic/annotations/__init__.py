"""What load balancer annotations mean to the controllers that read them."""
