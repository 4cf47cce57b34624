"""Charts: what they consist of, and how Helm renders them."""
