"""Which load balancers there are, what they need, share and cost."""
