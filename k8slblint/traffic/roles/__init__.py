"""Who works where: which namespaces are of application teams, and what they own that serves others."""
