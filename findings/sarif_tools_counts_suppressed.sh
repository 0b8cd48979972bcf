#!/usr/bin/env bash
# sarif-tools fails a build for results that are suppressed or gone
#
# Package: sarif-tools 3.0.5 (Python)
# One would expect: `sarif --check warning summary` fails if there are warnings that somebody has to
#     look at. The format has fields for those that nobody has to: "suppressions" (a comment in the
#     source says so) and "baselineState": "absent" (it was there the last time).
# What happens: neither field is read. Each such result is counted, shown and fails the check.
# Seen:
# | no results: exit code 0
# | suppressed in source: exit code 1
# | absent since the last run: exit code 1
# Why it matters: a linter that reports what an ignore comment covers as "suppressed", as the format
#     wants it, breaks builds that one which says nothing does not. After a baseline is used the
#     number of warnings goes up with every one that is mended.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install sarif-tools==3.0.5
} > log 2>&1
check() { # results with the fields $1 beside the usual ones; none at all without $1
    local code=0
    python3 - "$@" > lint.sarif <<'END'
import json, sys

place = {"artifactLocation": {"uri": "Dockerfile"}, "region": {"startLine": 2}}
results = [
    {"ruleId": "X1", "level": "warning", "message": {"text": "found"},
     "locations": [{"physicalLocation": place}], **json.loads(fields)}
    for fields in sys.argv[1:]
]
run = {"tool": {"driver": {"name": "lint"}}, "results": results}
print(json.dumps({"version": "2.1.0", "runs": [run]}))
END
    venv/bin/sarif --check warning summary lint.sarif >> log 2>&1 || code=$?
    echo "exit code $code"
}
{
    echo "no results: $(check)"
    echo "suppressed in source: $(check '{"suppressions": [{"kind": "inSource"}]}')"
    echo "absent since the last run: $(check '{"baselineState": "absent"}')"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
