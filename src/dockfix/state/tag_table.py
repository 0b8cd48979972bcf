"""Tags of official images: the release under each version, and where slim forms begin.

Written by tests/distributions/official_tags.py from the history of docker-library/official-images;
`dockfix.state.official_tags` reads it. In `RELEASES`, a version and a release stand for all
versions from that one on; `?` is unknown. In `SLIM`, `+` and `-` say whether these versions have a
slim form.
"""

from __future__ import annotations

#: The day of the newest list that was read.
AS_OF = "2026-08-21"

#: From which version on, which release.
RELEASES = {
    "eclipse-temurin": (
        "8 resolute 11.0.12.7 focal 11.0.15.10 jammy 11.0.24.8 noble 11.0.31.11 resolute "
        "16.0.2.7 focal 17.0.3.7 jammy 17.0.12.7 noble 17.0.19.10 resolute 18.0.0.36 focal "
        "18.0.1.10 jammy 21.0.4.7 noble 21.0.11.10 resolute 22.0.0.36 jammy 22.0.2.9 noble "
        "25.0.3.9 resolute 26.0.0.35 noble 26.0.1.8 resolute"
    ),
    "gcc": (
        "4.6.4 ? 8.4.0 buster 9.1.0 ? 9.3.0 buster 9.5.0 bullseye 10.1.0 ? 10.3.0 buster "
        "10.4.0 bullseye 12.3.0 bookworm 14.3.0 trixie 15.1.0 bookworm 15.2.0 trixie"
    ),
    "golang": (
        "1.2.0 ? 1.7.6 jessie 1.8.0 ? 1.8.3 jessie 1.9.0 stretch 1.11.12 buster 1.12.0 "
        "stretch 1.12.7 buster 1.16.7 bullseye 1.19.10 bookworm 1.20.0 bullseye 1.20.5 "
        "bookworm 1.24.6 trixie"
    ),
    "node": (
        "0.8.28 ? 6.14.2 jessie 6.14.4 stretch 7.0.0 ? 8.11.2 jessie 8.13.0 stretch 9.0.0 ? "
        "9.11.1 jessie 10.0.0 ? 10.3.0 jessie 10.13.0 stretch 14.19.3 buster 15.0.0 stretch "
        "16.0.0 buster 17.0.0 bullseye 18.16.0 bookworm 19.0.0 bullseye 20.3.0 bookworm "
        "26.0.0 trixie"
    ),
    "perl": (
        "5.8.9 ? 5.26.3 buster 5.28.0 ? 5.28.2 buster 5.30.3 bullseye 5.32.0 buster 5.32.1 "
        "bullseye 5.36.1 bookworm 5.37.8 bullseye 5.38.0 bookworm 5.38.5 trixie 5.39.1 "
        "bookworm 5.40.3 trixie 5.41.1 bookworm 5.42.0 trixie"
    ),
    "php": (
        "5.3.29 ? 5.6.31 jessie 5.6.36 stretch 7.0.0 ? 7.0.24 jessie 7.0.30 stretch 7.1.0 ? "
        "7.1.10 jessie 7.1.17 stretch 7.1.30 buster 7.2.0 stretch 7.2.20 buster 7.3.0 stretch "
        "7.3.7 buster 7.3.29 bullseye 7.4.0 buster 7.4.22 bullseye 8.0.0 buster 8.0.9 "
        "bullseye 8.1.20 bookworm 8.1.33 trixie 8.2.0 bullseye 8.2.7 bookworm 8.2.29 trixie "
        "8.3.0 bookworm 8.3.24 trixie 8.4.1 bookworm 8.4.11 trixie"
    ),
    "python": (
        "2.7.7 ? 2.7.13 jessie 2.7.15 stretch 2.7.16 buster 3.2.6 ? 3.3.6 jessie 3.4.1 ? "
        "3.4.6 jessie 3.4.8 stretch 3.5.0 ? 3.5.3 jessie 3.5.5 stretch 3.5.7 buster 3.6.0 ? "
        "3.6.2 jessie 3.6.5 stretch 3.6.9 buster 3.6.14 bullseye 3.7.0 stretch 3.7.4 buster "
        "3.7.11 bullseye 3.7.17 bookworm 3.8.0 buster 3.8.11 bullseye 3.8.17 bookworm 3.9.0 "
        "buster 3.9.6 bullseye 3.9.17 bookworm 3.9.23 trixie 3.10.0 bullseye 3.10.12 bookworm "
        "3.10.18 trixie 3.11.0 bullseye 3.11.4 bookworm 3.11.13 trixie 3.12.0 bookworm "
        "3.12.11 trixie 3.13.0 bookworm 3.13.6 trixie"
    ),
    "ruby": (
        "1.9.3 ? 2.2.7 jessie 2.3.0 ? 2.3.4 jessie 2.3.7 stretch 2.4.0 ? 2.4.1 jessie 2.4.4 "
        "stretch 2.4.6 buster 2.5.0 stretch 2.5.5 buster 2.6.0 stretch 2.6.3 buster 2.6.8 "
        "bullseye 2.7.0 buster 2.7.4 bullseye 3.0.0 buster 3.0.2 bullseye 3.1.4 bookworm "
        "3.2.0 bullseye 3.2.2 bookworm 3.2.9 trixie 3.3.0 bookworm 3.3.9 trixie 3.4.1 "
        "bookworm 3.4.5 trixie"
    ),
    "rust": "1.19.0 stretch 1.37.0 buster 1.55.0 bullseye 1.72.0 bookworm 1.89.0 trixie",
}

#: Versions that were still built: their release may change.
LIVE = {
    "eclipse-temurin": "8 11.0.32.9 17.0.20.8 21.0.12.8 25.0.4.7 26.0.2.10",
    "gcc": "12.5.0 13.4.0 14.4.0 15.3.0 16.2.0",
    "golang": "1.26.7 1.27.0",
    "node": "22.23.2 24.19.0 26.7.0",
    "perl": "5.40.5 5.42.3 5.44.0 5.45.2",
    "php": "8.2.33 8.3.33 8.4.24 8.5.9",
    "python": "3.10.21 3.11.16 3.12.14 3.13.15 3.14.7",
    "ruby": "3.3.12 3.4.10 4.0.6",
    "rust": "1.98.0",
}

#: From which version on there is a slim form, or none.
SLIM = {
    "eclipse-temurin": "8 + 16.0.2.7 - 17.0.1.12 + 18.0.0.36 - 18.0.1.10 +",
    "node": "0.8.28 - 6.15.0 + 7.0.0 - 8.14.0 + 9.0.0 - 10.14.1 + 11.0.0 - 11.3.0 +",
    "perl": "5.8.9 - 5.26.3 + 5.28.0 - 5.28.2 +",
    "python": ("2.7.7 - 2.7.13 + 3.2.6 - 3.3.6 + 3.4.1 - 3.4.6 + 3.5.0 - 3.5.3 + 3.6.0 - 3.6.2 +"),
    "ruby": "1.9.3 - 2.2.7 + 2.3.0 - 2.3.4 + 2.4.0 - 2.4.1 +",
    "rust": "1.19.0 - 1.25.0 +",
}
