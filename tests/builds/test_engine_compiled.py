"""Divided stages of compiled languages, built by their real compilers and started.

The bases are stand-ins of Debian's packages under the names of the official images.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.engine_stages import Project, check_project
from helpers.real_engine import RealEngine

INSTALL = "RUN apt-get update && apt-get install -y --no-install-recommends"
CLEAN = "&& rm -rf /var/lib/apt/lists/*"
GOLANG = {
    "golang:1.19-bookworm": "FROM debian:bookworm-slim\n"
    "ENV PATH=/go/bin:$PATH\n"
    f"{INSTALL} ca-certificates gcc golang-go libc6-dev wget {CLEAN}\n"
    "RUN mkdir -p /go/bin && chmod -R 777 /go && go env -w GOPATH=/go GOPROXY=off\nWORKDIR /go\n"
}
RUST = {
    "rust:1.63-bookworm": "FROM debian:bookworm-slim\n"
    "ENV PATH=/usr/local/cargo/bin:$PATH\n"
    f"{INSTALL} ca-certificates cargo gcc libc6-dev rustc {CLEAN}\n"
}
JAVA = {
    f"eclipse-temurin:17-{kind}-noble": "FROM debian:bookworm-slim\n"
    f"RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install -y"
    f" --no-install-recommends openjdk-17-{kind}-headless {CLEAN}\n"
    "ENV JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64\n"
    for kind in ("jdk", "jre")
}
MAIN_GO = """\
package main

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"time"
)

