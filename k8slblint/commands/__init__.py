"""The words a user types, streams, and the exit status."""
