"""The programs that build: docker, podman and buildah, driven through their command lines."""
