"""Which clients a load balancer allows."""
