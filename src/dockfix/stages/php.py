"""PHP in its own image: the extensions that are compiled are carried, onto the same image.

The image keeps its compiler, which is a part of it. What goes are the headers that extensions are
compiled with, and what came with these. `docker-php-ext-install`, `docker-php-ext-enable` and
`pecl install` put a module into the folder of extensions and a line into `conf.d` (docker-library's
scripts of these names; PECL's manual, "Installing a PECL extension"); what else they leave are
headers, tests and PECL's own records, which PHP does not read. The folder of extensions has the
date of an interface in its name, and so is carried from above.

Composer is left where it is, behind the build: it compiles nothing, and the final stage has all the
programs that it calls. Commands that fetch it, or set up Apache, are done on both sides.
"""

from __future__ import annotations

import re

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import called_by_script, interpreter_of, is_shell_script
from dockfix.stages.view import Cut, View
from dockfix.state.paths import resolve, within

#: The scripts of the image that compile extensions, or prepare that.
_BUILDING = words("docker-php-ext-configure docker-php-ext-install docker-php-source phpize")
_ENABLING = "docker-php-ext-enable"
_PECL = ("pecl", "pear")
#: What PECL is told beside an install, and leaves only records of its own.
_RECORDS = words("channel-update config-set update-channels clear-cache")
#: Commands that may stand beside: they ask, or fetch and unpack source where it is compiled.
_BESIDE = words("cd curl echo ls mkdir nproc printf rm tar true wget yes")
_SOURCE = ("/usr/src", "/tmp", "/dev/null")
#: Commands that only set up the image, or fetch Composer, and so can be done on both sides.
_SET_UP = words(
    "a2disconf a2dismod a2dissite a2enconf a2enmod a2ensite chmod chown curl echo groupmod mkdir",
    "mv rm sed usermod wget",
)
#: Those of them that may stand in the last RUN that compiles.
_BEHIND = words("chmod chown groupmod sed usermod")
_INSTALLER = lazy(r"--install-dir=\S+|composer-setup\.php")
_EXTENSIONS = "/usr/local/lib/php/extensions"
_HOME = "/usr/local/etc/php"
_SETTINGS = f"{_HOME}/conf.d"
_OTHER_PLACES = lazy(
    r"\b(?:PHP_INI_DIR|PHP_INI_SCAN_DIR|PHP_EXTRA_CONFIGURE_ARGS)[ =](?!\s)|extension_dir"
    r"|--ini-path"
)
#: What a file of PHP calls programs by, with a text that names one.
_CALLS = lazy(
    r"(?<![\w>:$\\])(?:exec|shell_exec|system|passthru|popen|proc_open|pcntl_exec)\s*\(\s*"
    r"(?:\[\s*)?(?:([\"'])([^\"'$]*)\1?)?"
    r"|\bnew\s+\\?(?:\w+\\)*Process\s*\(\s*(?:\[\s*)?(?:([\"'])([^\"'$]*)\3?)?"
    r"|\bProcess::(?:fromShellCommandline|run|start)\s*\(\s*(?:([\"'])([^\"'$]*)\5?)?"
)
_COMMENT = lazy(r"(?m)^[ \t]*(?:\*|//|#|/\*).*$")


def concerns(view: View) -> bool:
    """True if it is PHP's own image, and extensions are compiled."""
    return view.image.name == "php" and any(_is_build(run) for run in view.runs.values())


def cut(view: View) -> Cut:
    """The extensions, and the lines that load them."""
    release = view.image.release
    if release is None or release.distribution != "debian":
        raise UnsureError(f"the release of Debian below {view.stage.base} is not known")
    if found := _OTHER_PLACES.search(view.text):
        raise UnsureError(f"extensions or their settings may lie elsewhere: {found[0].strip()}")
    build = {start: run for start, run in view.runs.items() if _is_build(run)}
    last = max(build)
    lines: list[str] = []
    for start, run in build.items():
        lines += _looked_at(view, run, is_last=start == last)
    again: set[int] = set()
    carried: set[int] = set()
    for start, run in view.runs.items():
        if start < last and start not in build:
            if _is_on_carried(view, run):
                carried.add(start)
            elif _sets_up(run):
                again.add(start)
    return Cut(
        frozenset({*build, *carried}),
        view.stage.base or "",
        (
            f"COPY --from={{build}} {_EXTENSIONS} {_EXTENSIONS}",
            f"COPY --from={{build}} {_SETTINGS} {_SETTINGS}",
            *lines,
        ),
        linked=_linked(view),
        left=(
            "/usr/local/lib/php/**", "/usr/local/include/php/**", "/usr/src/**", "/tmp/**",
            "/root/**",
        ),
        what="its extensions",
        again=frozenset(again),
        starts=True,
    )  # fmt: skip


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        return called_by_script(path, text)
    if not (path.endswith((".php", ".phtml", ".inc")) or interpreter_of(text).startswith("php")):
        return frozenset()
    named: set[str] = set()
    for found in _CALLS.finditer(_COMMENT.sub("", text)):
        literal = next((one for one in (found[2], found[4], found[6]) if one), None)
        if literal is None:
            raise UnsureError(f"{path} runs a program, and it is unknown which")
        named.update(re.split(r"[\s;&|()/]+", literal))
    return frozenset(named)


