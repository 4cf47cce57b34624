"""Which Pods exist, where they run, and which of them a Service selects."""
