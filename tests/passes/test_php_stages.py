"""Stages of PHP: which commands leave nothing but extensions, and which are done on both sides."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

FILES = {"index.php": "<?php\n// exec($x) would be a call\necho 1;\n", "app.ini": "a=b\n"}
BASE = "FROM php:8.2-apache-bookworm\nRUN apt-get update && apt-get install -y libzip-dev\n"


def divided(body: str, files: dict[str, str] = FILES) -> tuple[str, str]:
    """The final stage, empty if there is none, and the note."""
    settings = Settings(context=Files(files))
    result = rewrite(f"{BASE}{body}", select=["multi-stage"], settings=settings)
    return result.after.partition("\n\n")[2], " ".join(note.message for note in result.notes)


@pytest.mark.parametrize(
    ("body", "again"),
    [
        ("RUN docker-php-ext-install zip\nCOPY . .\n", []),
        ("RUN docker-php-ext-configure zip && docker-php-ext-install zip\nCOPY . .\n", []),
        (
            "RUN mkdir -p /usr/src/php/ext/redis"
            " && curl -fsSL https://example.org/redis.tgz | tar xz -C /usr/src/php/ext/redis"
            " && docker-php-ext-install redis\nCOPY . .\n",
            [],
        ),
        ("RUN yes | pecl install redis && echo 'a=b' > /usr/local/etc/php/conf.d/z.ini\n", []),
        (
            "RUN docker-php-ext-install zip && usermod -u 1000 www-data\nCOPY . .\n",
            ["RUN usermod -u 1000 www-data"],
        ),
        (
            "RUN mv $PHP_INI_DIR/php.ini-production $PHP_INI_DIR/php.ini\n"
            "RUN docker-php-ext-install zip\n",
            ["RUN mv $PHP_INI_DIR/php.ini-production $PHP_INI_DIR/php.ini"],
        ),
        (
            "RUN curl -sS https://getcomposer.org/installer | php -- --install-dir=/usr/bin\n"
            "RUN docker-php-ext-install zip\n",
            ["RUN curl -sS https://getcomposer.org/installer | php -- --install-dir=/usr/bin"],
        ),
    ],
)
def test_extensions_are_carried(body: str, again: list[str]) -> None:
    final, note = divided(body)
    assert "FROM php:8.2-apache-bookworm\n" in final, note
    assert "COPY --from=build /usr/local/lib/php/extensions" in final
    assert "libzip4" in final
    assert "libzip-dev" not in final
    assert [line for line in final.splitlines() if line in again] == again


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("RUN docker-php-ext-install zip && make -C /srv\n", "what make in line 3 leaves"),
        ("RUN docker-php-ext-install zip && ln -s /a /b\n", "what ln in line 3 leaves"),
        ("RUN docker-php-ext-install zip && curl -O https://example.org/x\n", "what curl in"),
        (
            "RUN docker-php-ext-install zip && chown www-data .\nRUN docker-php-ext-install gd\n",
            "what chown in line 3 leaves",
        ),
        (
            "RUN docker-php-ext-install zip && curl -sS https://getcomposer.org/installer"
            " | php -- --install-dir=/usr/bin\n",
            "what php in line 3 leaves",
        ),
        ("RUN composer install\nRUN docker-php-ext-install zip\n", "what composer in line 3"),
        ("RUN pecl upgrade && docker-php-ext-install zip\n", "what pecl in line 3"),
        ("ENV PHP_INI_DIR=/etc/php\nRUN docker-php-ext-install zip\n", "may lie elsewhere"),
    ],
)
def test_what_is_not_known_is_left_alone(body: str, reason: str) -> None:
    final, note = divided(body)
    assert not final
    assert reason in note


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<?php exec('ls -l');", True),
        ("<?php $db->exec($statement);", True),
        ("<?php exec($program);", False),
        ("<?php $p = new Process([$program]);", False),
        ("<?php $p = new Process(['convert', $a]);", True),
        ("<?php exec('icu-config --version');", True),
    ],
)
def test_calls_of_programs(text: str, told: bool) -> None:
    final, note = divided("RUN docker-php-ext-install zip\nCOPY . .\n", {"index.php": text})
    assert bool(final) == told
    assert told or "it is unknown which" in note


def test_a_program_of_what_goes_is_asked_for() -> None:
    body = "RUN apt-get update && apt-get install -y libicu-dev\nRUN docker-php-ext-install intl\n"
    files = {"index.php": "<?php shell_exec('icuinfo');"}
    final, note = divided(f"{body}COPY . .\n", files)
    assert not final
    assert "index.php calls icuinfo" in note


def test_an_extension_has_its_library_though_other_headers_bring_it() -> None:
    """libmagickwand-dev brings the headers of ICU, and its own libraries do without it."""
    source = (
        "FROM php:8.2-fpm-trixie\nRUN apt-get update && apt-get install -y libmagickwand-dev"
        " && pecl install imagick && docker-php-ext-enable imagick && docker-php-ext-install intl\n"
    )
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=Files(FILES)))
    assert "libicu76" in result.after.partition("\n\n")[2]


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("rm /usr/local/etc/php/conf.d/docker-php-ext-gd.ini", 0),
        ('sed -i s/a/b/ "$PHP_INI_DIR/conf.d/docker-php-ext-gd.ini"', 0),
        ("echo 'a=b' > /usr/local/etc/php/conf.d/z.ini", 0),
        ("mv $PHP_INI_DIR/php.ini-production $PHP_INI_DIR/php.ini", 1),
    ],
)
def test_what_works_on_what_is_carried_is_not_done_again(command: str, lines: int) -> None:
    """The files of an extension are not there yet in the final stage."""
    body = f"RUN docker-php-ext-install gd\nRUN {command}\nRUN docker-php-ext-install zip\n"
    final, note = divided(body)
    assert final, note
    assert final.count(f"RUN {command}") == lines


def test_what_works_on_what_is_carried_and_more_is_left_alone() -> None:
    command = "rm /usr/local/etc/php/conf.d/docker-php-ext-gd.ini /etc/motd"
    body = f"RUN docker-php-ext-install gd\nRUN {command}\nRUN docker-php-ext-install zip\n"
    assert "settings of extensions, and elsewhere" in divided(body)[1]
