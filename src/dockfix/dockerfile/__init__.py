"""The reader of Dockerfiles: bytes to tokens to a tree, exactly as BuildKit reads them."""
