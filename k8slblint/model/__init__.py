"""What a resource, location, rule, problem, finding and report are: frozen, without input or output."""
