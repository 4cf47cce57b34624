"""Which Pods there are, where they run, and which of them a Service leads to."""
