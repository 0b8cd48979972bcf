"""`python -m dockfix` is the same as `dockfix`."""

from dockfix.cli import command

if __name__ == "__main__":
    command()
