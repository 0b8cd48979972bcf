"""Packages of Node.js: what they need of the image when they run, as far as it is known.

A package is code that is carried with its folder. What it needs beside Node.js is told by its name:
programs that it calls, libraries that it is linked with, files that its install puts elsewhere
(from the packages' own pages, as of 2026).
"""

from __future__ import annotations

from dockfix.managers.manager import words
from dockfix.managers.manifests.node_commands import MANAGERS
from dockfix.managers.manifests.shape import UnsureError, Wanted
from dockfix.stages.view import View

#: Packages whose install runs code, and that need nothing of the system: they bring what they are
#: linked with, or only print or write something in their own folder.
_ALONE = words(
    "@apollo/protobufjs @nestjs/core @npmcli/run-script @parcel/watcher @sentry/cli @swc/core",
    "@tailwindcss/oxide argon2 aws-crt bcrypt better-sqlite3 bufferutil core-js core-js-pure",
    "cpu-features deasync es5-ext esbuild fsevents grpc isolated-vm keccak less leveldown lmdb",
    "msgpackr-extract node-pty node-sass nodemon npm-lifecycle protobufjs re2 secp256k1 sharp",
    "snappy sqlite3 ssh2 styled-components unrs-resolver utf-8-validate vue-demi",
)
#: Packages that call a program, or open a library, by the package of Debian that has it. Prisma's
#: engines are chosen by the OpenSSL that is there (its page "System requirements").
_CALLING = {
    "@prisma/client": "openssl", "@prisma/engines": "openssl", "pidtree": "procps",
    "pidusage": "procps", "prisma": "openssl", "ps-tree": "procps", "simple-git": "git",
    "systeminformation": "procps", "tree-kill": "procps",
}  # fmt: skip
#: Packages that call programs of the full image by ways of their own, are linked with its libraries
#: though their install runs no code, or put files outside of their folder.
_UNKNOWN = words(
    "@playwright/test canvas chromedriver cypress easyimage electron geckodriver gm html-pdf",
    "imagemagick kerberos libpq mongodb-client-encryption node-expat node-libcurl node-rdkafka",
    "nodegit odbc pdf2pic pg-native phantomjs phantomjs-prebuilt playwright playwright-chromium",
    "playwright-firefox playwright-webkit puppeteer python-shell wkhtmltopdf youtube-dl-exec",
)
#: Programs that are installed for the whole image, and are nothing but JavaScript, or bring what
#: they need: they can be installed again, without a compiler.
_AGAIN = MANAGERS | words(
    "@angular/cli @babel/cli @nestjs/cli @vue/cli bower browserify corepack create-react-app",
    "cross-env dotenv-cli env-cmd express-generator grunt grunt-cli gulp gulp-cli http-server",
    "json-server knex lerna local-web-server next nodemon npm-check-updates pino-pretty pm2",
    "react-scripts rimraf sequelize-cli serve ts-node tsx turbo typeorm typescript vite webpack",
    "webpack-cli",
)


def called_by_packages(view: View, wanted: list[Wanted]) -> list[str]:
    """The packages of Debian whose programs and libraries packages need. Raises UnsureError."""
    called: dict[str, None] = {}
    for one in wanted:
        known = one.name in _ALONE or one.name in _CALLING
        if one.name in _UNKNOWN or (one.runs_code and not known):
            raise UnsureError(
                f"it is unknown what {one.name} needs of {view.stage.base} when it runs"
            )
        if one.name in _CALLING:
            called[_CALLING[one.name]] = None
    return [] if view.image.is_slim else list(called)


def check_programs(names: list[str], line: int) -> None:
    """Raises UnsureError for programs of which it is not known what they need to be installed."""
    for name in names:
        at = name.rfind("@")
        if (name[:at] if at > 0 else name) not in _AGAIN:
            raise UnsureError(f"it is unknown what {name} in line {line} needs when it runs")
