"""What programs do: their effects, downloads, where they are found, and managers' commands read."""
