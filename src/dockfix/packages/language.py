"""pip, npm and gem: the managers of languages."""

from __future__ import annotations

from dockfix.packages.manager import Manager, verbs, versions, words
from dockfix.patterns import lazy

_VERSION = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+"

#: pip's option parser takes them before and behind the verb alike
#: (pip/_internal/cli/cmdoptions.py).
PIP = Manager(
    name="pip",
    programs=versions("pip", "2", "2.7", "3", *(f"3.{minor}" for minor in range(30))),
    verbs=verbs(
        install="install",
        remove="uninstall",
        reads="download wheel search index list show freeze check inspect hash",
        other="cache config debug help completion lock",
    ),
    flags=words(
        "-U --upgrade --pre --user --no-user --no-cache-dir --no-cache --no-deps --no-dependencies",
        "-I --ignore-installed --force-reinstall -q -qq -qqq --quiet -v -vv -vvv --verbose",
        "--no-input",
        "--isolated --require-virtualenv --require-venv --disable-pip-version-check --no-color",
        "--no-python-version-warning --no-build-isolation --use-pep517 --no-use-pep517",
        "--check-build-dependencies --break-system-packages --ignore-requires-python",
        "--compile --no-compile --no-warn-script-location --no-warn-conflicts --prefer-binary",
        "--require-hashes --no-clean --no-index --process-dependency-links --allow-all-external",
        "--egg --as-egg --dry-run --debug --use-wheel --no-use-wheel -M --use-mirrors --no-install",
        "--no-download",
    ),
    valued=words(
        "-r --requirement --requirements -c --constraint -e --editable -t --target --platform",
        "--python-version --implementation --abi --root --prefix -b --build --build-dir --src",
        "--build-directory --source --source-dir --upgrade-strategy --install-option",
        "--global-option -C --config-settings --config-setting --no-binary --only-binary",
        "--progress-bar --root-user-action --report -i --index-url --pypi-url --extra-index-url -f",
        "--find-links --allow-external --allow-unverified --allow-insecure --log --log-file",
        "--local-log --proxy --retries --timeout --default-timeout --exists-action --trusted-host",
        "--cert --client-cert --cache-dir --use-feature --use-deprecated --python",
        "--keyring-provider --group --download-cache -d --download --mirrors",
    ),
    plain=lazy(
        rf"(?!.*\.(?:whl|zip|tar|tgz|tar\.\w+)(?:\[|$))[A-Za-z0-9][A-Za-z0-9._-]*\s*+(?:\[[^\]/]*\])?"
        rf"\s*+(?:{_VERSION}(?>(?:\s*+,\s*+{_VERSION})*))?\s*+(?:;[^/]*)?"
    ),
    same=(("--upgrade", "-U"), ("--quiet", "-q")),
)

#: Only installs into the global place: without `-g` the order is that of a package.json at most.
NPM = Manager(
    name="npm",
    programs=words("npm"),
    verbs=verbs(
        install="install i in ins inst insta instal isnt isnta isntal isntall add",
        other="""ci uninstall remove rm update upgrade run run-script start test build exec
            config set get cache link audit prune rebuild version init publish pack""",
    ),
    flags=words(
        "-g --global -S --save -D --save-dev -E --save-exact -O --save-optional --no-save -f",
        "--force",
        "-q --quiet -s --silent -d -dd -ddd --verbose --unsafe-perm --unsafe-perm=true",
        "--no-optional --production --only=production --legacy-peer-deps --strict-peer-deps",
        "--no-audit --no-fund --no-progress --progress=false --prefer-offline --prefer-online",
        "--offline --no-package-lock --package-lock=false --ignore-scripts --engine-strict",
        "--no-bin-links --foreground-scripts --no-update-notifier --no-shrinkwrap --color=false",
        "--audit=false --fund=false --allow-root --no-color --global=true --force=true",
    ),
    valued=words(
        "--registry --prefix --cache --loglevel --tag --omit --include --cpu --os --libc",
        "--fetch-timeout --fetch-retries --fetch-retry-mintimeout --fetch-retry-maxtimeout",
        "--maxsockets --userconfig --globalconfig --python --scope --cafile --https-proxy --proxy",
        "--noproxy --save-prefix --before --install-strategy --network-timeout",
    ),
    plain=lazy(
        r"(?!(?:true|false|null)$)(?:@[a-z0-9~_-][\w.~-]*/)?[A-Za-z0-9~_-][\w.~-]*"
        r"(?:@[\w.~^<>=*| +-]+)?"
    ),
)

#: gem installs one after another: a version asked for late may add one to a version already there.
GEM = Manager(
    name="gem",
    programs=versions(
        "gem",
        "1.8",
        "1.9",
        "1.9.1",
        "1.9.3",
        *(f"{major}.{minor}" for major in (2, 3, 4) for minor in range(8)),
    ),
    verbs=verbs(
        install="install i",
        remove="uninstall",
        other="update cleanup list sources build push environment env specification which fetch",
    ),
    flags=words(
        "-N --no-document --no-ri --no-rdoc --ri --rdoc --no-doc --conservative -f --force",
        "--no-force",
        "-q --quiet --silent -V --verbose --no-verbose --user-install --no-user-install",
        "--pre --prerelease --no-prerelease -l --local -r --remote -b --both --no-wrappers",
        "-w --wrappers -E --env-shebang --no-env-shebang --minimal-deps --ignore-dependencies",
        "--format-executable --no-format-executable --no-http-proxy --backtrace --no-suggestions",
        "--no-post-install-message --post-install-message --no-update-sources --clear-sources",
        "--lock --no-lock --vendor --default --development --development-all --norc --debug",
    ),
    valued=words(
        "-v --version --source -s -i --install-dir -n --bindir -P --trust-policy --platform",
        "--build-root -B --bulk-threshold -p --http-proxy --config-file --without",
    ),
    plain=lazy(r"(?!.*\.gem$)[A-Za-z0-9][\w.-]*"),
    ordered=lazy(r"[A-Za-z0-9][\w.-]*:.+"),
    single=words("-v --version"),
)
