"""Real builds: the room that drives an engine. Nothing in it is imported unless asked for."""
