"""dockfix rewrites Dockerfiles, and proves every rewrite before it leaves the program."""

__version__ = "0.1.0"
