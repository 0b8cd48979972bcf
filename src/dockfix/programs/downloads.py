"""Commands that fetch an archive or take one apart, and which program to fetch with is there."""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.programs.command import install_of
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Simple, Word
from dockfix.state.facts import Facts, fact, script_of
from dockfix.typed import Literal

_ARCHIVE = lazy(r"\.(?:tar|tgz|tbz2?|txz|zip|tar\.(?:gz|bz2|xz|zst))\Z")
_COMPRESSION = (
    ((".gz", ".tgz"), "z"), ((".bz2", ".tbz", ".tbz2"), "j"), ((".xz", ".txz"), "J"),
)  # fmt: skip
_TAR_VALUED = "fCTXbIgKNV"
_CURL_VALUED = "AbcdeEFHKmoPQrstTuUwxXyYzC"
_WGET_VALUED = "aeioOPtTQUwl"
#: Official images that are built on buildpack-deps (without "slim" or "alpine" in the tag), and
#: distributions whose base has curl.
_FULL = frozenset(("buildpack-deps", "gcc", "golang", "node", "perl", "python", "ruby", "rust"))
_WITH_CURL = frozenset(("almalinux", "amazonlinux", "centos", "fedora", "rockylinux"))

Fetcher = Literal["curl", "wget"]


class Extraction(Record):
    """`tar -xzf FILE` or `unzip FILE`: the word FILE, and the letter of the compression, if said.

    `piped` says that FILE may as well be `-`, with the archive on standard input.
    """

    archive: Word
    letter: str
    piped: bool


def is_archive(text: str) -> bool:
    """True if a file or URL has the name of an archive that people fetch to take it apart."""
    return _ARCHIVE.search(text.strip("\"'")) is not None


def compression(text: str) -> str:
    """The option of tar for an archive of that name, or ""."""
    name = text.strip("\"'")
    return next((letter for endings, letter in _COMPRESSION if name.endswith(endings)), "")


def fetched_file(command: Simple) -> str | None:
    """The file, as written, that a `curl` or `wget` of one URL saves; None if that can't be said.

    It is the value of an option as the last part of the URL, or what standard output goes to.
    """
    name = command.words[0].value if command.words else None
    if name not in ("curl", "wget") or command.assignments:
        return None
    valued, named = (_CURL_VALUED, "o") if name == "curl" else (_WGET_VALUED, "O")
    found: list[str] = []
    urls: list[str] = []
    last_part = name == "wget"
    words = iter(command.words[1:])
    for word in words:
        text = word.text
        if text.startswith("--"):
            if text in ("--output", "--output-document"):
                found += [value.text for value in [next(words, None)] if value]
            elif text.startswith(("--output=", "--output-document=")):
                found.append(text.partition("=")[2])
            elif "=" not in text and text not in _LONG_FLAGS:
                return None
            last_part = last_part or text == "--remote-name"
        elif text.startswith("-") and len(text) > 1:
            for position, letter in enumerate(text[1:], 2):
                last_part = last_part or (name == "curl" and letter == "O")
                if letter in valued:
                    following = None if text[position:] else next(words, None)
                    value = text[position:] or (following.text if following else "")
                    found += [value] if letter == named else []
                    if letter == "P" and name == "wget":
                        return None
                    break
        else:
            urls.append(text)
    found += [one.target.text for one in command.redirects if (one.fd, one.operator) == ("", ">")]
    if len(urls) != 1 or len(found) > 1 or (not found and not last_part):
        return None
    if found:
        return found[0] if found[0] != "-" else None
    part = urls[0].strip("\"'").rpartition("/")[2]
    return None if "?" in part or not part else part


_LONG_FLAGS = frozenset(
    ("--compressed", "--continue", "--fail", "--insecure", "--ipv4", "--ipv6", "--location",
     "--no-check-certificate", "--no-progress-meter", "--no-verbose", "--progress-bar", "--quiet",
     "--remote-name", "--show-error", "--silent", "--verbose", "--https-only")
)  # fmt: skip


def extraction(command: Simple) -> Extraction | None:
    """What a command takes apart, if it is a `tar` that extracts or an `unzip`."""
    name = command.words[0].value if command.words else None
    if command.assignments or command.redirects:
        return None
    if name == "unzip":
        files = [word for word in command.words[1:] if is_archive(word.text)]
        return Extraction(files[0], "", piped=False) if len(files) == 1 else None
    return _tar(command.words[1:]) if name == "tar" else None


def _tar(words: tuple[Word, ...]) -> Extraction | None:
    letters, archive, piped = "", None, True
    pending = list(words)
    first = True
    while pending:
        word = pending.pop(0)
        text = word.text
        old_style, first = first and text.isalpha(), False
        if old_style or (text.startswith("-") and not text.startswith("--")):
            cluster = text.lstrip("-")
            for position, letter in enumerate(cluster, 1):
                letters += letter
                if letter not in _TAR_VALUED:
                    continue
                attached = "" if old_style else cluster[position:]
                if attached:
                    if letter == "f":
                        return None
                    break
                if not pending:
                    return None
                value = pending.pop(0)
                archive = value if letter == "f" else archive
        elif text in ("--extract", "--get"):
            letters += "x"
        elif text == "--file" and pending:
            archive = pending.pop(0)
        elif text.startswith("--file=") or (not text.startswith("--") and archive is None):
            return None
    if archive is None or "x" not in letters or archive.text == "-":
        return None
    letter = next((one for one in "zjJ" if one in letters), "")
    return Extraction(archive, letter, piped)


def fetcher(facts: Facts, stage: Stage, number: int, url: str) -> Fetcher | None:
    """The program that is known to be there before an instruction, and able to fetch a URL.

    Above https, what an apt-get installs needs certificates, which it may not bring by itself.
    """
    installed, over_http = _installed(facts), url.startswith("http://")
    while True:
        first = installed.get((stage.index, over_http))
        if first is not None and first[0] < number:
            return first[1]
        if stage.base_stage is None:
            break
        stage = facts.stages[stage.base_stage]
        number = len(stage.instructions)
    name, _, tag = (stage.base or "").partition("@")[0].partition(":")
    if name == "alpine":
        return "wget"
    if name in _WITH_CURL or (name in _FULL and "slim" not in tag and "alpine" not in tag):
        return "curl" if "$" not in tag else None
    return None


@fact
def _installed(facts: Facts) -> dict[tuple[int, bool], tuple[int, Fetcher]]:
    """The first RUN of each stage that brings a program to fetch with, and the program; by the
    stage, and whether it is for a URL that begins with http://."""
    found: dict[tuple[int, bool], tuple[int, Fetcher]] = {}
    for stage in facts.stages:
        for number, instruction in enumerate(stage.instructions):
            if instruction.keyword != "RUN":
                continue
            for over_http in (True, False):
                if (stage.index, over_http) not in found:
                    tool = _brought(facts, instruction, over_http)
                    if tool:
                        found[stage.index, over_http] = number, tool
    return found


def _brought(facts: Facts, run: Instruction, over_http: bool) -> Fetcher | None:
    if "curl" not in run.arguments and "wget" not in run.arguments:
        return None
    script = script_of(run, facts.places[run.start])
    if not isinstance(script, Script):
        return None
    for simple in script.simples:
        command = install_of(simple)
        packages = {word.value for word in command.packages} if command else set()
        # what is only recommended may be left out
        bare = command is not None and command.manager.needs_update
        if bare and not over_http and "ca-certificates" not in packages:
            continue
        tools: tuple[Fetcher, Fetcher] = ("curl", "wget")
        for tool in tools:
            if tool in packages:
                return tool
    return None
