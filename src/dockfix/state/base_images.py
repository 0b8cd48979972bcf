"""What is known of base images by their names."""

from __future__ import annotations

from dockfix.dockerfile.tree import Dockerfile, Stage

#: Docker's official images of distributions and languages, none of which sets a SHELL on Linux.
_PLAIN_BASES = frozenset(
    ("almalinux", "alpine", "amazonlinux", "buildpack-deps", "busybox", "centos", "composer",
     "debian", "eclipse-temurin", "elixir", "erlang", "fedora", "gcc", "golang", "gradle", "httpd",
     "mariadb", "maven", "memcached", "mongo", "mysql", "nginx", "node", "openjdk", "oraclelinux",
     "perl", "php", "postgres", "pypy", "python", "rabbitmq", "redis", "rockylinux", "ruby",
     "rust", "tomcat", "ubuntu", "wordpress")
)  # fmt: skip
#: More official images without a SHELL. Their user or directory is not known here.
_MORE_WITHOUT_SHELL = frozenset(
    ("adoptopenjdk", "amazoncorretto", "bash", "caddy", "cassandra", "clojure", "dart", "docker",
     "drupal", "elasticsearch", "ghost", "groovy", "haproxy", "haskell", "ibmjava", "influxdb",
     "java", "jetty", "joomla", "jruby", "julia", "kibana", "logstash", "neurodebian", "nextcloud",
     "percona", "r-base", "redis", "redmine", "registry", "ros", "sapmachine", "solr", "sonarqube",
     "swift", "telegraf", "tomee", "traefik", "varnish", "vault", "zookeeper")
)  # fmt: skip
#: Images of other publishers whose Dockerfiles for Linux set no SHELL: .NET (dotnet/dotnet-docker),
#: CUDA (NVIDIA's container-images/cuda), Red Hat's UBI, Miniconda and Anaconda
#: (ContinuumIO/docker-images), distroless (GoogleContainerTools/distroless). Of the others not one
#: commit of the repository has a SHELL: Cypress (cypress-io/cypress-docker-images), Selenium
#: (SeleniumHQ/docker-selenium), ROS (osrf/docker_images).
_WITHOUT_SHELL = (
    "mcr.microsoft.com/dotnet/", "nvidia/cuda", "registry.access.redhat.com/ubi",
    "registry.redhat.io/ubi", "continuumio/miniconda", "continuumio/anaconda",
    "gcr.io/distroless/", "cypress/", "selenium/", "osrf/ros",
)  # fmt: skip
#: The same for single images: Deno (denoland/deno_docker), Alpine (gliderlabs/docker-alpine,
#: mhart/alpine-node), Phusion (phusion/baseimage-docker), R (rocker-org/rocker-versioned2), Rust
#: (rust-lang/docker-rust-nightly), Spark (apache/spark-docker), PyTorch (the Dockerfile of
#: pytorch/pytorch), uvicorn (tiangolo/uvicorn-gunicorn-docker); and the official couchdb
#: (apache/couchdb-docker), flink (apache/flink-docker), mono (mono/docker), neo4j
#: (neo4j/docker-neo4j), spark. Not here, because they set one: jenkins/jenkins, odoo, archlinux.
_SINGLE_WITHOUT_SHELL = frozenset(
    ("apache/spark", "couchdb", "denoland/deno", "flink", "gliderlabs/alpine", "mhart/alpine-node",
     "mono", "neo4j", "phusion/baseimage", "pytorch/pytorch", "rocker/r-ver", "rocker/rstudio",
     "rocker/tidyverse", "rocker/verse", "rustlang/rust", "spark", "tiangolo/uvicorn-gunicorn")
)  # fmt: skip
#: Images with an application below /app, /opt, /srv, /usr/src or /var/www, by their last names.
_PRODUCTS = frozenset(
    ("discourse", "drupal", "ghost", "gitea", "gitlab-ce", "gitlab-ee", "jenkins", "joomla", "kong",
     "magento", "mediawiki", "moodle", "n8n", "nextcloud", "odoo", "owncloud", "phpmyadmin",
     "plone", "redmine", "rocket.chat", "sentry", "solr", "sonarqube", "superset", "wordpress")
)  # fmt: skip
#: Where the official images are; without one of these the name alone means the same.
_LIBRARIES = ("docker.io/library/", "index.docker.io/library/", "public.ecr.aws/docker/library/",
              "library/", "docker.io/", "index.docker.io/")  # fmt: skip
