"""Which objects of Gateway API the API server refuses or trims, by release and channel of the definitions that are installed."""
