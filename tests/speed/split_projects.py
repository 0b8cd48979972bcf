"""Small projects in one stage, each with the stages that an expert would make of it.

They are written here, after the shapes that real files have: a language's own image or Debian's,
compilers and headers beside what is run. Every base image is one that Debian's packages can make.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

APT = "RUN apt-get update && apt-get install -y --no-install-recommends"
CLEAN = "&& rm -rf /var/lib/apt/lists/*"


class Project(NamedTuple):
    """A Dockerfile, an expert's version of it, and what both have to do.

    `edited` is the file that is edited for the rebuild. `run` is a command that has to say the same
    in all images, `declared` what the expert means to be otherwise (`dockfix verify --declare`).
    `bases` are images that are made first: a name, and the lines of their Dockerfile.
    """

    name: str
    dockerfile: str
    expert: str
    files: dict[str, str]
    edited: str
    run: str
    declared: tuple[str, ...] = ()
    bases: Mapping[str, str] = {}


_VENV = "RUN python -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n"
_CARRY_VENV = "COPY --from=build /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n"
_PYTHON_PIP = """\
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
"""
_SHOP = """\
from wsgiref.simple_server import make_server

import flask

app = flask.Flask("shop")
if __name__ == "__main__":
    make_server("", 8000, app).serve_forever()
"""
_SUM_C = """\
#include <stdio.h>
#include <zlib.h>

int main(void) {
    printf("%lx\\n", crc32(0L, (const unsigned char *)"shop", 4));
    return 0;
}
"""
_PARALLEL_C = """\
#include <omp.h>
#include <stdio.h>

