#!/usr/bin/env bash
# `sarif merge` puts two units of columns under one name, and changes no column
#
# Package: @microsoft/sarif-multitool 5.7.0 (npm, its Linux program)
# One would expect: two runs that count columns in different units stay apart, or the columns of one
#     are converted.
# What happens: runs of the same tool become one run, which says "utf16CodeUnits". The columns of
#     the run that counted in Unicode code points are copied as they are.
# Seen (behind one character that is two UTF-16 units):
# | Dockerfile: unicodeCodePoints 8
# | api/Dockerfile: utf16CodeUnits 9
# | merged: utf16CodeUnits Dockerfile 8, api/Dockerfile 9
# Why it matters: merging is what CI does with the results of several Dockerfiles before it uploads
#     them. From then on the marks of one of them are off by one for each such character before
#     them, and nothing in the file tells which.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
npm install --prefix tool @microsoft/sarif-multitool-linux@5.7.0 > log 2>&1
results() { # file $1: one result at column $3, which is counted in $2
    python3 - "$@" <<'END'
import json, sys

name, kind, column = sys.argv[1:]
region = {"startLine": 2, "startColumn": int(column)}
place = {"physicalLocation": {"artifactLocation": {"uri": name}, "region": region}}
result = {"ruleId": "X1", "message": {"text": "found"}, "locations": [place]}
run = {"tool": {"driver": {"name": "lint"}}, "columnKind": kind, "results": [result]}
schema = "https://json.schemastore.org/sarif-2.1.0.json"
print(json.dumps({"version": "2.1.0", "$schema": schema, "runs": [run]}))
END
}
results Dockerfile unicodeCodePoints 8 > one.sarif
results api/Dockerfile utf16CodeUnits 9 > two.sarif
multitool=$(find tool -name Sarif.Multitool -type f)
chmod +x "$multitool"
"$multitool" merge one.sarif two.sarif --output-file merged.sarif --output-directory . >> log 2>&1
python3 > seen <<'END'
import json

def places(run):
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        yield place["artifactLocation"]["uri"], place["region"]["startColumn"]

for name in ("one", "two"):
    [run] = json.load(open(name + ".sarif"))["runs"]
    [(uri, column)] = places(run)
    print(f"{uri}: {run['columnKind']} {column}")
for run in json.load(open("merged.sarif"))["runs"]:
    print("merged:", run["columnKind"], ", ".join(f"{u} {c}" for u, c in sorted(places(run))))
END
diff <(sed -n 's/^# | //p' "$script") seen