func main() {
	text, err := os.ReadFile("views/x")
	if err != nil {
		panic(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	us, err := user.Current()
	if err != nil {
		panic(err)
	}
	folder, err := os.Stat("/data")
	if err != nil {
		panic(err)
	}
	_, _ = net.LookupHost("localhost")
	greeting := os.Getenv("GREETING")
	fmt.Print(string(text), zone, " ", us.Username, " ", folder.Mode(), " ", greeting, "\\n")
}
"""
SERVE_C = """\
#include <locale.h>
#include <stdio.h>
#include <sys/stat.h>
#include <pwd.h>
#include <unistd.h>
#include <yaml.h>

int main(void) {
    struct stat folder, tool;
    if (stat("/var/lib/shop", &folder) || stat("/usr/local/bin/tool", &tool)) return 1;
    printf("%s %s %o %s %o %s\\n", yaml_get_version_string()[0] ? "yaml" : "",
           getpwuid(getuid())->pw_name, folder.st_mode & 07777, getpwuid(folder.st_uid)->pw_name,
           tool.st_mode & 07777, setlocale(LC_ALL, "") ? "locale" : "none");
    return 0;
}
"""
PROJECTS = (
    Project(
        "go-real",
        ("debian",),
        GOLANG,
        {"go.mod": "module example.org/pulse/v2\n\ngo 1.19\n", "main.go": MAIN_GO, "views/x": "x "},
        "FROM golang:1.19-bookworm\nARG GREETING=hello\nENV GREETING=$GREETING\nWORKDIR /app\n"
        "RUN useradd --system web && mkdir -m 750 /data && chown web:web /data\n"
        "COPY go.mod ./\nRUN go mod download\nCOPY . .\nRUN go build -ldflags '-s -w' -o bin/pulse"
        ' .\nVOLUME ["/data"]\nHEALTHCHECK CMD wget -q -O- localhost\nUSER web\n'
        'ENTRYPOINT ["bin/pulse"]\n',
        "x Europe/Berlin web drwxr-x--- hello\n",
        "/usr/bin/go",
    ),
    Project(
        "go-last",
        ("debian",),
        GOLANG,
        {"go.mod": "module example.org/pulse\n\ngo 1.19\n", "main.go": MAIN_GO, "views/x": "x "},
        "FROM golang:1.19-bookworm AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /pulse .\n\n"
        "FROM golang:1.19-bookworm\nENV GREETING=hi\nRUN useradd web && mkdir /data\n"
        "WORKDIR /srv\nCOPY views views\nCOPY --from=build /pulse /usr/local/bin/\nUSER web\n"
        'CMD ["pulse"]\n',
        "x Europe/Berlin web drwxr-xr-x hi\n",
        "/usr/bin/go",
    ),
    Project(
        "rust-real",
        ("debian",),
        RUST,
        {
            "Cargo.toml": '[package]\nname = "hello"\nversion = "1.0.0"\nedition = "2021"\n',
            "Cargo.lock": 'version = 3\n\n[[package]]\nname = "hello"\nversion = "1.0.0"\n',
            "src/main.rs": "fn main() {\n"
            '    print!("{}", std::fs::read_to_string("templates/x").unwrap());\n}\n',
            "templates/x": "x\n",
        },
        "FROM rust:1.63-bookworm\nWORKDIR /usr/src/hello\nCOPY . .\nRUN cargo install --path ."
        ' --root /usr/local/cargo\nUSER 1000\nCMD ["hello"]\n',
        "x\n",
        "/usr/bin/cargo",
    ),
    Project(
        "c-traps",
        ("debian",),
        {},
        {
            "Makefile": "serve: serve.c\n\tcc -o serve serve.c -lyaml\n\n"
            "tool: serve\n\tcp serve tool\n\n"
            "install: serve tool\n\tinstall -D serve /usr/local/bin/serve\n"
            "\tinstall -m 4755 tool /usr/local/bin/tool\n",
            "serve.c": SERVE_C,
        },
        "FROM debian:bookworm-slim\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libyaml-dev"
        " locales make\n"
        "RUN echo 'de_DE.UTF-8 UTF-8' > /etc/locale.gen && locale-gen\nENV LANG=de_DE.UTF-8\n"
        "RUN useradd --system shop && mkdir -m 2750 -p /var/lib/shop && chown shop /var/lib/shop\n"
        "VOLUME /var/lib/shop\nWORKDIR /src\nCOPY . .\nRUN make && make install\nUSER shop\n"
        'CMD ["serve"]\n',
        "yaml shop 2750 shop 4755 locale\n",
        "/usr/bin/gcc",
    ),
    Project(
        "c-last",
        ("debian",),
        {},
        {
            "Makefile": "serve: serve.c\n\tcc -o serve serve.c -lyaml\n",
            "serve.c": "#include <stdio.h>\n#include <yaml.h>\n"
            'int main(void) { puts(yaml_get_version_string()[0] ? "yaml" : ""); return 0; }\n',
        },
        "FROM debian:bookworm-slim AS build\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libyaml-dev"
        " make\nWORKDIR /src\nCOPY . .\nRUN make\n\nFROM debian:bookworm-slim\n"
        "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends \\\n"
        "        # to look with\n        jq \\\n        gcc \\\n        libyaml-dev \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
        "COPY --from=build /src/serve /usr/local/bin/\nUSER 1000\n"
        'CMD ["serve"]\n',
        "yaml\n",
        "/usr/bin/gcc",
    ),
    Project(
        "java-last",
        ("debian",),
        JAVA,
        {
            "Shop.java": "class Shop {\n    public static void main(String[] arguments) {\n"
            '        System.out.println("x");\n    }\n}\n'
        },
        "FROM eclipse-temurin:17-jdk-noble AS build\nWORKDIR /src\nCOPY Shop.java .\n"
        "RUN javac Shop.java && jar cfe /shop.jar Shop Shop.class\n\n"
        "FROM eclipse-temurin:17-jdk-noble\nWORKDIR /srv\nCOPY --from=build /shop.jar shop.jar\n"
        'USER 1000\nCMD ["java", "-jar", "shop.jar"]\n',
        "x\n",
        "/usr/lib/jvm/java-17-openjdk-amd64/bin/javac",
    ),
)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_a_compiled_project_does_what_it_did(
    project: Project, real_engine: RealEngine, tmp_path: Path
) -> None:
    check_project(project, real_engine, tmp_path)
