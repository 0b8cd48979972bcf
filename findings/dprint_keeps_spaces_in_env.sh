#!/usr/bin/env bash
# dprint's Dockerfile formatter changes the value of an ENV
#
# Package: @dprint/dockerfile 0.6.0 with @dprint/formatter 0.5.1 (npm); values as BuildKit's own
#     parser reads them, dockerfile 3.4.0 (Python)
# One would expect: a formatter changes how a file looks, not what it says. Spaces at the end of a
#     line are what formatters remove.
# What happens: `ENV NAME value` becomes `ENV NAME="value"`, and spaces behind the value, which
#     BuildKit drops, come into the quotes and so into the environment.
# Seen:
# | before: LOCALE is 'C.UTF-8'
# | ENV LOCALE="C.UTF-8  "
# | after: LOCALE is 'C.UTF-8  '
# Why it matters: spaces at the end of a line are invisible, and so is what they do to a path or a
#     locale once the file was formatted in a pre-commit hook.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install dockerfile==3.4.0
    npm install --prefix node @dprint/dockerfile@0.6.0 @dprint/formatter@0.5.1
} > log 2>&1
printf 'FROM debian:12\nENV LOCALE C.UTF-8  \n' > Dockerfile
cat > format.js <<'END'
const fs = require("fs");
const {createFromBuffer} = require("@dprint/formatter");
const formatter = createFromBuffer(fs.readFileSync(require("@dprint/dockerfile").getPath()));
const fileText = fs.readFileSync("Dockerfile", "utf8");
fs.writeFileSync("Dockerfile", formatter.formatText({filePath: "Dockerfile", fileText}));
END
value() {
    venv/bin/python -c '
import dockerfile
name, value = dockerfile.parse_file("Dockerfile")[1].value[:2]
print(name, "is", repr(value.strip("\"")))'
}
{
    echo "before: $(value)"
    NODE_PATH=node/node_modules node format.js
    sed -n 2p Dockerfile
    echo "after: $(value)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
