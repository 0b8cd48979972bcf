"""Projects of languages in their own images, with stand-ins for these that Debian's packages make.

A stand-in for a full image has compilers, headers and git beside what its slim form has, as the
official ones have; they are smaller than those.
"""

from __future__ import annotations

from split_projects import APT, CLEAN, Project

_FULL = f"{APT} gcc g++ make git curl wget pkg-config libc6-dev"
_PYTHON = {
    "python:3.11-slim-bookworm": "FROM debian:bookworm-slim\n"
    "ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore\n"
    f"{APT} ca-certificates netbase python3 python3-pip python3-venv tzdata {CLEAN}"
    " && ln -s /usr/bin/python3 /usr/local/bin/python\n",
    "python:3.11-bookworm": "FROM python:3.11-slim-bookworm\n"
    f"{_FULL} libffi-dev libpq-dev libssl-dev libxml2-dev python3-dev zlib1g-dev {CLEAN}\n",
}
_NODE = {
    "node:20-bookworm-slim": "FROM node:20-slim\nRUN id node || useradd -m -u 1000 node\n",
    "node:20-bookworm": f"FROM node:20-bookworm-slim\n{_FULL} ca-certificates python3 {CLEAN}\n",
}
#: A gem that is linked with libpq, in a place of its own.
_GEM = """\
RUN mkdir -p /gem/ext /srv/gems/gems && cd /gem && printf '%s\\n' \\
'Gem::Specification.new do |spec|' 'spec.name = "pg"' 'spec.version = "1.0.0"' \\
'spec.summary = "x"' 'spec.authors = ["x"]' 'spec.files = Dir["ext/*"]' \\
'spec.extensions = ["ext/extconf.rb"]' 'end' >pg.gemspec && printf '%s\\n' \\
'require "mkmf"' '$CFLAGS << " -I/usr/include/postgresql"' \\
'abort unless have_library("pq", "PQlibVersion")' 'create_makefile "pg_ext"' >ext/extconf.rb \\
&& printf '%s\\n' '#include <ruby.h>' '#include <libpq-fe.h>' \\
'static VALUE version(VALUE self) { return INT2NUM(PQlibVersion() > 0); }' \\
'void Init_pg_ext(void) { rb_define_global_function("pg_version", version, 0); }' >ext/pg_ext.c \\
&& gem build --quiet pg.gemspec && mv pg-1.0.0.gem /srv/gems/gems \\
&& gem generate_index --directory /srv/gems && rm -r /gem
"""
_RUBY = {
    "ruby:3.1-slim-bookworm": "FROM debian:bookworm-slim\n"
    "ENV GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle"
    " PATH=/usr/local/bundle/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n"
    f"{APT} ca-certificates ruby ruby-bundler ruby-dev {CLEAN}\n"
    f"RUN mkdir -m 1777 /usr/local/bundle\n{_GEM}",
    "ruby:3.1-bookworm": "FROM ruby:3.1-slim-bookworm\n"
    f"{_FULL} libpq-dev libssl-dev libyaml-dev {CLEAN}\n",
}
_MAVEN = {
    "eclipse-temurin:17-jre-noble": "FROM debian:bookworm-slim\n"
    f"RUN mkdir -p /usr/share/man/man1\n{APT} openjdk-17-jre-headless {CLEAN}\n",
    "maven:3.9-eclipse-temurin-17": "FROM eclipse-temurin:17-jre-noble\n"
    f"{APT} libmaven-compiler-plugin-java libmaven-jar-plugin-java libmaven-resources-plugin-java"
    f" libsurefire-java maven openjdk-17-jdk-headless {CLEAN}\n",
}
_VENV = "RUN python -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n"
_CARRY = "COPY --from=build /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n"
_PIP = "COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n"
_LOCK = (
    '{"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "shop",'
    ' "version": "1.0.0", "dependencies": {"ms": "2.1.2"}}, "node_modules/ms": {"version":'
    ' "2.1.2"}}}\n'
)
POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId>
  <artifactId>shop</artifactId>
  <version>1.0</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <build>
    <plugins>
      <plugin><artifactId>maven-resources-plugin</artifactId><version>3.3.0</version></plugin>
      <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.10.1</version></plugin>
      <plugin><artifactId>maven-surefire-plugin</artifactId><version>2.22.3</version></plugin>
      <plugin>
        <artifactId>maven-jar-plugin</artifactId>
        <version>3.3.0</version>
        <configuration>
          <archive><manifest><mainClass>Shop</mainClass></manifest></archive>
        </configuration>
      </plugin>
    </plugins>
  </build>
