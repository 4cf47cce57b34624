"""What controllers do with the objects: every module answers one question."""
