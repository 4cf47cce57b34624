"""Which policy of a Gateway API implementation applies to what, what it overrides, and which references name nothing."""