#: Those of them that set no WORKDIR under any tag, so that BuildKit starts in `/`.
_IN_ROOT = frozenset(
    ("almalinux", "alpine", "amazonlinux", "buildpack-deps", "busybox", "centos", "debian",
     "eclipse-temurin", "fedora", "node", "openjdk", "oraclelinux", "pypy", "python", "rockylinux",
     "ruby", "rust", "ubuntu")
)  # fmt: skip

#: Those built on Alpine or busybox, and what the tags of the others name when they are.
_WITH_BUSYBOX = frozenset(("alpine", "busybox", "composer"))
_BUSYBOX_TAGS = ("alpine", "busybox", "windows", "nanoserver")
#: Images of distributions, which set no variables but PATH and those of `_OF_DISTRIBUTIONS`.
_DISTRIBUTIONS = frozenset(
    ("almalinux", "alpine", "amazonlinux", "archlinux", "buildpack-deps", "busybox", "centos",
     "debian", "fedora", "oraclelinux", "rockylinux", "scratch", "ubuntu")
)  # fmt: skip
#: What some of them set: archlinux and Fedora's image builds.
_OF_DISTRIBUTIONS = frozenset(("PATH", "LANG", "DISTTAG", "FGC", "FBR", "container"))


#: Texts in the names of images that are there for Windows only.
_OF_WINDOWS = (
    "windows", "nanoserver", "servercore", "ltsc20", "dotnet/framework", "microsoft/aspnet",
    "microsoft/iis", "microsoft/dotnet-framework",
)  # fmt: skip


def is_windows(dockerfile: Dockerfile, stage: Stage) -> bool:
    """True if a stage's base, outside this file, is a Windows image by its name or the escape."""
    if dockerfile.escape == "`":
        return True
    base = (stage.base or "").lower()
    if any(map(base.__contains__, _OF_WINDOWS)):
        return True
    flags = stage.instructions[0].flags if stage.instructions else ()
    return bool(flags) and any(
        flag.name == "platform" and (flag.value or "").startswith("windows") for flag in flags
    )


def is_official(name: str) -> bool:
    """True if a name without tag is that of a known official image."""
    return name in _PLAIN_BASES or name in _MORE_WITHOUT_SHELL


def has_plain_base(stage: Stage) -> bool:
    """True if a stage is built on an official image that sets no SHELL and has root as its user."""
    return _image(stage)[0] in _PLAIN_BASES


def has_no_shell_of_its_own(stage: Stage) -> bool:
    """True if a stage's base is known to leave SHELL as builders have it."""
    name, _ = _image(stage)
    return (
        name in _PLAIN_BASES
        or name in _MORE_WITHOUT_SHELL
        or name in _SINGLE_WITHOUT_SHELL
        or name.startswith(_WITHOUT_SHELL)
    )


def starts_in_root(stage: Stage) -> bool:
    """True if an official image has no WORKDIR. Triggers of its `onbuild` tags may set one."""
    image, tag = _image(stage)
    return image in _IN_ROOT and "onbuild" not in tag


def has_a_project(stage: Stage) -> bool:
    """True if a stage's base is known to come with an application, where others copy theirs."""
    name, tag = _image(stage)
    return name.rpartition("/")[2] in _PRODUCTS or name.startswith("tiangolo/") or "onbuild" in tag


def _image(stage: Stage) -> tuple[str, str]:
    """The name and the tag of a stage's base, in lower case, without the hub's own registry."""
    image = (stage.base or "").lower().partition("@")[0]
    if "/" in image:
        for library in _LIBRARIES:
            if image.startswith(library):
                image = image[len(library) :]
                break
    name, _, tag = image.partition(":")
    return name, tag


def has_bash(stage: Stage) -> bool:
    """True if a stage's base is an official image of a distribution that always has bash."""
    image, tag = _image(stage)
    return image in _PLAIN_BASES - _WITH_BUSYBOX and not any(map(tag.__contains__, _BUSYBOX_TAGS))


def environment_of(stage: Stage) -> frozenset[str] | None:
    """The names that a stage's base image may set; None if they are not known."""
    return _OF_DISTRIBUTIONS if _image(stage)[0] in _DISTRIBUTIONS else None
