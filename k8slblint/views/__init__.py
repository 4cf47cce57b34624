"""What is inferred, as text, JSON and configuration; no I/O."""
