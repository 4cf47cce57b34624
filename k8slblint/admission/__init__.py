"""What the API server, schemas of custom kinds and webhooks refuse."""
