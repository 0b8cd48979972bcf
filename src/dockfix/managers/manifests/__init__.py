"""Formats that several managers read, and the words in which all say what they read."""
