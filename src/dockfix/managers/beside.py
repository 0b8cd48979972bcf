"""Programs beside the managers, and places where they are told what to bring from where.

A script names them where it may name no manager. So they stand here, by the manager that reads
them, and not in the managers' own files, all of which would have to be imported to ask.
"""

from __future__ import annotations

#: Programs that set up where packages come from.
SETS_UP = {"add-apt-repository": "apt", "apt-add-repository": "apt", "apt-key": "apt",
           "yum-config-manager": "dnf"}  # fmt: skip
#: What installs packages from files, and the manager that knows them from then on.
FROM_FILES = {"dpkg": "apt", "rpm": "dnf"}
#: Places of sources and keys, as text, and who reads them.
SOURCES = (
    ("/etc/apt/", "apt"), ("deb.nodesource.com", "apt"), ("script.deb.sh", "apt"),
    ("/usr/share/keyrings", "apt"), ("/etc/yum.repos.d", "dnf"), ("rpm.nodesource.com", "dnf"),
    ("script.rpm.sh", "dnf"), ("/etc/pki/rpm-gpg", "dnf"), ("rpm --import", "dnf"),
    ("/etc/apk/", "apk"), ("/etc/pip.conf", "pip"), (".npmrc", "npm"),
)  # fmt: skip