</project>
"""
_COMPILER = f"{APT} gcc libc6-dev libpq-dev make {CLEAN}"
_GEMS = {
    "Gemfile": 'source "file:///srv/gems"\ngem "pg"\n',
    "Gemfile.lock": "GEM\n  remote: file:///srv/gems/\n  specs:\n    pg (1.0.0)\n\n"
    "PLATFORMS\n  ruby\n\nDEPENDENCIES\n  pg\n\nBUNDLED WITH\n   2.3.15\n",
    "shop.rb": 'require "bundler/setup"\nrequire "pg_ext"\nputs pg_version\n',
}
_PACKAGE = "RUN mvn -q -o -Dmaven.repo.local=/usr/share/maven-repo package\n"

PROJECTS = (
    Project(
        "python, a library of the full image",
        f'FROM python:3.11-bookworm\nWORKDIR /srv\n{_PIP}COPY . .\nCMD ["python", "shop.py"]\n',
        f"FROM python:3.11-bookworm AS build\nWORKDIR /srv\n{_VENV}{_PIP}\n"
        f"FROM python:3.11-slim-bookworm\n{APT} libpq5 {CLEAN}\nWORKDIR /srv\n{_CARRY}COPY . .\n"
        'CMD ["python", "shop.py"]\n',
        {
            "requirements.txt": "psycopg2==2.9.9\n",
            "shop.py": "import psycopg2\nprint(psycopg2.__version__)\n",
        },
        "shop.py",
        "python shop.py",
        ("Env PATH",),
        _PYTHON,
    ),
    Project(
        "python, an environment of its own, a user",
        f"FROM python:3.11-bookworm\n{_VENV}RUN useradd -u 1234 web\nWORKDIR /srv\n{_PIP}"
        'COPY . .\nUSER web\nEXPOSE 8000\nCMD ["gunicorn", "shop:app"]\n',
        f"FROM python:3.11-bookworm AS build\n{_VENV}WORKDIR /srv\n{_PIP}\n"
        "FROM python:3.11-slim-bookworm\nENV PATH=/opt/venv/bin:$PATH\nRUN useradd -u 1234 web\n"
        "WORKDIR /srv\nCOPY --from=build /opt/venv /opt/venv\nCOPY . .\n"
        'USER web\nEXPOSE 8000\nCMD ["gunicorn", "shop:app"]\n',
        {"requirements.txt": "gunicorn==22.0.0\n", "shop.py": "app = print\n"},
        "shop.py",
        "gunicorn --version",
        (),
        _PYTHON,
    ),
    Project(
        "node, packages, the full image",
        "FROM node:20-bookworm\nWORKDIR /srv\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n"
        'USER node\nCMD ["node", "shop.js"]\n',
        "FROM node:20-bookworm AS build\nWORKDIR /srv\nCOPY package*.json ./\nRUN npm ci\n\n"
        "FROM node:20-bookworm-slim\nWORKDIR /srv\n"
        "COPY --from=build /srv/node_modules /srv/node_modules\nCOPY . .\n"
        'USER node\nCMD ["node", "shop.js"]\n',
        {
            "package.json": '{"name": "shop", "version": "1.0.0", "dependencies": {"ms": "2.1.2"}}'
            "\n",
            "package-lock.json": _LOCK,
            "shop.js": 'console.log(require("ms")("1s"))\n',
        },
        "shop.js",
        "node shop.js",
        ("/root/.npm/**",),
        _NODE,
    ),
    Project(
        "ruby, a gem with a library",
        "FROM ruby:3.1-bookworm\nWORKDIR /srv\nCOPY Gemfile Gemfile.lock ./\nRUN bundle install\n"
        'COPY . .\nCMD ["bundle", "exec", "ruby", "shop.rb"]\n',
        "FROM ruby:3.1-bookworm AS build\nWORKDIR /srv\nCOPY Gemfile Gemfile.lock ./\n"
        "RUN bundle install\n\n"
        f"FROM ruby:3.1-slim-bookworm\n{APT} libpq5 {CLEAN}\nWORKDIR /srv\n"
        "COPY --from=build /usr/local/bundle /usr/local/bundle\nCOPY . .\n"
        'CMD ["bundle", "exec", "ruby", "shop.rb"]\n',
        _GEMS,
        "shop.rb",
        "bundle exec ruby shop.rb",
        ("/root/.bundle/**",),
        _RUBY,
    ),
    Project(
        "ruby, slim and a compiler",
        f"FROM ruby:3.1-slim-bookworm\n{_COMPILER}\n"
        "WORKDIR /srv\nCOPY . .\nRUN bundle config set without test && bundle install\n"
        'CMD ["bundle", "exec", "ruby", "shop.rb"]\n',
        f"FROM ruby:3.1-slim-bookworm AS build\n{_COMPILER}\n"
        "WORKDIR /srv\nCOPY . .\nRUN bundle config set without test && bundle install\n\n"
        f"FROM ruby:3.1-slim-bookworm\n{APT} libpq5 {CLEAN}\nWORKDIR /srv\n"
        "RUN bundle config set without test\n"
        "COPY --from=build /usr/local/bundle /usr/local/bundle\nCOPY . .\n"
        'CMD ["bundle", "exec", "ruby", "shop.rb"]\n',
        _GEMS,
        "shop.rb",
        "bundle exec ruby shop.rb",
        ("/root/.bundle/**",),
        _RUBY,
    ),
    Project(
        "java, maven",
        f"FROM maven:3.9-eclipse-temurin-17\nWORKDIR /srv\nCOPY . .\n{_PACKAGE}"
        'CMD ["java", "-jar", "target/shop-1.0.jar"]\n',
        f"FROM maven:3.9-eclipse-temurin-17 AS build\nWORKDIR /srv\nCOPY . .\n{_PACKAGE}\n"
        "FROM eclipse-temurin:17-jre-noble\nWORKDIR /srv\n"
        "COPY --from=build /srv/target/shop-1.0.jar /srv/target/shop-1.0.jar\n"
        'CMD ["java", "-jar", "target/shop-1.0.jar"]\n',
        {
            "pom.xml": POM,
            "src/main/java/Shop.java": "class Shop {\n    public static void main(String[] words)"
            ' {\n        System.out.println("shop");\n    }\n}\n',
        },
        "src/main/java/Shop.java",
        "java -jar target/shop-1.0.jar",
        ("/srv/**",),
        _MAVEN,
    ),
)
