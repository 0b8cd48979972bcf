"""Which instructions of a stage may change places, and what a new order saves."""
