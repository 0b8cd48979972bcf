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
    "absl-py affine aiobotocore aiocache aiodns aiofile aiofiles aiogram aiogram-dialog",
    "aiohappyeyeballs aiohttp aiohttp-cors aiohttp-jinja2 aiohttp-retry aiohttp-security",
    "aiohttp-session aiohttp-swagger aioitertools aiokafka aiomysql aiopg aioredis aiosignal",
    "aiosmtplib aiosql aiosqlite alembic altair amqp aniso8601 annotated-doc annotated-types",
    "ansicolors anthropic anyio apiflask apispec apscheduler argcomplete argon2-cffi",
    "argon2-cffi-bindings arq arrow asgiref asn1crypto astor async-timeout asyncmy asyncpg",
    "asyncpraw atlassian-python-api attrs audioop-lts authlib autobahn automat azure-core",
    "azure-identity azure-storage-blob babel backoff backports-zoneinfo backrefs bandit bcrypt",
    "beanie beartype beautifulsoup4 billiard black blacksheep bleach blinker bokeh boltons boto",
    "boto3 botocore bottle bottle-sqlalchemy brotli bs4 cachecontrol cachelib cachetools caio",
    "catboost cattrs ccxt celery celery-redbeat certifi cffi chameleon channels channels-postgres",
    "channels-redis chardet charset-normalizer cheroot cherrypy chromadb-client click",
    "click-didyoumean click-plugins click-repl cloudpickle cloudscraper colorama coloredlogs",
    "colorlog configargparse configparser connexion constantly contextlib2 contourpy couchdb",
    "coverage crispy-bootstrap4 crispy-bootstrap5 cryptography cssselect cssutils cycler cython",
    "daphne dash dash-bootstrap-components databases dataclasses dataclasses-json datadog",
    "dateparser decorator deepdiff defusedxml deprecated discord-py diskcache disnake",
    "disposable-email-domains distro dj-database-url dj-rest-auth dj-stripe django",
    "django-admin-interface django-allauth django-auditlog django-axes django-bootstrap4",
    "django-bootstrap5 django-celery-beat django-celery-results django-ckeditor django-cleanup",
    "django-colorfield django-compressor django-cors-headers django-countries django-crispy-forms",
    "django-debug-toolbar django-environ django-extensions django-filter django-formtools",
    "django-guardian django-health-check django-hijack django-htmx django-import-export",
    "django-jazzmin django-model-utils django-modeltranslation django-money django-mptt",
    "django-ninja django-oauth-toolkit django-otp django-phonenumber-field django-polymorphic",
    "django-prometheus django-q2 django-ratelimit django-redis django-redis-cache",
    "django-rest-framework django-rest-knox django-silk django-simple-history django-solo",
    "django-storages django-summernote django-tables2 django-taggit django-tinymce",
    "django-treebeard django-two-factor-auth django-waffle django-webpack-loader",
    "django-widget-tweaks djangorestframework djangorestframework-camel-case",
    "djangorestframework-jwt djangorestframework-simplejwt djangorestframework-xml djoser",
    "dnspython docopt docstring-parser docutils docxtpl dramatiq drf-extensions",
    "drf-nested-routers drf-spectacular drf-writable-nested drf-yasg duckdb ecdsa",
    "elastic-transport elasticsearch elasticsearch-dsl email-validator emmett emmett55 emoji",
    "environs envparse et-xmlfile eventlet exceptiongroup executing facebook-sdk factory-boy",
    "fake-useragent faker falcon fastapi fastapi-cache2 fastapi-cli fastapi-limiter fastapi-mail",
    "fastapi-pagination fastapi-users fastapi-utils fastmcp fastparquet feedparser filelock",
    "flake8 flasgger flask flask-admin flask-appbuilder flask-apscheduler flask-assets",
    "flask-babel flask-bcrypt flask-caching flask-compress flask-cors flask-debugtoolbar",
    "flask-httpauth flask-jwt flask-jwt-extended flask-limiter flask-login flask-mail",
    "flask-marshmallow flask-migrate flask-moment flask-openapi3 flask-paginate flask-pymongo",
    "flask-redis flask-restful flask-restplus flask-restx flask-script flask-seasurf",
    "flask-security flask-session flask-simplelogin flask-smorest flask-socketio flask-sqlalchemy",
    "flask-sse flask-static-digest flask-swagger-ui flask-talisman flask-testing flask-user",
    "flask-wtf flit-core flower flower-client fonttools fpdf fpdf2 freezegun frozenlist fsspec",
    "future gensim geoip2 geopy gevent gevent-websocket ghp-import google-api-core",
    "google-api-python-client google-auth google-auth-httplib2 google-auth-oauthlib",
    "google-cloud-bigquery google-cloud-core google-cloud-firestore google-cloud-logging",
    "google-cloud-pubsub google-cloud-secret-manager google-cloud-storage google-resumable-media",
    "googleapis-common-protos gradio gradio-client granian graphene graphene-django graphql-core",
    "greenlet griffelib groovy grpcio grpcio-health-checking grpcio-reflection grpcio-status",
    "gspread gunicorn h11 h2 h5py hatchling hf-xet hiredis hpack html5lib htmlmin httpcore",
    "httplib2 httptools httpx httpx-oauth httpx-sse huey huggingface-hub humanfriendly humanize",
    "hypercorn hyperframe hyperlink hypothesis idna imageio importlib-metadata",
    "importlib-resources incremental inflection influxdb influxdb-client iniconfig instagrapi",
    "isodate isort itsdangerous jaraco-classes jaraco-context jaraco-functools jdcal jedi jinja2",
    "jinja2-cli jinja2-time jira jiter jmespath joblib jose joserfc json5 jsonfield jsonpatch",
    "jsonpickle jsonpointer jsonref jsonschema jsonschema-path jsonschema-specifications",
    "kafka-python kiwisolver klein kombu langchain langchain-community langchain-core",
    "langchain-openai langdetect langgraph langgraph-checkpoint langgraph-prebuilt langgraph-sdk",
    "langsmith lazy-object-proxy legacy-cgi limits line-bot-sdk litestar llvmlite loguru lxml lz4",
    "mako markdown markdown-it-py markdown2 markdownify markupsafe marshmallow marshmallow-enum",
    "marshmallow-sqlalchemy matplotlib matplotlib-inline maxminddb mccabe mcp mdurl mergedeep",
    "microdot minio mistletoe mistune mkdocs mkdocs-get-deps mkdocs-material",
    "mkdocs-material-extensions mmh3 mock mongoengine more-itertools motor mplfinance msal",
    "msgpack msgspec msrest multidict munch mypy mypy-extensions mysql-connector",
    "mysql-connector-python natsort neo4j nest-asyncio networkx newspaper3k nextcord nh3 nicegui",
    "nltk numba numexpr numpy oauth2client oauthlib odfpy odmantic openai openapi-pydantic",
    "openapi-spec-validator openpyxl opensearch-py opentelemetry-api opentelemetry-exporter-otlp",
    "opentelemetry-instrumentation opentelemetry-sdk orjson ormsgpack outcome packaging paginate",
    "pandas pandas-datareader pandas-ta panel param paramiko parse parso passlib pathable",
    "pathspec patsy pdfminer-six pdfplumber peewee pgvector phonenumbers phonenumberslite pika",
    "pillow pinecone pip pkgutil-resolve-name platformdirs plotly pluggy ply poetry-core polars",
    "polyfactory pony portalocker praw pre-commit prettytable priority prometheus-client",
    "prometheus-fastapi-instrumentator prometheus-flask-exporter prompt-toolkit propcache",
    "proto-plus protobuf psutil psycopg-binary psycopg-pool psycopg2-binary pure-eval py py-cord",
    "py2neo pyarrow pyasn1 pyasn1-modules pycodestyle pycord pycountry pycparser pycryptodome",
    "pycryptodomex pydantic pydantic-core pydantic-extra-types pydantic-mongo pydantic-settings",
    "pydeck pydocstyle pydub pyelasticsearch pyfiglet pyflakes pygithub pygments pyisemail pyjwt",
    "pylint pymdown-extensions pymemcache pymongo pymssql pymysql pynacl pyopenssl pyotp",
    "pyparsing pypdf pypdf2 pypdfium2 pyperclip pyramid pyramid-chameleon pyrogram pyrsistent",
    "pyserial pysocks pytest pytest-asyncio pytest-cov pytest-django pytest-env pytest-flask",
    "pytest-mock pytest-xdist python-binance python-dateutil python-decouple python-docx",
    "python-dotenv python-engineio python-gitlab python-http-client python-jose",
    "python-json-logger python-memcached python-multipart python-pptx python-slugify",
    "python-socketio python-telegram-bot python3-openid pytrends pytz pytz-deprecation-shim",
    "pyvirtualdisplay pywavelets pyyaml pyyaml-env-tag pyzmq qdrant-client qrcode quart rapidfuzz",
    "ratelimit raven redis redis-om redis-py-cluster referencing regex reportlab requests",
    "requests-file requests-oauthlib requests-toolbelt responses retry retrying rich",
    "rich-argparse rich-toolkit robyn rpds-py rq rq-scheduler rsa ruamel-yaml ruamel-yaml-clib",
    "ruff s3fs s3transfer safehttpx sanic schedule scikit-image scikit-learn scipy scrapy seaborn",
    "selenium semantic-version semver sendgrid sentry-sdk service-identity setproctitle",
    "setuptools shapely shellingham simple-websocket simplejson singledispatch six slack-bolt",
    "slack-sdk slackclient slackeventsapi slowapi smart-open smmap sniffio",
    "snowflake-connector-python sortedcontainers soupsieve spotipy sqlalchemy",
    "sqlalchemy-continuum sqlalchemy-json sqlalchemy-utils sqlmodel sqlparse sse-starlette",
    "stack-data starlette statsmodels streamlit stripe structlog sympy ta tablib tabulate taskiq",
    "tblib telethon tenacity termcolor text-unidecode textblob tgcrypto threadpoolctl tiktoken",
    "tinycss2 tinydb tldextract toml tomli tomlkit toolz tornado tornado-sqlalchemy tortoise-orm",
    "tox tqdm trafilatura traitlets trio trio-websocket tweepy twilio twisted txaio typeguard",
    "typer typing-extensions typing-inspect typing-inspection tzdata tzlocal ua-parser ujson",
    "umongo unidecode uritemplate urllib3 user-agents uuid-utils uvicorn uvicorn-worker uvloop",
    "validators vine virtualenv vk-api voluptuous waitress watchdog watchfiles watchgod wcwidth",
    "weaviate-client web3 webargs webcolors webencodings websocket-client websockets werkzeug",
    "wheel whitenoise wrapt wsgiref wsproto wtforms xgboost xlrd xlsxwriter xlwt xmltodict xxhash",
    "yarl yfinance zeep zipp zope-event zope-interface zope-sqlalchemy zstandard",
)
#: Packages that are linked with libraries, by the packages of Debian that they are built with.
_LINKED: dict[str, tuple[str, ...]] = {
    "mysqlclient": ("default-libmysqlclient-dev",),
    "psycopg2": ("libpq-dev",),
    "psycopg2cffi": ("libpq-dev",),
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
#: Beginnings of names of families that are Python alone, or come as wheels that bring all.
_FAMILIES = ("opentelemetry-", "pytest-", "types-", "azure-mgmt-", "google-cloud-", "langchain-")


def normal(name: str) -> str:
    """The name of a package as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_known(name: str) -> bool:
    """True if it is known what a package needs."""
    known = name in _ALONE or name in _LINKED or name in _CALLING
    return known or name.startswith(_FAMILIES)


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
