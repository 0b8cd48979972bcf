"""What passes may declare, on images made by hand: it is taken, and nothing beside it."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping

import pytest

from dockfix.builds.compare import compare
from dockfix.builds.declared import without_declared
from dockfix.builds.images.archive import Image
from dockfix.core.findings import Applied
from dockfix.core.result import Rewrite
from dockfix.edit.edits import Safety
from dockfix.passes import PASSES
from helpers.archives import image, info, layer

PACKAGES = "var/lib/dpkg/info/"
STATES = "var/lib/apt/extended_states"


def judged(before: Image, after: Image, name: str, *declares: str) -> tuple[list[str], list[str]]:
    """The paths and settings that are left over, and those that a pass declares, with the way."""
    (code,) = (one.code for one in PASSES if one.name == name)
    made = Applied(code, name, "", 1, 1, Safety.SAFE, 0, 0, declares)
    found, claims = without_declared(
        compare(before, after), Rewrite("", "x", (made,), (), ()), before, after
    )
    left = [one.path for one in found.files] + [one.name for one in found.settings]
    told = [getattr(one.difference, "path", None) or one.difference[0] for one in claims]
    return left, [f"{one.way} {path}" for one, path in zip(claims, told, strict=True)]


def tree(files: Mapping[str, str]) -> Image:
    return image(layer(*((path, text.encode()) for path, text in files.items())))


#: An image with two packages, of which `less` was asked for and `more` came with it.
INSTALLED = {
    f"{PACKAGES}less.list": "/.\n/usr\n/usr/bin\n/usr/bin/less\n/usr/share\n/usr/share/doc\n",
    f"{PACKAGES}more:amd64.list": "/.\n/usr\n/usr/bin\n/lib/more\n/lib/more/so\n/usr/share/doc\n",
    STATES: "Package: more\nArchitecture: amd64\nAuto-Installed: 1\n",
    "usr/bin/less": "less",
    "usr/lib/more/so": "so",
    "usr/lib/more/made": "by its own script",
}
LINK = info("lib", tarfile.SYMTYPE, linkname="usr/lib")


def packages(*gone: str, more: tuple[tarfile.TarInfo, ...] = ()) -> Image:
    kept = {path: text for path, text in INSTALLED.items() if not path.startswith(gone or ("-",))}
    return image(layer(LINK, *((path, text.encode()) for path, text in kept.items()), *more))


def test_a_package_that_nobody_asked_for_may_be_left_out_with_all_that_is_its_own() -> None:
    left, told = judged(
        packages(), packages(f"{PACKAGES}more", "usr/lib/more"), "no-install-recommends"
    )
    assert left == []
    assert told == ["packages /usr/lib", f"packages /{PACKAGES}more:amd64.list"]


def test_a_package_that_was_asked_for_may_not() -> None:
    after = packages(f"{PACKAGES}less", "usr/bin/less")
    left, told = judged(packages(), after, "no-install-recommends")
    assert left == ["/usr/bin", f"/{PACKAGES}less.list"]
    assert told == []


def test_a_file_of_a_package_that_is_still_there_may_not_be_missing() -> None:
    left, _ = judged(packages(), packages("usr/lib/more"), "no-install-recommends")
    assert left == ["/usr/lib"]


PARENTS = ("etc", "srv", "local", "local/share", "usr/local", "usr/local/share")
SCRIPT = "#!/bin/sh\nLOCALDIR=/usr/local/share/fonts\nmkdir -p $LOCALDIR /etc/made/\n"


@pytest.mark.parametrize(
    ("folder", "script", "owner", "declared"),
    [
        ("usr/local/share/fonts", SCRIPT, "more:amd64.postinst", True),
        ("etc/made", SCRIPT, "more:amd64.preinst", True),
        # of another path that begins or ends like it, of nothing, and of a package that stays
        ("usr/local/share/font", SCRIPT, "more:amd64.postinst", False),
        ("local/share/fonts", SCRIPT, "more:amd64.postinst", False),
        ("srv/made", SCRIPT, "more:amd64.postinst", False),
        ("etc/made", SCRIPT, "more:amd64.postrm", False),
        ("etc/made", SCRIPT, "less.postinst", False),
    ],
)
def test_a_folder_that_a_script_of_a_left_out_package_made_is_declared(
    folder: str, script: str, owner: str, declared: bool
) -> None:
    def installed(*gone: str) -> Image:
        files = {**INSTALLED, PACKAGES + owner: script}
        kept = [(path, text) for path, text in files.items() if not path.startswith(gone or ("-",))]
        parents = [info(path, tarfile.DIRTYPE) for path in PARENTS]
        made = [] if gone else [info(folder, tarfile.DIRTYPE)]
        return image(layer(LINK, *parents, *made, *((one, text.encode()) for one, text in kept)))

    after = installed(f"{PACKAGES}more", "usr/lib/more")
    left, told = judged(installed(), after, "no-install-recommends")
    assert left == ([] if declared else [f"/{folder}"])
    assert (f"packages /{folder}" in told) is declared


def test_a_file_that_no_package_has_may_not_be_missing() -> None:
    own = info("usr/local/own")
    before, after = packages(more=(own,)), packages(f"{PACKAGES}more", "usr/lib/more")
    left, _ = judged(before, after, "no-install-recommends")
    assert left == ["/usr/local"]


def test_a_link_to_a_file_of_the_package_goes_with_it() -> None:
    one = info("etc/alternatives/so", tarfile.SYMTYPE, linkname="/lib/more/so")
    two = info("usr/share/so", tarfile.SYMTYPE, linkname="../../etc/alternatives/so")
    other = info("usr/share/less", tarfile.SYMTYPE, linkname="/usr/bin/less")
    before = packages(more=(one, two, other))
    left, told = judged(
        before, packages(f"{PACKAGES}more", "usr/lib/more", more=()), "no-install-recommends"
    )
    assert "packages /etc" in told
    # what is in there is not all the package's
    assert left == ["/usr/share"]


def test_other_passes_leave_no_packages_out() -> None:
    after = packages(f"{PACKAGES}more", "usr/lib/more")
    left, told = judged(packages(), after, "merge-runs")
    assert left == ["/usr/lib", f"/{PACKAGES}more:amd64.list"]
    assert told == []


def test_the_order_of_packages_that_came_with_others_is_nobodys_business() -> None:
    one, two = (f"Package: {name}\nAuto-Installed: 1\n" for name in "ab")
    before, after = tree({STATES: f"{one}\n{two}\n"}), tree({STATES: f"{two}\n{one}"})
    assert compare(before, after).same
    assert not compare(before, tree({STATES: one})).same


def test_what_a_change_declares_is_missing_and_nothing_beside_it() -> None:
    before = tree({"app/a.jar": "1", "app/src/x": "2", "app/docs/y": "3"})
    after = tree({"app/a.jar": "1"})
    left, told = judged(before, after, "narrow-copy", "/app/src", "/app/src/**", "!/app/a.jar")
    assert left == ["/app/docs"]
    assert told == ["removes /app/src"]
    left, _ = judged(before, tree({"app/src/x": "2"}), "narrow-copy", "/app/**", "!/app/a.jar")
    assert left == ["/app/a.jar"]


def test_a_folder_is_missing_only_if_all_in_it_may_be() -> None:
    before = tree({"app/.git/HEAD": "1", "app/x": "2"})
    left, told = judged(before, tree({"y": ""}), "dockerignore", "/**/.git", "/**/.git/**")
    assert left == ["/app", "/y"]
    assert told == []


def test_a_mount_may_make_the_folder_it_lies_over() -> None:
    before = tree({"a": ""})
    made = image(layer(("a", b""), info("root/.cache/pip", tarfile.DIRTYPE)))
    assert judged(before, made, "use-cache-mount") == ([], ["changes /root"])
    more = image(layer(("a", b""), info("root/.cache/pap", tarfile.DIRTYPE)))
    assert judged(before, more, "use-cache-mount") == (["/root"], [])


@pytest.mark.parametrize(
    ("label", "left"),
    [("Jane", []), ("Joe", ["Author", "Labels maintainer"]), (None, ["Author"])],
)
def test_a_label_must_name_who_maintainer_named(label: str | None, left: list[str]) -> None:
    before = image(layer(("a", b"")))._replace(author='"Jane"')
    after = image(layer(("a", b"")), Labels={"maintainer": label} if label else {})
    assert judged(before, after, "key-value-form")[0] == left


def test_a_setting_may_be_another_where_a_change_says_so() -> None:
    before, after = image(layer(("a", b""))), image(layer(("a", b"")), WorkingDir="/w")
    assert judged(before, after, "use-workdir", "WorkingDir") == ([], ["changes WorkingDir"])
    assert judged(before, after, "use-workdir") == (["WorkingDir"], [])


@pytest.mark.parametrize(
    ("path", "text"),
    [("dev/null", ""), ("proc/x", "1"), ("sys/x", ""), ("etc/resolv.conf", "")],
)
def test_traces_of_engines_do_not_count(path: str, text: str) -> None:
    plain = {"etc/x": "", "a/x": ""}
    assert compare(tree(plain), tree({**plain, path: text})).same
    assert compare(tree({**plain, path: text}), tree(plain)).same


def test_a_file_where_engines_mount_one_counts_if_it_says_something() -> None:
    assert not compare(tree({"etc/x": ""}), tree({"etc/x": "", "etc/hosts": "::1 x\n"})).same


def test_a_cleanup_may_change_what_apt_notes_of_its_lists_at_a_later_call() -> None:
    plan, history = "var/log/apt/eipp.log.xz", "var/log/apt/history.log"
    before, after = tree({plan: "lists", history: "a"}), tree({plan: "none", history: "b"})
    left, told = judged(before, after, "clean-package-cache")
    assert left == [f"/{history}"]
    assert told == [f"records /{plan}"]
