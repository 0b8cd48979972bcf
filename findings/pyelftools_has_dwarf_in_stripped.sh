#!/usr/bin/env bash
# pyelftools says that a stripped program has debug information
#
# Package: pyelftools 0.33 (Python); the program is Debian's tini 0.19.0-1+b3
# One would expect: ELFFile.has_dwarf_info() is false for a program that was stripped.
# What happens: it is true if there is a section .eh_frame, which every program compiled by GCC or
#     Clang has and `strip` keeps, because exceptions need it. Only strict=True asks for debug
#     information proper.
# Seen:
# | symbols: no
# | section .debug_info: no
# | has_dwarf_info(): True
# | has_dwarf_info(strict=True): False
# Why it matters: a check of image layers for programs that were not stripped reports all of them,
#     and "strip makes it smaller" is then said of what is stripped.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download tini=0.19.0-1+b3
    dpkg -x tini_*.deb program
    python3 -m venv venv
    venv/bin/pip install pyelftools==0.33
} > log 2>&1
venv/bin/python > seen <<'END'
from elftools.elf.elffile import ELFFile

with open("program/usr/bin/tini", "rb") as file:
    elf = ELFFile(file)
    for name, section in (("symbols", ".symtab"), ("section .debug_info", ".debug_info")):
        print(f"{name}:", "yes" if elf.get_section_by_name(section) else "no")
    print("has_dwarf_info():", elf.has_dwarf_info())
    print("has_dwarf_info(strict=True):", elf.has_dwarf_info(strict=True))
END
diff <(sed -n 's/^# | //p' "$script") seen