int main(void) {
    int total = 0;
#pragma omp parallel for reduction(+ : total)
    for (int number = 0; number < 100; number++) total += number;
    printf("%d\\n", total);
    return 0;
}
"""
_MAKEFILE = """\
PREFIX = /usr/local
total: total.c
\t$(CC) $(CFLAGS) -o $@ $< $(LDLIBS)
install: total
\tinstall -D total $(PREFIX)/bin/total
"""

PROJECTS = (
    Project(
        "python, pip, the full image",
        f'FROM python:3.11\n{_PYTHON_PIP}COPY . .\nCMD ["python", "shop.py"]\n',
        f"FROM python:3.11 AS build\n{_VENV}{_PYTHON_PIP}\n"
        f"FROM python:3.11-slim\nWORKDIR /srv\n{_CARRY_VENV}COPY . .\n"
        'CMD ["python", "shop.py"]\n',
        {"requirements.txt": "flask==3.0.3\n", "shop.py": _SHOP},
        "shop.py",
        "python -c 'import shop; print(shop.app.name)'",
        ("Env PATH",),
    ),
    Project(
        "python, pip, slim and a compiler",
        f"FROM python:3.11-slim\n{APT} gcc libc6-dev python3-dev {CLEAN}\n{_PYTHON_PIP}"
        'COPY shop.py .\nCMD ["python", "shop.py"]\n',
        f"FROM python:3.11-slim AS build\n{APT} gcc libc6-dev python3-dev {CLEAN}\n{_VENV}"
        f"{_PYTHON_PIP}\nFROM python:3.11-slim\nWORKDIR /srv\n{_CARRY_VENV}"
        'COPY requirements.txt .\nCOPY shop.py .\nCMD ["python", "shop.py"]\n',
        {
            "requirements.txt": "--no-binary markupsafe\nmarkupsafe==2.1.5\n",
            "shop.py": "import markupsafe\nprint(markupsafe.escape('<shop>'))\n",
        },
        "shop.py",
        "python shop.py",
        ("Env PATH",),
    ),
    Project(
        "debian's python",
        f"FROM debian:bookworm-slim\n{APT} gcc libc6-dev python3-dev python3-pip {CLEAN}\n"
        "WORKDIR /srv\nCOPY requirements.txt .\n"
        "RUN pip3 install --break-system-packages --no-cache-dir -r requirements.txt\n"
        'COPY shop.py .\nCMD ["python3", "shop.py"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} gcc libc6-dev python3-dev python3-pip {CLEAN}\n"
        "WORKDIR /srv\nCOPY requirements.txt .\n"
        "RUN pip3 install --break-system-packages --no-cache-dir -r requirements.txt\n\n"
        f"FROM debian:bookworm-slim\n{APT} python3 {CLEAN}\nWORKDIR /srv\n"
        "COPY --from=build /usr/local/lib/python3.11 /usr/local/lib/python3.11\n"
        'COPY requirements.txt .\nCOPY shop.py .\nCMD ["python3", "shop.py"]\n',
        {
            "requirements.txt": "markupsafe==2.1.5\n",
            "shop.py": "import markupsafe\nprint(markupsafe.escape('<shop>'))\n",
        },
        "shop.py",
        "python3 shop.py",
        ("package python3-pip",),
    ),
    Project(
        "c, make install",
        f"FROM debian:bookworm-slim\n{APT} gcc libc6-dev make zlib1g-dev {CLEAN}\nWORKDIR /src\n"
        'COPY . .\nRUN make install LDLIBS=-lz\nCMD ["total"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} gcc libc6-dev make zlib1g-dev {CLEAN}\n"
        "WORKDIR /src\nCOPY . .\nRUN make install LDLIBS=-lz\n\n"
        "FROM debian:bookworm-slim\nWORKDIR /src\n"
        'COPY --from=build /usr/local/bin/total /usr/local/bin/total\nCMD ["total"]\n',
        {"Makefile": _MAKEFILE, "total.c": _SUM_C},
        "total.c",
        "total",
        ("/src/**",),
    ),
    Project(
        "c, openmp, a library that comes with the compiler",
        f"FROM debian:bookworm-slim\n{APT} gcc libc6-dev make {CLEAN}\nWORKDIR /src\n"
        'COPY . .\nRUN make install CFLAGS=-fopenmp\nCMD ["total"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} gcc libc6-dev make {CLEAN}\nWORKDIR /src\n"
        "COPY . .\nRUN make install CFLAGS=-fopenmp\n\n"
        f"FROM debian:bookworm-slim\n{APT} libgomp1 {CLEAN}\nWORKDIR /src\n"
        'COPY --from=build /usr/local/bin/total /usr/local/bin/total\nCMD ["total"]\n',
        {"Makefile": _MAKEFILE, "total.c": _PARALLEL_C},
        "total.c",
        "total",
        ("/src/**",),
    ),
    Project(
        "c++, cmake",
        f"FROM debian:bookworm-slim\n{APT} cmake g++ make {CLEAN}\nWORKDIR /src\nCOPY . .\n"
        "RUN cmake -S . -B /build && cmake --build /build && cmake --install /build\n"
        'CMD ["total"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} cmake g++ make {CLEAN}\nWORKDIR /src\n"
        "COPY . .\nRUN cmake -S . -B /build && cmake --build /build && cmake --install /build\n\n"
        "FROM debian:bookworm-slim\nWORKDIR /src\n"
        'COPY --from=build /usr/local/bin/total /usr/local/bin/total\nCMD ["total"]\n',
        {
            "CMakeLists.txt": "cmake_minimum_required(VERSION 3.13)\nproject(total CXX)\n"
            "add_executable(total total.cc)\ninstall(TARGETS total)\n",
            "total.cc": '#include <iostream>\nint main() { std::cout << 42 << "\\n"; }\n',
        },
        "total.cc",
        "total",
        ("/src/**", "/build/**", "/build"),
    ),
    Project(
        "c, the compiler purged too late",
        f"FROM debian:bookworm-slim\n{APT} gcc libc6-dev {CLEAN}\nCOPY total.c /tmp/\n"
        "RUN gcc -o /usr/local/bin/total /tmp/total.c\n"
        'RUN apt-get purge -y --auto-remove gcc libc6-dev\nCMD ["total"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} gcc libc6-dev {CLEAN}\nCOPY total.c /tmp/\n"
        "RUN gcc -o /usr/local/bin/total /tmp/total.c\n\nFROM debian:bookworm-slim\n"
        'COPY --from=build /usr/local/bin/total /usr/local/bin/total\nCMD ["total"]\n',
        {"total.c": '#include <stdio.h>\nint main(void) { puts("42"); return 0; }\n'},
        "total.c",
        "total",
    ),
    Project(
        "fortran",
        f"FROM debian:bookworm-slim\n{APT} gfortran libc6-dev {CLEAN}\nWORKDIR /src\n"
        'COPY total.f90 .\nRUN gfortran -o /usr/local/bin/total total.f90\nCMD ["total"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} gfortran libc6-dev {CLEAN}\nWORKDIR /src\n"
        "COPY total.f90 .\nRUN gfortran -o /usr/local/bin/total total.f90\n\n"
        f"FROM debian:bookworm-slim\n{APT} libgfortran5 {CLEAN}\nWORKDIR /src\n"
        'COPY --from=build /usr/local/bin/total /usr/local/bin/total\nCMD ["total"]\n',
        {"total.f90": "program total\n  print *, 42\nend program\n"},
        "total.f90",
        "total",
        ("/src/**",),
    ),
    Project(
        "go",
        f"FROM debian:bookworm-slim\n{APT} ca-certificates golang-go {CLEAN}\nWORKDIR /src\n"
        'COPY go.mod main.go ./\nRUN go build -o /usr/local/bin/shop .\nCMD ["shop"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} ca-certificates golang-go {CLEAN}\n"
        "WORKDIR /src\nCOPY go.mod main.go ./\nRUN go build -o /usr/local/bin/shop .\n\n"
        f"FROM debian:bookworm-slim\n{APT} ca-certificates {CLEAN}\nWORKDIR /src\n"
        'COPY --from=build /usr/local/bin/shop /usr/local/bin/shop\nCMD ["shop"]\n',
        {
            "go.mod": "module example.com/shop\n\ngo 1.19\n",
            "main.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("shop") }\n',
        },
        "main.go",
        "shop",
        ("/src/**",),
    ),
    Project(
        "rust",
        f"FROM debian:bookworm-slim\n{APT} cargo {CLEAN}\nWORKDIR /src\nCOPY . .\n"
        'RUN cargo build --release\nCMD ["/src/target/release/shop"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} cargo {CLEAN}\nWORKDIR /src\nCOPY . .\n"
        "RUN cargo build --release\n\nFROM debian:bookworm-slim\n"
        f"{APT} libgcc-s1 {CLEAN}\nWORKDIR /src\n"
        "COPY --from=build /src/target/release/shop /src/target/release/shop\n"
        'CMD ["/src/target/release/shop"]\n',
        {
            "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/main.rs": 'fn main() {\n    println!("shop");\n}\n',
        },
        "src/main.rs",
        "/src/target/release/shop",
        ("/src/**",),
    ),
    Project(
        "java",
        f"FROM debian:bookworm-slim\n{APT} openjdk-17-jdk-headless {CLEAN}\nWORKDIR /srv\n"
        "COPY Shop.java .\nRUN javac -d classes Shop.java\n"
        'CMD ["java", "-cp", "classes", "Shop"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} openjdk-17-jdk-headless {CLEAN}\n"
        "WORKDIR /srv\nCOPY Shop.java .\nRUN javac -d classes Shop.java\n\n"
        f"FROM debian:bookworm-slim\n{APT} openjdk-17-jre-headless {CLEAN}\nWORKDIR /srv\n"
        "COPY --from=build /srv/classes /srv/classes\n"
        'CMD ["java", "-cp", "classes", "Shop"]\n',
        {
            "Shop.java": "class Shop {\n    public static void main(String[] words) {\n"
            '        System.out.println("shop");\n    }\n}\n'
        },
        "Shop.java",
        "java -cp classes Shop",
        ("/srv/Shop.java",),
    ),
    Project(
        "node, npm ci and a build",
        "FROM node:20-slim\nWORKDIR /srv\nCOPY package.json package-lock.json ./\nRUN npm ci\n"
        'COPY . .\nRUN npm run build\nCMD ["node", "dist/shop.js"]\n',
        "FROM node:20-slim AS build\nWORKDIR /srv\nCOPY package.json package-lock.json ./\n"
        "RUN npm ci\nCOPY . .\nRUN npm run build\n\nFROM node:20-slim\nWORKDIR /srv\n"
        "COPY package.json package-lock.json ./\nCOPY --from=build /srv/dist /srv/dist\n"
        'CMD ["node", "dist/shop.js"]\n',
        {
            "package.json": '{"name": "shop", "version": "1.0.0", "scripts": {"build": "tsc"}, '
            '"devDependencies": {"typescript": "5.4.5"}}\n',
            "package-lock.json": '{"name": "shop", "version": "1.0.0", "lockfileVersion": 3, '
            '"packages": {"": {"name": "shop", "version": "1.0.0", "devDependencies": '
            '{"typescript": "5.4.5"}}, "node_modules/typescript": {"version": "5.4.5", '
            '"dev": true, "bin": {"tsc": "bin/tsc"}}}}\n',
            "tsconfig.json": '{"compilerOptions": {"outDir": "dist", "types": []}, '
            '"include": ["src"]}\n',
            "src/shop.ts": 'const shop: string = "shop";\nconsole.log(shop);\n',
        },
        "src/shop.ts",
        "node dist/shop.js",
        ("/srv/node_modules/**", "/srv/src/**", "/srv/tsconfig.json"),
    ),
    Project(
        "php, a module",
        f"FROM debian:bookworm-slim\n{APT} composer git php-cli unzip {CLEAN}\nWORKDIR /srv\n"
        'COPY . .\nRUN composer install --no-dev\nCMD ["php", "shop.php"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} composer git php-cli unzip {CLEAN}\n"
        f"WORKDIR /srv\nCOPY . .\nRUN composer install --no-dev\n\nFROM debian:bookworm-slim\n"
        f"{APT} php-cli {CLEAN}\nWORKDIR /srv\nCOPY --from=build /srv /srv\n"
        'CMD ["php", "shop.php"]\n',
        {
            "composer.json": '{"autoload": {"psr-4": {"Shop\\\\": "src/"}}}\n',
            "src/Name.php": "<?php\nnamespace Shop;\nclass Name { const NAME = 'shop'; }\n",
            "shop.php": "<?php\nrequire 'vendor/autoload.php';\necho Shop\\Name::NAME, \"\\n\";\n",
        },
        "shop.php",
        "php shop.php",
        ("package composer", "package git", "package unzip", "/root/.composer/**"),
    ),
    Project(
        "two stages, the last one still with a compiler",
        f"FROM debian:bookworm-slim AS build\n{APT} g++ {CLEAN}\nCOPY total.cc /src/\n"
        "RUN g++ -o /src/total /src/total.cc\n\n"
        f"FROM debian:bookworm-slim\n{APT} ca-certificates g++ {CLEAN}\n"
        'COPY --from=build /src/total /usr/local/bin/total\nCMD ["total"]\n',
        f"FROM debian:bookworm-slim AS build\n{APT} g++ {CLEAN}\nCOPY total.cc /src/\n"
        "RUN g++ -o /src/total /src/total.cc\n\n"
        f"FROM debian:bookworm-slim\n{APT} ca-certificates {CLEAN}\n"
        'COPY --from=build /src/total /usr/local/bin/total\nCMD ["total"]\n',
        {"total.cc": '#include <iostream>\nint main() { std::cout << 42 << "\\n"; }\n'},
        "total.cc",
        "total",
    ),
)