#: Extensions that are linked with libraries whose headers come with others unasked.
_LINKED = {"intl": "libicu-dev"}


def _linked(view: View) -> tuple[str, ...]:
    """Headers of libraries that an extension is linked with, whether or not they are named."""
    asked = {
        value
        for run in view.runs.values()
        for done in run.done or ()
        if done.program == "docker-php-ext-install"
        for value in done.values[1:]
    }
    return tuple(headers for name, headers in _LINKED.items() if name in asked)


def _is_build(run: Run) -> bool:
    return any(
        done.program in _BUILDING
        or done.program == _ENABLING
        or (done.program in _PECL and "install" in done.values)
        for done in run.done or ()
    )


def _looked_at(view: View, run: Run, *, is_last: bool) -> list[str]:
    """The commands of a RUN that builds which the final stage does again. Raises UnsureError."""
    line = view.line(run.instruction)
    here = view.facts.places[run.instruction.start].base
    has_packages = bool(run.of_kind("system"))
    again: list[str] = []
    moves = any(done.program == "cd" for done in run.done or ())
    for done in run.done or ():
        if done.program in _BUILDING or done.program == _ENABLING or done.program in _PECL:
            _check_pecl(done, line)
        elif done.kind in ("system", "nothing", "scratch") or (
            done.program in _BESIDE and _is_of_source(done, here)
        ):
            continue
        elif (
            run.chained
            and not done.simple.redirects
            and (
                done.program.startswith("a2") or (is_last and not moves and done.program in _BEHIND)
            )
        ):
            again.append(_text(view, done, line))
        else:
            raise UnsureError(
                f"it is unknown what {done.program or 'a program'} in line {line} leaves"
            )
    if (
        has_packages
        and not run.chained
        and any(done.action in ("install", "remove") for done in run.of_kind("system"))
    ):
        raise UnsureError(f"the packages of line {line} cannot be told apart")
    return [f"RUN {' && '.join(again)}"] if again else []


def _is_on_carried(view: View, run: Run) -> bool:
    """True if a RUN works on files of what is carried, and on nothing else. Raises UnsureError."""
    here = view.facts.places[run.instruction.start].base
    inside: list[bool] = []
    for done in run.done or ():
        words_ = [value for value in done.values[1:] if value[:1] in ("/", "$", '"', ".")]
        words_ += [one.target.text for one in done.simple.redirects if ">" in one.operator]
        for word in words_:
            plain = word.replace('"', "").replace("${PHP_INI_DIR}", _HOME)
            path = resolve(here, plain.replace("$PHP_INI_DIR", _HOME))
            if path is not None:
                inside.append(any(within(path, top) for top in (_EXTENSIONS, _SETTINGS)))
    if any(inside) and not (all(inside) and run.kinds <= {"files", "nothing"}):
        line = view.line(run.instruction)
        raise UnsureError(f"line {line} works on settings of extensions, and elsewhere")
    return any(inside)


def _check_pecl(done: Done, line: int) -> None:
    values = [value for value in done.values[1:] if value[:1] != "-"]
    if (
        done.program in _PECL
        and values[:1] != ["install"]
        and values[:1] not in ([one] for one in _RECORDS)
    ):
        raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")


def _is_of_source(done: Done, here: str) -> bool:
    """True if a command only works where source is unpacked, or prints."""
    targets = [one.target.value or "$" for one in done.simple.redirects if ">" in one.operator]
    paths = [value for value in done.values[1:] if value[:1] in "/.~$" and value[:1]]
    if done.program in ("mkdir", "rm"):
        paths = [value for value in done.values[1:] if value[:1] != "-"]
    if done.program in ("curl", "wget", "tar") and not paths and not targets:
        return _prints(done)
    found = [resolve(here, one) for one in (*paths, *(t for t in targets if not t.isdecimal()))]
    return all(
        path is not None and any(within(path, top) for top in (*_SOURCE, _SETTINGS))
        for path in found
    )


def _prints(done: Done) -> bool:
    """True if a program that fetches writes to the next one."""
    if done.program == "curl":
        return not any(
            value in ("--output", "--remote-name")
            or (value[:1] == "-" and value[:2] != "--" and {"o", "O"} & set(value))
            for value in done.values
        )
    return done.program == "wget" and any(value in ("-O-", "-qO-") for value in done.values)


def _text(view: View, done: Done, line: int) -> str:
    text = " ".join([word.text for word in done.simple.words])
    if "$" in text or "`" in text or "\n" in text or done.simple.assignments:
        raise UnsureError(f"line {line} compiles, and does something else: {done.program}")
    return text


def _sets_up(run: Run) -> bool:
    """True if a RUN only sets up the image, or fetches Composer."""
    text = run.instruction.arguments
    return bool(run.done) and all(
        done.program in _SET_UP
        or done.kind in ("nothing", "scratch")
        or (done.program == "php" and _INSTALLER.search(text))
        for done in run.done or ()
    )
