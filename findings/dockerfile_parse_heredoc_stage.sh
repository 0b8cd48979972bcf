#!/usr/bin/env bash
# dockerfile-parse takes a heredoc's text for instructions, and changes it
#
# Package: dockerfile-parse 2.0.1; held against BuildKit's own parser, dockerfile 3.4.0 (Python)
# One would expect: a parser that does not know heredocs raises an error at a line that is no
#     instruction.
# What happens: every line is an instruction to it. A line of a heredoc that starts with FROM is a
#     stage, and as the last one it is the base image. Setting the base image then writes into the
#     file that the heredoc makes and leaves the real FROM as it is.
# Seen:
# | BuildKit's parser: FROM RUN
# | dockerfile-parse: FROM RUN CAT FROM END EOF
# | base image: greetings
# | after the base image was set to alpine:3.21:
# | FROM alpine:3.20
# | RUN <<EOF
# | cat > /etc/issue <<END
# | FROM alpine:3.21
# | END
# | EOF
# Why it matters: heredocs in Dockerfiles often hold SQL or letters, with lines that start with
#     FROM. Scanners and updaters that are built on this library judge the wrong image, and no error
#     tells.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install dockerfile-parse==2.0.1 dockerfile==3.4.0
} > log 2>&1
cat > Dockerfile <<'DOCKERFILE'
FROM alpine:3.20
RUN <<EOF
cat > /etc/issue <<END
FROM greetings
END
EOF
DOCKERFILE
venv/bin/python > seen <<'END'
import dockerfile
import dockerfile_parse

print("BuildKit's parser:", *(c.cmd for c in dockerfile.parse_file("Dockerfile")))
parser = dockerfile_parse.DockerfileParser("Dockerfile")
print("dockerfile-parse:", *(line["instruction"] for line in parser.structure))
print("base image:", parser.baseimage)
parser.baseimage = "alpine:3.21"
print("after the base image was set to alpine:3.21:")
print(parser.content, end="")
END
diff <(sed -n 's/^# | //p' "$script") seen
