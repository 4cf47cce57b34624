"""How objects name each other: Service and workload, backend and Service, route and parent, object and owner."""
