"""What a change between two revisions does to traffic."""
