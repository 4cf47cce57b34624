"""What attaches to what in Gateway API: listeners, routes and ListenerSets, with the conditions that a conformant controller sets."""
