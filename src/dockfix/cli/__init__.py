"""The command line: what it says, which files it means, who does them, and what is written."""
