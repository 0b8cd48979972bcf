"""Programs that the kernel can execute wherever they come from, and that no shell has as functions.

Their packages, images and releases hold binaries, or scripts that begin with `#!`: pip, gem and npm
write that line into the programs they install.
"""

from __future__ import annotations

from dockfix.managers.manager import words
from dockfix.programs.program_table import (
    HARMLESS,
    INTERPRETERS,
    MORE,
    RUNNING,
    SERVICE,
    SHELLS,
    STARTERS,
    VERSION,
)

#: What is started in containers: run times, servers, proxies, databases, schedulers, front ends.
_STARTED = words(
    "airflow alertmanager ansible aria2c bokeh bundle caddy cargo celery certbot chainlit",
    "chromedriver clickhouse-server cloud_sql_proxy cloudflared cockroach consul-template",
    "coredns couchdb cypress dagit dagster daphne dask dask-scheduler dask-worker deno dhcpd",
    "django-admin dnscrypt-proxy docker docker-compose dockerize dotnet dovecot envconsul",
    "envoy envsubst ffmpeg flask flower fluent-bit fluentd foreman freshclam gearmand gitea",
    "gitlab-runner glances go gotty gradio grafana guacd gulp gunicorn h2o helm hivemq honcho",
    "hugo hypercorn inetd influx iperf iperf3 ipython irssi java javaw jekyll jq jupyter",
    "jupyter-lab jupyter-notebook jupyterhub k6 kafkacat kcat keydb-server kubectl litestream",
    "locust logrotate loki luigid mailhog memcached metabase minio mitmproxy mitmweb mlflow",
    "mongo mongodump mongoexport mongoimport mongorestore mongosh mosquitto mpd mysql",
    "mysqldump nats-server nc ncat netcat ng ngrok node_exporter nodemon nomad nslookup ntpd",
    "nutcracker nuxt oauth2-proxy obfsproxy openresty opensmtpd openvpn passenger pg_dump",
    "pg_restore pgbouncer phantomjs php-fpm ping pm2 pm2-runtime polipo postgrest prefect",
    "privoxy proftpd promtail pserve psql pure-ftpd pyspider pytest radicale rails rake",
    "rclone redis-cli redsocks resque rq rqworker rsync rtorrent runsv s6-svscan salt-master",
    "salt-minion scrapy scrapyd shiny-server sidekiq sleep smtpd snmpd socat sockd",
    "spark-submit ss-local ss-server sslh sslocal ssserver streamlit stubby stunnel superset",
    "swift tail telegraf tensorboard terraform thanos tinyproxy tor tornado traefik",
    "transmission-daemon ts-node tsx tusd twemproxy twistd unbound unicorn varnishd",
    "varnishlog verdaccio vite waitress-serve webpack webpack-dev-server wsgidav wssh",
    "xvfb-run youtube-dl yt-dlp znc",
    # released as one binary that is fetched to where it runs
    "confd consul etcd etcdctl gosu hadolint kind kompose kustomize mkcert nats oc pulumi",
    "rancher skaffold sops su-exec supercronic terragrunt tini vault yq",
)  # fmt: skip
#: What set-up files of shells define as functions, and have no program for, or another one: `exec`
#: and arrays would not find the function.
_FUNCTIONS = words(
    "activate asdf conda deactivate direnv fnm goenv gvm jenv mamba micromamba mkvirtualenv ml",
    "module nodenv nvm phpenv pyenv rbenv rvm sdk spack switch use workon",
)
#: Names of programs that are as well those of scripts of somebody's own.
_OF_ANYBODY = words(
    "help history install kind link look named oc parallel registry script serve swift test thin",
    "tornado type users",
)
_KNOWN = (
    _STARTED
    | HARMLESS
    | SHELLS
    | STARTERS
    | RUNNING.keys()
    | {name for name, kinds in MORE.items() if frozenset(kinds) >= SERVICE}
) - (_FUNCTIONS | _OF_ANYBODY)


def is_executable(name: str) -> bool:
    """True if a program of that name is known to be one that needs no shell to run it."""
    if name in _KNOWN:
        return True
    family = name.rstrip(VERSION)
    return family in INTERPRETERS or family in _KNOWN
