"""A stage that builds and runs becomes two: one that builds, and one with what runs.

What it does: the last stage of a file, if it holds compilers, headers or installers that nothing
needs when the container runs, is divided. The instructions that build stay in a stage of their
own, `build`, word for word and with their comments. The final stage begins with the slim form of
the same image, gets what the build leaves by `COPY --from=build`, and has every setting, user,
package and file that the image had.

    FROM python:3.12                      FROM python:3.12 AS build
    WORKDIR /srv                          WORKDIR /srv
    COPY requirements.txt .               RUN python -m venv /opt/venv
    RUN pip install -r requirements.txt   ENV PATH=/opt/venv/bin:$PATH
    COPY . .                              COPY requirements.txt .
    CMD ["gunicorn", "shop:app"]          RUN pip install -r requirements.txt

                                          FROM python:3.12-slim
                                          WORKDIR /srv
                                          COPY --from=build /opt/venv /opt/venv
                                          ENV PATH=/opt/venv/bin:$PATH
                                          COPY . .
                                          CMD ["gunicorn", "shop:app"]

Why: what an image holds is stored, pulled and looked through for known holes each time. A
compiler and its headers are half a gigabyte that never runs. In a stage of its own it can stay
for the build, and its layers stay in the build cache. `docker build --target build` has what it
always had, but for packages that the build ends by removing.

How a stage is cut: each command is sorted by what it leaves. Packages of the system are looked at
one by one. What only builds (compilers, build systems, `-dev` packages) goes; of a `-dev` package
its shared libraries stay, by the names that the distribution has for them; every other package
stays, because a program may call it. Installs of a language are for the build, and what they
leave is carried. Settings go to both sides, what starts the container to the final one. Where
both sides are built on the same image, what stands above the build becomes a stage `base`. A
variable in the name of the image stays one, if its default is a version.

What is carried: of Python in its own image (pip, pipenv, poetry, uv) a virtual environment, made by
the same interpreter: the one that the file makes itself, at its own place, or else a new one. Of Go
and Rust in their own images the programs that the start commands and scripts name, onto the slim
form of the Debian below the image, and of the project what is no source (templates, settings,
pages). Of Node.js in its own image (npm, yarn, pnpm) the packages; where a script builds something,
and in a workspace, the whole folder of the project with all that lies in it. There `npm prune
--omit=dev` ends the build, if the start is a file that Node.js runs, and no source, setting or
optional peer asks for a package that is for development alone (by npm's lock file); otherwise
nothing is pruned. Scripts are followed to the compilers and
bundlers that they call, whose settings say where they write. What is installed by npm for the whole
image, and corepack's shims, are in both stages. Of Java (Maven, Gradle, their wrappers) in the
images of Temurin, OpenJDK, Corretto, Semeru, Maven and Gradle the archive that is started, onto the
JRE of the same vendor and version; where nothing says that it needs no other file, the folder that
the build fills.
Of Ruby in its own image (Bundler, gem) the folder of gems, and where assets are compiled the folder
of the project. Of PHP in its own image on Debian the extensions that are compiled, onto the same
image; Composer stays in the final stage, for it compiles nothing.
Of .NET in the image of its SDK the folders that `dotnet publish` fills, and of the project what is
no source, onto ASP.NET Core or, for a program without packages and the web, the runtime alone.
On Alpine, where nothing tells which libraries a `-dev` package is for, these packages stay.
Of C and C++ on Debian, Ubuntu and Alpine (make, cmake, compilers called by their names) the folder
of the context that is compiled in, the prefix of an install and the files that a compiler is told
to write, onto the same image; in the image of GCC the same, onto the slim form of the Debian below
it. There a program gets the compiler's own libraries, if Debian's are older, and those of the full
image by the names with which it is linked (`-lcurl`).

The last of several stages, where nothing is built, becomes shorter as it stands: what only builds
leaves its lists of packages, and of a `-dev` package the shared libraries stay. If it is on an
image of Go, Rust or GCC, it is put on the Debian or Alpine below; on an image of a JDK, Maven or
Gradle, on the JRE of the same vendor and version; on .NET's SDK, on the image of the runtime. It
stays if source that is copied anywhere in the file may compile, or open a library by its name; if
something is fetched that cannot be seen; and if Python, Ruby or the like have packages that may
compile when they run.

What it leaves alone: whatever is not understood; a note then says why. An image that is not in the
table of images; commands of which nobody knows what they leave; packages of which it is not known
which libraries of a full image they need; source that calls a program of the build, that compiles
when it runs, or that calls a program by a name that is not told; editable installs, and installs
for one user; files that name the folder where packages lay; an install as another user than root; a
RUN that builds, and beside that makes or changes files that would not be carried; scripts and
settings that may write outside of the project; packages of Node.js that build something and are not
known; packages that are installed when the container starts; a file that does not say what the
container starts; a build context that is not at hand, where files of it are copied. A file in which
there is nothing to gain is left alone without a note. What no text tells, `dockfix verify
--evidence` learns from a build: then what the RUNs were seen to leave is carried, on the same base,
with the packages that it was seen to need, and the result is built and compared before it is
written.

Safety: unsafe. The image is another one on purpose: it is without what only builds, its packages
lie in another folder, and PATH names that. What runs is argued as far as the file and its build
context show: the final stage has the same version of the same language on the same release of the
same distribution, all shared libraries that the build could have been linked with, and every
program that something is seen to call. Where an image of Maven or Gradle is newer than the table
of their releases, the JRE may be on another one; then no package of the system is installed, and
what is carried is bytecode. What data, plugins or people call at run time cannot be seen here.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Group, Safety, with_doubt
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for the last stage, or a note that says why it is left alone."""
    from dockfix.stages.find import Left, find
    from dockfix.stages.last_stage import Trimmed

    found = find(facts, settings.context, settings.evidence)
    if found is None:
        return
    begin = facts.stages[-1].instructions[0]
    if isinstance(found, Left):
        yield Group(
            begin.keyword_offset,
            f"not split into a build stage and a final stage: {found.reason}",
            (),
            Safety.NOTE,
        )
        return
    if isinstance(found, Trimmed):
        image = f", on {found.image}" if found.image else ""
        then = f"{image}{_without(found.dropped)}".removeprefix(", ") or "smaller"
        message = f"move what only builds into a stage of its own: the last stage is then {then}"
        yield Group(
            begin.keyword_offset,
            with_doubt(message, "a program may need what is left out"),
            found.edits,
            Safety.UNSAFE,
            declares=found.left,
        )
        return
    from dockfix.edit.stages import divided

    yield Group(
        begin.keyword_offset,
        _message(found.what, found.base, found.dropped),
        divided(facts.style, found.division),
        Safety.UNSAFE,
        declares=found.left,
    )


