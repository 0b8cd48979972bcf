"""The order of COPYs, installs and metadata: what may change places, and what that saves."""
