#!/usr/bin/env bash
# Three readers of image names find three registries in the same name
#
# Package: docker 7.1.0, oras 0.2.43, docker-image-py 0.2.0 (Python)
# One would expect: the rule for the first part of a name (a registry if it has a dot or a colon or
#     is "localhost") is old, and libraries for registries agree on it.
# What happens: oras does not know "localhost" without a port and looks on Docker Hub.
#     docker-image-py takes every first part for a registry. And docker-py, which gets both right,
#     leaves the tag in the name if there is also a digest.
# Seen (name: registry and repository by docker-py; oras; docker-image-py):
# | localhost/app: localhost app; docker.io localhost/app; localhost app
# | team/app: docker.io team/app; docker.io team/app; team app
# | node:22@sha256:…: docker.io node:22; docker.io node; none node
# Why it matters: podman and buildah call what they build localhost/NAME, so a FROM with such a name
#     is looked for on the internet by a tool on oras. Base images that are pinned by tag and
#     digest, as updaters write them, are a repository "node:22" to a tool on docker-py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install docker==7.1.0 oras==0.2.43 docker-image-py==0.2.0
} > log 2>&1
venv/bin/python > seen <<'END'
from docker.auth import resolve_repository_name
from docker.utils import parse_repository_tag
from docker_image.reference import Reference
from oras.container import Container

for name in ("localhost/app", "team/app", "node:22@sha256:" + "0" * 64):
    by_docker = resolve_repository_name(parse_repository_tag(name)[0])
    container = Container(name)
    repository = "/".join(filter(None, (container.namespace, container.repository)))
    host, path = Reference.parse(name).split_hostname()
    readings = (" ".join(by_docker), f"{container.registry} {repository}", f"{host or 'none'} {path}")
    print(name.replace("0" * 64, "…") + ":", "; ".join(readings))
END
diff <(sed -n 's/^# | //p' "$script") seen