def _message(what: str, base: str, dropped: tuple[str, ...]) -> str:
    """What the final stage is without."""
    return with_doubt(
        f"build in a stage of its own: the image is then {base} with {what}{_without(dropped)}",
        "a program may need a file of the build stage",
    )


def _without(dropped: tuple[str, ...]) -> str:
    names = ", ".join(dropped[:3]) + (f" and {len(dropped) - 3} more" if dropped[3:] else "")
    return f", without {names}" if names else ""


def verify(before: Facts, after: Facts) -> str | None:
    """Whether no instruction is lost, and the final stage has the settings of the old one."""
    if len(before.stages) == len(after.stages):
        return _verify_last(before, after)
    olds, news = before.stages[-1].instructions[1:], list(after.instructions)
    texts = [_text(after, one) for one in news]
    for one in olds:
        if _text(before, one) not in texts:
            return f"a {one.keyword} is lost"
    final: list[Instruction] = []
    stage = after.stages[-1]
    while stage.index >= before.stages[-1].index:
        final = [*stage.instructions[1:], *final]
        if stage.base_stage is None:
            break
        stage = after.stages[stage.base_stage]
    for keyword in _KEPT:
        old = [_text(before, one) for one in olds if one.keyword == keyword]
        new = [_text(after, one) for one in final if one.keyword == keyword]
        if [text for text in new if text in old] != old:
            return f"the final stage has not every {keyword}"
    if [one.keyword for one in final if one.keyword in _STARTS] != [
        one.keyword for one in olds if one.keyword in _STARTS
    ]:
        return "the final stage starts something else"
    return None


def _verify_last(before: Facts, after: Facts) -> str | None:
    """Whether a last stage that only became shorter has all but packages."""
    for old, new in zip(before.stages[:-1], after.stages[:-1], strict=True):
        if [_text(before, one) for one in old.instructions] != [
            _text(after, one) for one in new.instructions
        ]:
            return "another stage has changed"
    olds, news = before.stages[-1].instructions[1:], after.stages[-1].instructions[1:]
    kept = [_text(before, one) for one in olds if one.keyword != "RUN"]
    if [text for one in news if (text := _text(after, one)) in kept] != kept:
        return "an instruction of the last stage has changed"
    left = [_text(after, one).split() for one in news if one.keyword == "RUN"]
    for one in olds:
        words = _text(before, one).split()
        if one.keyword == "RUN" and words not in left and not _INSTALLING.search(" ".join(words)):
            return "a RUN is lost"
    return None


_INSTALLING = lazy(r"\binstall\b")
_STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")
_KEPT = (
    "ENV", "USER", "WORKDIR", "EXPOSE", "VOLUME", "HEALTHCHECK", "STOPSIGNAL", "LABEL", "SHELL",
    "CMD", "ENTRYPOINT", "MAINTAINER",
)  # fmt: skip


def _text(facts: Facts, one: Instruction) -> str:
    return facts.source[one.keyword_offset : one.end].strip()


PASS = Pass(
    code="DF601",
    name="multi-stage",
    summary="Build in a stage of its own, and keep compilers and installers out of the image",
    safety=Safety.UNSAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    default=False,
    adds_stages=True,
    # npm's own list of what lies there
    logs=("/**/node_modules/.package-lock.json",),
    splits=True,
)
