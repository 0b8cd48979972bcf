"""Official images whose entrypoint looks at its first argument, to prepare the image's own program.

Each of them sets something up (creates a database, drops root, fills in templates) if that argument
is a program named here, and else only does `exec "$@"`.
"""

from __future__ import annotations

_PROGRAMS = {
    "arangodb": ("arangod",),
    "cassandra": ("cassandra",),
    "couchbase": ("couchbase-server",),
    "couchdb": ("couchdb", "/opt/couchdb/bin/couchdb"),
    "crate": ("crate",),
    "docker": ("dockerd",),
    "elasticsearch": ("elasticsearch", "eswrapper"),
    "ghost": ("node",),
    "haproxy": ("haproxy",),
    "influxdb": ("influxd",),
    "jetty": ("java",),
    "joomla": ("apache2-foreground", "apache2ctl", "php-fpm"),
    "kibana": ("kibana",),
    "logstash": ("logstash",),
    "mariadb": ("mysqld", "mariadbd"),
    "memcached": ("memcached",),
    "mongo": ("mongod", "mongos", "mongo"),
    "mosquitto": ("mosquitto",),
    "mysql": ("mysqld",),
    "neo4j": ("neo4j",),
    "nextcloud": ("apache2-foreground", "php-fpm"),
    "nginx": ("nginx", "nginx-debug"),
    "percona": ("mysqld",),
    "postgis": ("postgres",),
    "postgres": ("postgres",),
    "rabbitmq": (
        "rabbitmq-diagnostics",
        "rabbitmq-plugins",
        "rabbitmq-server",
        "rabbitmqadmin",
        "rabbitmqctl",
    ),
    "redis": ("redis-server", "redis-sentinel"),
    "redmine": ("rails", "passenger", "rake"),
    "rethinkdb": ("rethinkdb",),
    "solr": ("solr", "solr-foreground"),
    "traefik": ("traefik",),
    "valkey": ("valkey-server",),
    "varnish": ("varnishd",),
    "vault": ("vault",),
    "consul": ("consul",),
    "wordpress": ("apache2-foreground", "apache2ctl", "php-fpm"),
    "zookeeper": ("zkServer.sh",),
}


def looks_at(image: str, program: str) -> bool:
    """True if an image, by its name, has an entrypoint that treats this program in its own way."""
    name = image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()
    return program in _PROGRAMS.get(name, ())
