#!/usr/bin/env bash
# Composer remembers --no-dev for one command and forgets it for the next
#
# Package: Composer 2.5.5 (Debian's composer 2.5.5-1+deb12u5, with PHP 8.2)
# One would expect: after `composer install --no-dev` later commands either all keep development
#     packages out, or none does.
# What happens: `dump-autoload` and `reinstall` go by what the last install did. `require`, `remove`
#     and `update` do not, and install the development packages with what they were asked for.
#     COMPOSER_NO_DEV=1 in the environment holds for them too.
# Seen:
# | install --no-dev: needed
# | dump-autoload: needed
# | reinstall: needed
# | require: development needed
# | require with COMPOSER_NO_DEV=1: needed
# Why it matters: a RUN that adds one more package to a finished vendor folder ("composer require"
#     of an extension of the platform) brings all test tools into the image. As an ENV the setting
#     holds; as an option it does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
packages=(
    jsonlint php-cli php-composer-ca-bundle php-composer-class-map-generator
    php-composer-metadata-minifier php-composer-pcre php-composer-semver
    php-composer-spdx-licenses php-composer-xdebug-handler php-intl php-json-schema
    php-mbstring php-psr-container php-psr-log php-react-promise php-seld-signal-handler
    php-symfony-console php-symfony-deprecation-contracts php-symfony-filesystem
    php-symfony-finder php-symfony-process php-symfony-service-contracts php-symfony-string
    php8.2-cli php8.2-common php8.2-intl php8.2-mbstring php8.2-opcache php8.2-readline
)
{
    apt-get download composer=2.5.5-1+deb12u5 "${packages[@]}"
    for package in *.deb; do dpkg -x "$package" program; done
    mkdir -p needed development home
    echo '{"name": "example/needed", "version": "1.0.0"}' > needed/composer.json
    echo '{"name": "example/development", "version": "1.0.0"}' > development/composer.json
    cat > composer.json <<'END'
{
    "require": {"example/needed": "*"},
    "require-dev": {"example/development": "*"},
    "repositories": [
        {"packagist.org": false},
        {"type": "path", "url": "./needed"},
        {"type": "path", "url": "./development"}
    ]
}
END
} > log 2>&1
export COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_HOME=$folder/home
unset COMPOSER_NO_DEV
composer() {
    LD_LIBRARY_PATH=$(echo program/usr/lib/*-linux-gnu) program/usr/bin/php8.2 -n \
        -d include_path=program/usr/share/php -d "extension_dir=$(echo program/usr/lib/php/2*)" \
        -d extension=phar -d extension=intl -d extension=mbstring -d extension=tokenizer \
        -d extension=iconv -d extension=ctype -d extension=posix \
        program/usr/bin/composer --no-interaction "$@" >> log 2>&1
}
after() { # runs composer and says what is installed; $1: what the line is called
    local name=$1
    shift
    composer "$@"
    echo "$name: $(find vendor/example -mindepth 1 -printf '%f\n' | sort | xargs)"
}
composer update
{
    after 'install --no-dev' install --no-dev
    after dump-autoload dump-autoload
    after reinstall reinstall example/needed
    after require require example/needed:1.0.0
    composer install --no-dev
    COMPOSER_NO_DEV=1 after 'require with COMPOSER_NO_DEV=1' require example/needed:1.0.0
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
