"""Divided stages, built and started: what they say is what they said, and they are set up alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.engine_stages import Project, check_project
from helpers.real_engine import RealEngine

PYTHON = {
    # Debian's own Python makes no environments
    "python:3.11-slim-bookworm": "FROM python:3.11-slim\nRUN apt-get update"
    " && apt-get install -y --no-install-recommends python3-venv\n",
    "python:3.11-bookworm": "FROM python:3.11-slim-bookworm\nRUN echo 1 > /full\n",
}
NODE = {
    "node:20-slim": "FROM node:20-slim\nRUN id node || useradd --create-home --uid 1000 node\n",
    "node:20": "FROM node:20-slim\nRUN echo 1 > /full\n",
}
#: A gem that is linked with libpq, which only the full image has.
MAKE_GEM = """\
mkdir -p /gem/ext /srv/gems/gems && cd /gem && printf '%s\\n' \
'Gem::Specification.new do |spec|' 'spec.name = "pg"' 'spec.version = "1.0.0"' \
'spec.summary = "x"' 'spec.authors = ["x"]' 'spec.files = Dir["ext/*"]' \
'spec.extensions = ["ext/extconf.rb"]' 'end' >pg.gemspec && printf '%s\\n' \
'require "mkmf"' '$CFLAGS << " -I/usr/include/postgresql"' \
'abort unless have_library("pq", "PQlibVersion")' 'create_makefile "pg_ext"' >ext/extconf.rb \
&& printf '%s\\n' '#include <ruby.h>' '#include <libpq-fe.h>' \
'static VALUE version(VALUE self) { return INT2NUM(PQlibVersion() > 0); }' \
'void Init_pg_ext(void) { rb_define_global_function("pg_version", version, 0); }' >ext/pg_ext.c \
&& gem build --quiet pg.gemspec && mv pg-1.0.0.gem /srv/gems/gems \
&& gem generate_index --directory /srv/gems && rm -r /gem
"""
RUBY = {
    "ruby:3.1-slim-bookworm": "FROM debian:bookworm-slim\n"
    "ENV GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle"
    " PATH=/usr/local/bundle/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n"
    "RUN apt-get update && apt-get install -y --no-install-recommends ruby ruby-bundler"
    " && mkdir -m 1777 /usr/local/bundle\n"
    f"RUN {MAKE_GEM}",
    "ruby:3.1-bookworm": "FROM ruby:3.1-slim-bookworm\nRUN echo 1 > /full && apt-get update"
    " && apt-get install -y --no-install-recommends gcc libc6-dev libpq-dev make ruby-dev\n",
}
#: What a registry says of ms 2.1.2.
MS = (
    "sha512-sGkPx+VjMtmA6MX27oA4FBFELFCZZ4S4XqeGOXCv68tT+jb3vk"
    "/RyaKWP0PTKyWtmLSM0b+adUTEvbs1PEaH2w=="
)
PROJECTS = (
    Project(
        "python",
        ("debian", "python"),
        PYTHON,
        {
            "requirements.txt": "six==1.16.0\ngunicorn==22.0.0\n",
            "shop.py": "import six, sys\nprint(six.__version__, sys.argv[1:])\n",
            "start.sh": '#!/bin/sh\ngunicorn --version\nid -un\nexec python shop.py $HOME "$@"\n',
        },
        "FROM python:3.11-bookworm\nLABEL a=b\nENV HOME=/srv\nRUN useradd --uid 1234 web\n"
        "WORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        'COPY . .\nUSER web\nEXPOSE 80\nSTOPSIGNAL SIGINT\nENTRYPOINT ["sh", "start.sh"]\n'
        'CMD ["x"]\n',
        "gunicorn (version 22.0.0)\nweb\n1.16.0 ['/srv', 'x']\n",
        "/full",
    ),
    Project(
        "python-own",
        ("debian", "python"),
        PYTHON,
        {
            "requirements.txt": "six==1.16.0\n",
            "shop.py": "import six, sys\nprint(six.__version__, sys.prefix)\n",
        },
        "FROM python:3.11-bookworm\nENV VIRTUAL_ENV=/opt/venv\nRUN pip install uv\n"
        "RUN uv venv $VIRTUAL_ENV\nENV PATH=$VIRTUAL_ENV/bin:$PATH\nWORKDIR /srv\n"
        "COPY requirements.txt .\nRUN uv pip install -r requirements.txt\nCOPY . .\nUSER 1000\n"
        'CMD ["python", "shop.py"]\n',
        "1.16.0 /opt/venv\n",
        "/usr/local/bin/uv",
    ),
    Project(
        "node",
        ("debian", "node"),
        NODE,
        {
            "package.json": '{"name": "x", "version": "1.0.0", "dependencies": {"ms": "2.1.2"},'
            ' "scripts": {"start": "node index.js"}}\n',
            "package-lock.json": '{"name": "x", "version": "1.0.0", "lockfileVersion": 3,'
            ' "packages": {"": {"name": "x", "version": "1.0.0", "dependencies": {"ms": "2.1.2"}},'
            ' "node_modules/ms": {"version": "2.1.2"}}}\n',
            "index.js": 'console.log(require("ms")("1s"), process.cwd(), process.getuid())\n',
        },
        "FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nUSER 1000\n"
        'CMD ["node", "index.js"]\n',
        "1000 /app 1000\n",
        "/full",
    ),
    Project(
        "npm-build",
        ("debian", "node"),
        NODE,
        {
            "package.json": '{"name": "x", "version": "1.0.0", "dependencies": {"ms": "2.1.2"},'
            ' "devDependencies": {"typescript": "5.4.5"},'
            ' "scripts": {"build": "tsc", "start": "node dist/server.js"}}\n',
            "package-lock.json": '{"name": "x", "version": "1.0.0", "lockfileVersion": 3,'
            ' "packages": {"": {"name": "x", "version": "1.0.0", "dependencies": {"ms": "2.1.2"},'
            ' "devDependencies": {"typescript": "5.4.5"}},'
            ' "node_modules/ms": {"version": "2.1.2"}, "node_modules/typescript": {"version":'
            ' "5.4.5", "dev": true, "bin": {"tsc": "bin/tsc"}}}}\n',
            "tsconfig.json": '{"compilerOptions": {"outDir": "dist", "types": []},'
            ' "include": ["src"]}\n',
            "src/server.ts": "declare const require: any, process: any;\n"
            'const left: number = require("ms")("1s");\n'
            'const owners = [".", "dist", "package-lock.json", "src"].map('
            '(path) => require("fs").statSync(path).uid);\n'
            "console.log(left, process.env.GREETING, ...owners);\n",
        },
        "ARG NODE=20\nFROM node:$NODE\nARG GREETING=hello\nENV GREETING=$GREETING\nWORKDIR /app\n"
        "RUN chown node:node /app\nUSER node\n"
        "COPY --chown=node:node package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"
        'RUN rm -rf node_modules/typescript\nCMD ["npm", "start", "--silent"]\n',
        "1000 hello 1000 1000 0 0\n",
        "/full",
    ),
    Project(
        "pnpm",
        ("debian", "node"),
        NODE,
        {
            "package.json": '{"name": "x", "workspaces": ["packages/*"]}\n',
            "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
            "pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\n  packages/api:\n"
            "    dependencies:\n      left:\n        specifier: workspace:*\n"
            "        version: link:../left\n\n  packages/left:\n    dependencies:\n      ms:\n"
            "        specifier: 2.1.2\n        version: 2.1.2\n\npackages:\n\n  ms@2.1.2:\n"
            f"    resolution: {{integrity: {MS}}}\n\nsnapshots:\n\n  ms@2.1.2: {{}}\n",
            "packages/api/package.json": '{"name": "api", "dependencies": {"left": "workspace:*"},'
            ' "scripts": {"build": "mkdir -p dist && cp api.js dist",'
            ' "start": "node dist/api.js"}}\n',
            "packages/api/api.js": 'console.log(require("left"), process.cwd())\n',
            "packages/left/package.json": '{"name": "left", "dependencies": {"ms": "2.1.2"}}\n',
            "packages/left/index.js": 'module.exports = require("ms")("1s")\n',
        },
        "FROM node:20\nRUN npm install -g pnpm@9.15.0\nWORKDIR /app\nCOPY . .\n"
        "RUN pnpm install --frozen-lockfile && pnpm --filter api build\n"
        'WORKDIR /app/packages/api\nCMD ["pnpm", "--silent", "start"]\n',
        "1000 /app/packages/api\n",
        "/full",
    ),
    Project(
        "ruby",
        ("debian",),
        RUBY,
        {
            "Gemfile": 'source "file:///srv/gems"\ngem "pg"\n',
            "Gemfile.lock": "GEM\n  remote: file:///srv/gems/\n  specs:\n    pg (1.0.0)\n\n"
            "PLATFORMS\n  ruby\n\nDEPENDENCIES\n  pg\n\nBUNDLED WITH\n   2.3.15\n",
            "shop.rb": 'require "bundler/setup"\nrequire "pg_ext"\n'
            "puts pg_version, Bundler.settings[:without].inspect, Process.uid\n",
        },
        "FROM ruby:3.1-bookworm\nWORKDIR /app\nRUN bundle config set without development\n"
        "COPY Gemfile Gemfile.lock ./\nRUN bundle install && rm -rf ~/.bundle/cache\n"
        'COPY shop.rb ./\nCMD ["bundle", "exec", "ruby", "shop.rb"]\n',
        "1\n[:development]\n0\n",
        "/full",
    ),
    Project(
        "c",
        ("debian",),
        {},
        {
            "Makefile": "serve: serve.c\n\tcc -o serve serve.c -lyaml\n\n"
            "install: serve\n\tinstall -D serve /usr/local/bin/serve\n",
            "serve.c": "#include <stdio.h>\n#include <yaml.h>\n"
            'int main(void) { puts(yaml_get_version_string()[0] ? "yaml" : ""); return 0; }\n',
        },
        "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y"
        " --no-install-recommends gcc libc6-dev libyaml-dev make\nWORKDIR /src\nCOPY . .\n"
        'RUN make -j$(nproc) && make install\nUSER 1000\nCMD ["serve"]\n',
        "yaml\n",
        "/usr/bin/gcc",
    ),
    Project(
        "go",
        ("debian",),
        {
            # a stand-in, whose programs are scripts
            "golang:1.22-bookworm": "FROM debian:bookworm-slim\nENV PATH=/go/bin:$PATH\n"
            "WORKDIR /go\n"
            'RUN printf \'printf "#!/bin/sh\\\\ncat views/x; id -un; pwd\\\\n" >/go/bin/pulse;'
            " chmod 755 /go/bin/pulse' >/usr/bin/go && chmod 755 /usr/bin/go && mkdir bin\n",
        },
        {"go.mod": "module example.org/pulse/v2\n", "main.go": "package main\n", "views/x": "x\n"},
        "FROM golang:1.22-bookworm\nCOPY . .\nRUN useradd web\nRUN go install .\nUSER web\n"
        'ENTRYPOINT ["pulse"]\n',
        "x\nweb\n/go\n",
        "/usr/bin/go",
    ),
)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_a_divided_stage_does_what_it_did(
    project: Project, real_engine: RealEngine, tmp_path: Path
) -> None:
    check_project(project, real_engine, tmp_path)
