"""Who is let in by a load balancer."""
