"""The checks: one module per rule, each a pure function that yields problems."""
