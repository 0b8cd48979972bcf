"""Base images whose package managers are from before an option or a command, by their names.

A name is that of FROM, `registry/name:tag@digest`. Plain comparisons: the regular expression that
says the same takes longer to compile than a hundred files take to ask.
"""

from __future__ import annotations

_UBUNTU = ("ubuntu", "ubuntu-debootstrap", "ubuntu-upstart")
_UBUNTU_BEFORE_16 = ("6.", "7.", "8.", "9.", "10.", "11.", "12.", "13.", "14.", "15.")
_CODENAMES = frozenset(
    ("squeeze", "wheezy", "jessie", "lucid", "precise", "quantal", "raring", "saucy", "trusty",
     "utopic", "vivid", "wily")
)  # fmt: skip
_MINICONDA_BEFORE_46 = ("0.", "1.", "2.", "3.", "4.0.", "4.1.", "4.2.", "4.3.", "4.4.", "4.5.")
_ANACONDA_BEFORE_46 = ("0.", "1.", "2.", "3.", "4.", "5.", "2018")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def before_2015(image: str) -> bool:
    """True if it is Debian or Ubuntu of before 2015: pip is older than 6 there, whose cache
    --no-cache-dir is about, and gem mostly than 2, that brought --no-document."""
    owner = ""
    for name, tag, part in _parts(image):
        if name in _UBUNTU:
            if tag.startswith(_UBUNTU_BEFORE_16):
                return True
        elif name == "debian":
            if _is_number(tag, "45678"):
                return True
        elif owner == "phusion" and _is_made_by_phusion(name) and _is_phusion_before_2015(tag):
            return True
        owner = part
    return any(_word(part) in _CODENAMES for part in image.replace("-", ":").split(":")[1:])


def before_gem_2(image: str) -> bool:
    """True if its gem is likely to be older than 2."""
    return before_2015(image) or any(
        (name == "ruby" and tag.startswith("1."))
        or (name == "centos" and _is_number(tag.removeprefix("centos"), "56"))
        for name, tag, _ in _parts(image)
    )


def before_apk_no_cache(image: str) -> bool:
    """True if it is Alpine of before 3.3, whose apk knows no --no-cache."""
    return any(
        name == "alpine"
        and (tag.startswith("2.") or (tag.startswith("3.") and _is_number(tag[2:], "012")))
        for name, tag, _ in _parts(image)
    )


def before_conda_clean(image: str) -> bool:
    """True if it is Anaconda or Miniconda of before conda 4.6, where `clean -f` came."""
    return any(
        (name in ("miniconda", "miniconda2", "miniconda3") and tag.startswith(_MINICONDA_BEFORE_46))
        or (name in ("anaconda", "anaconda2", "anaconda3") and tag.startswith(_ANACONDA_BEFORE_46))
        # never an official image
        for name, tag, _ in _parts(image)[1:]
    )


def _parts(image: str) -> list[tuple[str, str, str]]:
    """What stands between slashes: its name, its tag, and both as they are."""
    found = []
    for part in image.split("/"):
        name, _, tag = part.partition(":")
        found.append((name, tag, part))
    return found


def _is_number(text: str, among: str) -> bool:
    """True if a text begins with one of these digits, and no other digit follows."""
    return text[:1] in tuple(among) and not text[1:2].isdecimal()


def _is_made_by_phusion(name: str) -> bool:
    flavor = name.removeprefix("passenger-")
    if flavor == name:
        return name == "baseimage"
    return flavor.isascii() and flavor.isalnum() and flavor == flavor.lower()


def _is_phusion_before_2015(tag: str) -> bool:
    """True if it is a version up to 0.9.18."""
    if not tag.startswith("0."):
        return False
    if not tag.startswith("0.9."):
        return _is_number(tag[2:], "012345678")
    patch = tag[4:]
    return patch[:1].isdecimal() and (
        not patch[1:2].isdecimal() or (patch[0] == "1" and _is_number(patch[1:], "012345678"))
    )


def _word(text: str) -> str:
    """The small letters with which a text begins."""
    return text[: len(text) - len(text.lstrip(_LETTERS))]
