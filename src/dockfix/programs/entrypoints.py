"""Official images whose entrypoint looks at its first argument, to prepare the image's own program.

Each of them sets something up (creates a database, drops root, fills in templates) if that argument
is a program named here, and else only does `exec "$@"`. Those of composer, deno and docker take a
name that is one of their commands, too, for that command (docker-library's and denoland's
docker-entrypoint.sh).
"""

from __future__ import annotations

from collections.abc import Collection

from dockfix.managers.manager import words

#: A `*` at the end of a name stands for whatever follows, as in the scripts' own patterns.
_PROGRAMS: dict[str, Collection[str]] = {
    "arangodb": ("arangod",),
    "cassandra": ("cassandra",),
    "composer": words(
        "about archive audit browse bump check-platform-reqs clear-cache config create-project",
        "depends diagnose dump-autoload fund global info init install licenses list outdated",
        "prohibits reinstall remove repository require run run-script search self-update show",
        "status suggests update validate why",
    ),
    "couchbase": ("couchbase-server",),
    "couchdb": ("couchdb", "/opt/couchdb/bin/couchdb"),
    "crate": ("crate",),
    "deno": words(
        "bench bundle cache check compile coverage doc eval fmt info init install jupyter lint lsp",
        "publish repl run serve task types uninstall upgrade vendor",
    ),
    "docker": words(
        "attach build builder buildx checkpoint commit compose config container context cp create",
        "diff docker dockerd events export history image images import info inspect load login",
        "logout logs manifest network node pause plugin port ps pull push rename restart rm rmi",
        "run save search secret service stack start stats stop swarm system tag top trust unpause",
        "update version volume",
    ),
    "elasticsearch": ("elasticsearch", "eswrapper"),
    "ghost": ("node",),
    "haproxy": ("haproxy",),
    "influxdb": ("influxd",),
    "jetty": ("java",),
    "joomla": ("apache2*", "php-fpm"),
    "kibana": ("kibana",),
    "logstash": ("logstash",),
    "mariadb": ("mysqld", "mariadbd"),
    "memcached": ("memcached",),
    "mongo": ("mongo*",),
    "mosquitto": ("mosquitto",),
    "mysql": ("mysqld",),
    "neo4j": ("neo4j",),
    "nextcloud": ("apache*", "php-fpm"),
    "nginx": ("nginx", "nginx-debug"),
    "percona": ("mysqld",),
    "postgis": ("postgres",),
    "postgres": ("postgres",),
    "rabbitmq": ("rabbitmq*",),
    "redis": ("redis-server", "redis-sentinel"),
    "redmine": ("rails", "passenger", "rake"),
    "rethinkdb": ("rethinkdb",),
    "solr": ("solr", "solr-foreground"),
    "traefik": ("traefik",),
    "valkey": ("valkey-server",),
    "varnish": ("varnishd",),
    "vault": ("vault",),
    "consul": ("consul",),
    "wordpress": ("apache2*", "php-fpm"),
    "zookeeper": ("zkServer.sh",),
}


def looks_at(image: str, program: str) -> bool:
    """True if an image, by its name, has an entrypoint that treats this program in its own way."""
    name = image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()
    return any(
        program.startswith(one[:-1]) if one[-1] == "*" else program == one
        for one in _PROGRAMS.get(name, ())
    )
