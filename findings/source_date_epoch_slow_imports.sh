#!/usr/bin/env bash
# SOURCE_DATE_EPOCH changes which kind of .pyc pip and uv write
#
# Package: pip 25.3, uv 0.9.9, with six 1.17.0; CPython's py_compile (seen with 3.11)
# One would expect: SOURCE_DATE_EPOCH sets times in what is built, no more.
# What happens: with it pip's .pyc files carry a hash of the source instead of its time, and Python
#     then reads and hashes each source file again whenever it is imported. uv does the same. (The
#     number is in bytes 4 to 8 of the .pyc: 0 goes by time, 3 by a hash that is checked.)
# Seen:
# | pip: 0
# | pip with SOURCE_DATE_EPOCH: 3
# | uv: 0
# | uv with SOURCE_DATE_EPOCH: 3
# Why it matters: BuildKit hands SOURCE_DATE_EPOCH, where somebody builds with it, to every stage
#     that declares the ARG. Above an install such an ARG makes each start of each container slower,
#     for good; below it, nothing changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset SOURCE_DATE_EPOCH PIP_NO_COMPILE
{
    python3 -m venv venv
    venv/bin/pip install pip==25.3 uv==0.9.9
} > log 2>&1
kind() { # of the .pyc that the installer leaves, called as the words say
    python3 -m venv --without-pip --clear target
    "$@" six==1.17.0 >> log 2>&1
    python3 - target/lib/python*/site-packages/__pycache__/six.*.pyc <<'END'
import pathlib, sys
print(int.from_bytes(pathlib.Path(sys.argv[1]).read_bytes()[4:8], "little"))
END
}
pip=(venv/bin/pip --python target/bin/python install)
uv=(venv/bin/uv pip install --python target/bin/python --compile-bytecode)
epoch=(env SOURCE_DATE_EPOCH=1700000000)
{
    echo "pip: $(kind "${pip[@]}")"
    echo "pip with SOURCE_DATE_EPOCH: $(kind "${epoch[@]}" "${pip[@]}")"
    echo "uv: $(kind "${uv[@]}")"
    echo "uv with SOURCE_DATE_EPOCH: $(kind "${epoch[@]}" "${uv[@]}")"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
