#!/usr/bin/env bash
# A Dockerfile included into a page has other comments than the file
#
# Package: mkdocs-include-markdown-plugin 7.3.0 with mkdocs 1.6.1 (Python)
# One would expect: heading-offset makes headings of an included page smaller. The plugin leaves
#     code alone: in a page with a fenced block, lines of that block that start with "#" stay.
# What happens: it looks for fences in the included text only. If the fence is in the page and the
#     Dockerfile is included into it, every comment is a heading to the plugin and gets more "#".
#     With `include` instead of `include-markdown` nothing is changed.
# Seen:
# | include-markdown: ## syntax=docker/dockerfile:1
# | include: # syntax=docker/dockerfile:1
# Why it matters: with two "#" the first line is no directive any more, so a reader who copies the
#     example from the page builds with another frontend.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install mkdocs==1.6.1 mkdocs-include-markdown-plugin==7.3.0
} > log 2>&1
mkdir docs
printf 'site_name: example\nplugins: [include-markdown]\n' > mkdocs.yml
printf '# syntax=docker/dockerfile:1\nFROM debian:12\n' > docs/Dockerfile
for command in 'include-markdown "Dockerfile" heading-offset=1' 'include "Dockerfile"'; do
    printf '# Example\n\n```dockerfile\n{%% %s %%}\n```\n' "$command" > docs/index.md
    venv/bin/mkdocs build --strict >> log 2>&1
    echo "${command%% *}: $(sed -n 's/.*<code[^>]*>\(#.*syntax.*\)/\1/p' site/index.html)"
done > seen
diff <(sed -n 's/^# | //p' "$script") seen
