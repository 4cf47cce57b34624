"""What controllers make of the objects: every module answers one question."""
