"""What packages of PyPI need of the system when they run.

A package of the first list comes as a wheel that brings its libraries along, or has no compiled
code; so do all packages that it depends on. Those of the second are linked with, open or call what
the system has to have. Known from the packages' own pages and their files on PyPI (manylinux for
x86-64 and arm64, CPython 3), as of 2026. A package that is in neither is unknown.
"""

from __future__ import annotations

import re

from dockfix.managers.manager import words

#: Packages that need nothing, the packages that they bring among them.
_ALONE = words(
    "absl-py affine aiobotocore aiocache aiodns aiofiles aiogram aiohappyeyeballs aiohttp",
    "aiohttp-cors aioitertools aiokafka aiomysql aiopg aioredis aiosignal aiosmtplib aiosqlite",
    "alembic altair amqp aniso8601 annotated-types ansicolors anthropic anyio apispec apscheduler",
    "argcomplete argon2-cffi argon2-cffi-bindings arrow asgiref asn1crypto astor async-timeout",
    "asyncpg attrs authlib autobahn automat azure-core azure-identity azure-storage-blob babel",
    "backoff backports-zoneinfo bcrypt beautifulsoup4 billiard bleach blinker bokeh boltons boto",
    "boto3 botocore bottle bs4 cachecontrol cachelib cachetools catboost cattrs celery certifi",
    "cffi channels channels-redis chardet charset-normalizer cheroot cherrypy click",
    "click-didyoumean click-plugins click-repl cloudpickle colorama coloredlogs colorlog",
    "configargparse configparser connexion constantly contextlib2 contourpy cryptography",
    "cssselect cssutils cycler cython daphne dash databases dataclasses dataclasses-json datadog",
    "dateparser decorator deepdiff defusedxml deprecated diskcache dj-database-url django",
    "django-admin-interface django-allauth django-celery-beat django-celery-results",
    "django-colorfield django-cors-headers django-crispy-forms django-debug-toolbar",
    "django-environ django-extensions django-filter django-guardian django-health-check",
    "django-import-export django-jazzmin django-model-utils django-mptt django-ninja",
    "django-oauth-toolkit django-prometheus django-redis django-rest-framework django-rest-knox",
    "django-simple-history django-storages django-taggit django-widget-tweaks djangorestframework",
    "djangorestframework-jwt djangorestframework-simplejwt djoser dnspython docopt docutils",
    "drf-spectacular drf-yasg duckdb ecdsa elastic-transport elasticsearch elasticsearch-dsl",
    "email-validator emoji environs envparse et-xmlfile eventlet exceptiongroup executing",
    "factory-boy faker falcon fastapi fastapi-cli fastapi-users fastparquet feedparser filelock",
    "flasgger flask flask-admin flask-appbuilder flask-babel flask-bcrypt flask-caching",
    "flask-compress flask-cors flask-debugtoolbar flask-httpauth flask-jwt flask-jwt-extended",
    "flask-limiter flask-login flask-mail flask-marshmallow flask-migrate flask-moment",
    "flask-pymongo flask-redis flask-restful flask-restplus flask-restx flask-script",
    "flask-session flask-socketio flask-sqlalchemy flask-swagger-ui flask-talisman flask-testing",
    "flask-wtf flower fonttools freezegun frozenlist fsspec future gensim geoip2 geopy gevent",
    "gevent-websocket google-api-core google-api-python-client google-auth google-auth-httplib2",
    "google-auth-oauthlib google-cloud-bigquery google-cloud-core google-cloud-firestore",
    "google-cloud-logging google-cloud-pubsub google-cloud-secret-manager google-cloud-storage",
    "google-resumable-media googleapis-common-protos graphene graphene-django graphql-core",
    "greenlet grpcio grpcio-health-checking grpcio-reflection grpcio-status gspread gunicorn h11",
    "h2 h5py hiredis hpack html5lib htmlmin httpcore httplib2 httptools httpx httpx-sse",
    "huggingface-hub humanfriendly humanize hypercorn hyperframe hyperlink idna imageio",
    "importlib-metadata importlib-resources incremental inflection influxdb influxdb-client",
    "iniconfig isodate itsdangerous jaraco-functools jdcal jedi jinja2 jinja2-time jmespath",
    "joblib jose json5 jsonfield jsonpatch jsonpickle jsonpointer jsonref jsonschema",
    "jsonschema-specifications kafka-python kiwisolver kombu langchain langchain-community",
    "langchain-core langchain-openai langdetect langsmith lazy-object-proxy limits llvmlite",
    "loguru lxml lz4 mako markdown markdown-it-py markdown2 markupsafe marshmallow",
    "marshmallow-enum marshmallow-sqlalchemy matplotlib matplotlib-inline maxminddb mccabe mdurl",
    "minio mistune mock mongoengine more-itertools motor msal msgpack msrest multidict munch",
    "mypy-extensions mysql-connector mysql-connector-python natsort nest-asyncio networkx nltk",
    "numba numexpr numpy oauthlib odfpy openai openapi-spec-validator openpyxl opentelemetry-api",
    "opentelemetry-exporter-otlp opentelemetry-instrumentation opentelemetry-sdk orjson outcome",
    "packaging pandas paramiko parse parso passlib patsy peewee phonenumbers phonenumberslite",
    "pika pillow pip pkgutil-resolve-name platformdirs plotly pluggy ply polars portalocker",
    "prettytable prometheus-client prometheus-fastapi-instrumentator prometheus-flask-exporter",
    "prompt-toolkit propcache proto-plus protobuf psutil psycopg-binary psycopg2-binary pure-eval",
    "py pyarrow pyasn1 pyasn1-modules pycountry pycparser pycryptodome pycryptodomex pydantic",
    "pydantic-core pydantic-extra-types pydantic-settings pyfiglet pygments pyjwt pymongo pymssql",
    "pymysql pynacl pyopenssl pyotp pyparsing pypdf pypdf2 pyperclip pyrsistent pyserial pysocks",
    "pytest pytest-asyncio pytest-cov pytest-django pytest-mock python-dateutil python-decouple",
    "python-docx python-dotenv python-engineio python-http-client python-jose python-json-logger",
    "python-memcached python-multipart python-pptx python-slugify python-socketio",
    "python-telegram-bot python3-openid pytz pytz-deprecation-shim pyvirtualdisplay pywavelets",
    "pyyaml pyzmq qrcode quart rapidfuzz ratelimit raven redis referencing regex reportlab",
    "requests requests-file requests-oauthlib requests-toolbelt responses retry retrying rich",
    "rich-toolkit rpds-py rq rsa ruamel-yaml ruamel-yaml-clib s3fs s3transfer sanic schedule",
    "scikit-image scikit-learn scipy scrapy seaborn selenium sendgrid sentry-sdk service-identity",
    "setproctitle setuptools shapely shellingham simple-websocket simplejson singledispatch six",
    "slack-bolt slack-sdk slackclient smart-open smmap sniffio snowflake-connector-python",
    "sortedcontainers soupsieve sqlalchemy sqlalchemy-utils sqlmodel sqlparse sse-starlette",
    "stack-data starlette statsmodels stripe structlog sympy tabulate tblib telethon tenacity",
    "termcolor text-unidecode textblob threadpoolctl tiktoken tinycss2 tinydb toml tomli tomlkit",
    "toolz tornado tox tqdm traitlets trio trio-websocket tweepy twilio twisted txaio typeguard",
    "typer typing-extensions typing-inspect typing-inspection tzdata tzlocal ua-parser ujson",
    "unidecode uritemplate urllib3 user-agents uvicorn uvloop validators vine voluptuous waitress",
    "watchdog watchfiles watchgod wcwidth web3 webargs webcolors webencodings websocket-client",
    "websockets werkzeug wheel whitenoise wrapt wsgiref wsproto wtforms xgboost xlrd xlsxwriter",
    "xlwt xmltodict yarl zeep zipp zope-event zope-interface zstandard",
)
#: Packages that are linked with libraries, by the packages of Debian that they are built with.
_LINKED: dict[str, tuple[str, ...]] = {
    "mysqlclient": ("default-libmysqlclient-dev",),
    "psycopg2": ("libpq-dev",),
    "pygresql": ("libpq-dev",),
    "pycurl": ("libcurl4-openssl-dev",),
    "python-ldap": ("libldap2-dev", "libsasl2-dev"),
    "pyodbc": ("unixodbc-dev",),
    "uwsgi": ("libxml2-dev", "libyaml-dev"),
    "xmlsec": ("libxmlsec1-dev",),
    "psycopg": ("libpq-dev",),
}
#: Packages that are linked with libraries only where they are built, because the version that is
#: asked for has no wheel for the version of Python: by the packages of Debian, and for each version
#: of CPython 3 the first release with a wheel.
_IF_BUILT: dict[str, tuple[tuple[str, ...], dict[int, tuple[int, ...]]]] = {
    "lxml": (
        ("libxml2-dev", "libxslt1-dev"),
        {8: (4, 4), 9: (4, 6), 10: (4, 6, 4), 11: (4, 9, 2), 12: (4, 9, 3), 13: (5, 3), 14: (6, 0)},
    ),
    "pillow": (
        ("libjpeg-dev", "libwebp-dev", "libfreetype-dev", "libtiff-dev", "liblcms2-dev",
         "libopenjp2-7-dev"),
        {8: (6, 2), 9: (8, 0), 10: (8, 4), 11: (9, 3), 12: (10, 1), 13: (11, 0), 14: (12, 0)},
    ),
    "psycopg2-binary": (
        ("libpq-dev",),
        {8: (2, 8, 4), 9: (2, 8, 6), 10: (2, 9, 2), 11: (2, 9, 5), 12: (2, 9, 9), 13: (2, 9, 10),
         14: (2, 9, 11)},
    ),
    "pyyaml": (
        ("libyaml-dev",),
        {8: (5, 2), 9: (5, 4), 10: (6, 0), 11: (6, 0, 1), 12: (6, 0, 1), 13: (6, 0, 2),
         14: (6, 0, 3)},
    ),
    "matplotlib": (
        ("libfreetype-dev", "libpng-dev"),
        {8: (3, 2), 9: (3, 3, 3), 10: (3, 5), 11: (3, 6, 2), 12: (3, 8), 13: (3, 9, 2),
         14: (3, 10, 5)},
    ),
    "reportlab": (("libfreetype-dev",), dict.fromkeys(range(6, 15), (3, 5))),
    "scikit-learn": (
        ("libgomp1",),
        {8: (0, 22), 9: (0, 24), 10: (1, 0), 11: (1, 2), 12: (1, 3, 2), 13: (1, 6), 14: (1, 7, 2)},
    ),
}  # fmt: skip
#: Packages that call a program, by the packages of Debian that have it.
_CALLING: dict[str, tuple[str, ...]] = {"gitpython": ("git",)}


def normal(name: str) -> str:
    """The name of a package as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_known(name: str) -> bool:
    """True if it is known what a package needs."""
    return name in _ALONE or name in _LINKED or name in _CALLING


def linked_with(name: str, version: str, python: int | None) -> tuple[str, ...]:
    """The packages of Debian whose libraries a package may be linked with.

    `version` is what is asked for, as written, `python` the minor version of CPython 3.
    """
    packages, first = _IF_BUILT.get(name, ((), {}))
    wanted = re.match(r"(?:===?|~=|<=?)\s*(\d+(?:\.\d+)*)", version)
    if packages and wanted:
        known = first.get(python) if python is not None else None
        if known is None or tuple(map(int, wanted[1].split("."))) < known:
            return packages
    return _LINKED.get(name, ())


def calls(name: str) -> tuple[str, ...]:
    """The packages of Debian whose programs a package calls."""
    return _CALLING.get(name, ())
