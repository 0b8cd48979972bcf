"""What dockfix knows about package managers: verbs, options with values, caches, lists."""
