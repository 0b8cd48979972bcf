#!/usr/bin/env bash
# dockerfile-parse: setting the base image drops --platform, and one line ending
#
# Package: dockerfile-parse 2.0.1 (Python)
# One would expect: `parser.baseimage = "alpine:3.21"` changes the name of the image in the FROM
#     line and nothing else.
# What happens: the FROM line is written anew from image and stage name. Its flags are gone, and in
#     a file with CRLF it ends in LF, so the file now has both.
# Seen:
# | before: FROM --platform=linux/arm64 alpine:3.20 AS base\r\nCMD ["sh"]\r\n
# | after:  FROM alpine:3.21 AS base\nCMD ["sh"]\r\n
# Why it matters: tools that update base images are built on this library. After the update the
#     image is built for the platform of the machine that builds, which nobody sees until it runs
#     elsewhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install dockerfile-parse==2.0.1
} > log 2>&1
printf 'FROM --platform=linux/arm64 alpine:3.20 AS base\r\nCMD ["sh"]\r\n' > Dockerfile
show() { python3 -c 'print(repr(open("Dockerfile", newline="").read())[1:-1])'; }
{
    echo "before: $(show)"
    venv/bin/python -c '
import dockerfile_parse
dockerfile_parse.DockerfileParser("Dockerfile").baseimage = "alpine:3.21"'
    echo "after:  $(show)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
