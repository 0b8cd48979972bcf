"""`python -m dockfix` is the same as `dockfix`."""

from dockfix.cli import main

if __name__ == "__main__":
    main()
