"""The reader of the shell inside RUN, CMD and ENTRYPOINT, and what a script leaves behind."""
