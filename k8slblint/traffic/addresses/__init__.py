"""Which addresses nodes have, and pools."""
