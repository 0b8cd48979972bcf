"""Whether an image that is a selection of another one has all that it needs, and what it left."""
