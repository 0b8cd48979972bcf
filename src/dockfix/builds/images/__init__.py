"""Images as engines hand them over: archives, layers, files, and the file system that they make."""
