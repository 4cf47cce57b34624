"""What the implementation that serves a Gateway does with it, its routes and its policies."""
