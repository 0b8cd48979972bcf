"""What dockfix says about files and passes; nothing here prints."""
