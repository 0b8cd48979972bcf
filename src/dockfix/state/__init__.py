"""What holds at an instruction: shell, directory, user, environment, paths, programs, stages."""
