"""Which request goes where: the hosts and paths of Ingresses and routes."""
