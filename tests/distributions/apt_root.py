"""A folder in which apt has the sources of one suite, and a system that holds its base.

Nothing is installed there: apt downloads lists and simulates. The machine's own apt is asked, with
the folder as its configuration, so what it shows is how *its* version decides.
"""

from __future__ import annotations

import os
import re
import subprocess
from email.utils import parsedate_to_datetime
from pathlib import Path

from debian_packages import Archive

#: Where the keys of Debian are on Debian, in the package debian-archive-keyring.
DEBIAN_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_HELPER = "/usr/lib/apt/apt-helper"
_DEBIAN = ("bookworm", "trixie", "bullseye")
_CONFIGURATION = """\
#clear APT::Update;
#clear DPkg;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Dir::Etc::main;
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Dir::Etc "{root}/etc/";
Dir::Etc::parts "{root}/etc/apt.conf.d";
Dir::Etc::trusted "{keys}";
Dir::Etc::trustedparts "{root}/etc/trusted.gpg.d";
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Log "{root}/log";
"""


class AptRoot:
    """The folder. `update` fetches the lists; until then there are none."""

    def __init__(self, folder: Path, suite: str, mirror: str, keys: Path = DEBIAN_KEYS) -> None:
        """`mirror`: an address below which debian/ and debian-security/, or ubuntu/, are."""
        self.folder = folder.absolute() / suite
        self.suite = suite
        self.mirror = mirror.rstrip("/")
        self.configuration = self.folder / "apt.conf"
        for name in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("etc/preferences.d", "etc/sources.list.d", "etc/trusted.gpg.d"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "etc/sources.list").write_text("".join(f"deb {s}\n" for s in self.sources()))
        (self.folder / "status").touch()
        self.configuration.write_text(_CONFIGURATION.format(root=self.folder, keys=keys))

    def sources(self) -> list[str]:
        """The sources of the official image, in its order."""
        suite = self.suite
        if suite in _DEBIAN:
            return [
                f"{self.mirror}/debian {suite} main",
                f"{self.mirror}/debian {suite}-updates main",
                f"{self.mirror}/debian-security {suite}-security main",
            ]
        return [
            f"{self.mirror}/ubuntu {pocket} main restricted universe multiverse"
            for pocket in (suite, f"{suite}-updates", f"{suite}-security")
        ]

    def run(self, *arguments: str) -> str:
        """The output of a program of apt's; raises CalledProcessError if it fails."""
        environment = {**os.environ, "APT_CONFIG": str(self.configuration), "LC_ALL": "C"}
        done = subprocess.run(
            arguments, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def update(self) -> None:
        """Fetches the lists of packages; their signatures are checked."""
        self.run("apt-get", "-qq", "update")

    def prepare(self) -> None:
        """Fetches the lists unless they are there, and has apt believe that the base is."""
        if not any((self.folder / "state/lists").glob("*Release")):
            self.update()
        if not (self.folder / "status").read_bytes():
            self.install_base(self.archive())

    def packages(self) -> list[str]:
        """The Packages files, in the order of the sources."""
        names = self.run(
            "apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages"
        )
        return [self.run(_HELPER, "cat-file", name) for name in names.splitlines()]

    def contents(self) -> list[Path]:
        """Contents files of the suite, compressed, as the mirror has them now.

        Mirrors that fetch on demand may have one that is a few days older than the signed list of
        files. So these are not checked: they only tell which programs a package has.
        """
        area = f"{self.mirror}/debian/dists/{self.suite}/main"
        names = ["Contents-amd64.gz", "Contents-all.gz"]
        if self.suite not in _DEBIAN:
            area, names = f"{self.mirror}/ubuntu/dists/{self.suite}", names[:1]
        found = []
        for name in names:
            path = self.folder / name
            if not path.exists():
                self.run(_HELPER, "download-file", f"{area}/{name}", str(path))
            found.append(path)
        return found

    def date(self) -> str:
        """The day on which the newest of the sources was made, as YYYY-MM-DD."""
        dates = []
        for path in (self.folder / "state/lists").glob("*Release"):
            match = re.search(r"^Date: (.*)$", path.read_text(), re.MULTILINE)
            assert match is not None, path
            dates.append(parsedate_to_datetime(match[1]).date().isoformat())
        return max(dates)

    def archive(self) -> Archive:
        """The packages to be had, with the base of the official image as installed."""
        archive = Archive(self.packages())
        archive.set_base(archive.minimal_base())
        return archive

    def install_base(self, archive: Archive) -> None:
        """Has apt believe that the base is installed."""
        wanted = archive.base
        stanzas = {}
        for text in self.packages():
            for paragraph in text.split("\n\n"):
                name = paragraph.partition("\n")[0].removeprefix("Package: ")
                if name in wanted and f"\nVersion: {archive.packages[name]['Version']}\n" in (
                    paragraph + "\n"
                ):
                    stanzas[name] = paragraph.strip("\n")
        (self.folder / "status").write_text(
            "".join(f"{stanza}\nStatus: install ok installed\n\n" for stanza in stanzas.values())
        )

    def simulate(self, *names: str, recommends: bool = True) -> frozenset[str]:
        """The packages that `apt-get install names` would install, with their versions."""
        options = ["-s", "-qq", "-o", f"APT::Install-Recommends={str(recommends).lower()}"]
        output = self.run("apt-get", *options, "install", *names)
        return frozenset(re.findall(r"^Inst (\S+ \(\S+)", output, re.MULTILINE))
