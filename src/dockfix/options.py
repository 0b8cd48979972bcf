"""Every option of the command, described once, and the quick reader of a command line.

`Options` is the description: its fields carry type, default and help. `parse` reads ordinary
command lines by it, because importing Typer costs more time than rewriting a file. Whatever
`parse` does not understand goes to `usage.py`, which builds a Typer command from the same
description; so help and error messages are Typer's, and there is nothing to keep in step. The
subcommands (`engine/options.py`) are described and read the same way.
"""

from collections.abc import Callable, Sequence

from dockfix.records import Record
from dockfix.typed import Annotated, Any, Literal

Color = Literal["auto", "always", "never"]
MergeStrategy = Literal["all", "related"]

_MODES = "What to do (default: --check and a hint)"
_CHOICE = "Which passes"
_OUTPUT = "Output"
_STATUS = "Exit status"
_OTHER = "More"

SUMMARY = """Rewrite Dockerfiles: fewer layers, faster rebuilds, signals that arrive.

Every rewrite is checked before it leaves the program. PATHS are files, directories to be searched
for Dockerfiles and Containerfiles, or - for standard input, whose rewritten text goes to standard
output.

dockfix verify builds a Dockerfile before and after, and compares the images; dockfix measure says
what they cost: see dockfix verify --help. A path of such a name is written ./verify."""

EPILOG = """Exit status: 0: all is well. 1: there are findings (with --diff: something would
change). 2: a wrong command line or configuration, or a file that could not be read, parsed or
written; the other files are done all the same. Notes never change the exit status."""


class Option(Record):
    """What the description of an option holds beside its name, its type and its default.

    `configurable` says that a configuration file may set it, under the name of its flag; `whole`
    that a value given is one item of a list, with the commas in it.
    """

    help: str
    panel: str = _OTHER
    short: str | None = None
    metavar: str | None = None
    configurable: bool = False
    whole: bool = False


class Options(Record):
    """What the user asked for. `None` and the empty tuple mean "not said"."""

    paths: Annotated[
        tuple[str, ...],
        Option("Files, directories, or - for standard input. Default: the current directory."),
    ] = ()

    diff: Annotated[
        bool, Option("Print the changes as a patch for git apply; write nothing.", _MODES)
    ] = False
    in_place: Annotated[bool, Option("Rewrite the files.", _MODES, "-i")] = False
    check: Annotated[bool, Option("Print a line for each finding; write nothing.", _MODES)] = False

    select: Annotated[
        tuple[str, ...],
        Option(
            "Only these passes: names, codes, aliases or beginnings of codes, separated by commas."
            " An unsafe pass named in full may make its changes.",
            _CHOICE,
            metavar="PASSES",
            configurable=True,
        ),
    ] = ()
    extend_select: Annotated[
        tuple[str, ...],
        Option(
            "These passes too, beside those that are on by default or selected.",
            _CHOICE,
            metavar="PASSES",
            configurable=True,
        ),
    ] = ()
    ignore: Annotated[
        tuple[str, ...],
        Option("Not these passes.", _CHOICE, metavar="PASSES", configurable=True),
    ] = ()
    unsafe_fixes: Annotated[
        bool | None,
        Option(
            "Make changes too that may alter the image or its start-up on purpose.",
            _CHOICE,
            configurable=True,
        ),
    ] = None
    merge_strategy: Annotated[
        MergeStrategy | None,
        Option(
            "Which RUN instructions to merge: all neighbors, or only those with related commands.",
            _CHOICE,
            configurable=True,
        ),
    ] = None

    context: Annotated[
        str | None,
        Option(
            "The folder that is the build context. Default: the one in which all that is copied"
            " is found: the Dockerfile's, one that a Compose file names, the repository's root.",
            _CHOICE,
            metavar="DIR",
            configurable=True,
        ),
    ] = None

    output: Annotated[
        str | None,
        Option("Write the rewritten file, or the patch of --diff, to FILE.", _OUTPUT, "-o", "FILE"),
    ] = None
    quiet: Annotated[
        bool, Option("Print findings, patches and errors, nothing else.", _OUTPUT, "-q")
    ] = False
    verbose: Annotated[bool, Option("Say more about what is done.", _OUTPUT, "-v")] = False
    statistics: Annotated[bool, Option("Print how often each pass found something.", _OUTPUT)] = (
        False
    )
    color: Annotated[
        Color, Option("When to use colors; auto: on a terminal, unless NO_COLOR is set.", _OUTPUT)
    ] = "auto"

    exit_zero: Annotated[bool, Option("Exit with 0 in spite of findings.", _STATUS)] = False
    exit_non_zero_on_fix: Annotated[
        bool, Option("Exit with 1 when a file was rewritten.", _STATUS)
    ] = False

    stdin_filename: Annotated[
        str | None,
        Option("The name of the file that comes from standard input.", metavar="FILE"),
    ] = None
    exclude: Annotated[
        tuple[str, ...],
        Option(
            "Leave out what these patterns match when searching directories; written as in"
            " .gitignore, separated by commas.",
            metavar="PATTERNS",
            configurable=True,
        ),
    ] = ()
    config: Annotated[
        str | None,
        Option(
            "Read settings from FILE, and not from the nearest .dockfix.toml or pyproject.toml.",
            metavar="FILE",
        ),
    ] = None
    jobs: Annotated[
        int | None,
        Option("How many processes to use at most. Default: one per CPU.", short="-j", metavar="N"),
    ] = None
    list_passes: Annotated[bool, Option("List all passes and exit.")] = False
    explain: Annotated[
        str | None, Option("Explain a pass with examples and exit.", metavar="PASS")
    ] = None
    version: Annotated[bool, Option("Print the version and exit.")] = False


Kind = Literal["flag", "toggle", "text", "number", "list", "choice"]

_KINDS: dict[object, Kind] = {
    bool: "flag",
    bool | None: "toggle",
    str | None: "text",
    int | None: "number",
    tuple[str, ...]: "list",
}


class Row(Record):
    """A line of the table of options; `flag` is None for the paths."""

    name: str
    kind: Kind
    choices: tuple[str, ...]
    flag: str | None
    option: Option
    default: Any


class Command(Record):
    """A command: its name ("" for dockfix itself), what its help says, its options.

    `make` turns the values of a command line into the record that the command works with, and
    `conflict` says what is wrong with values that are right one by one.
    """

    name: str
    summary: str
    epilog: str
    table: tuple[Row, ...]
    make: Callable[[dict[str, Any]], Any]
    conflict: Callable[[Any], str | None]


def _row(name: str, annotation: Any, default: Any) -> Row:
    declared = annotation.__origin__
    choices: tuple[str, ...] = getattr(declared, "values", ())
    return Row(
        name,
        "choice" if choices else _KINDS[declared],
        choices,
        None if name == "paths" else "--" + name.replace("_", "-"),
        annotation.__metadata__[0],
        default,
    )


def rows(record: Any) -> tuple[Row, ...]:
    """The table of options that a record describes."""
    return tuple(
        _row(name, annotation, record._field_defaults[name])
        for name, annotation in record.__annotations__.items()
    )


TABLE = rows(Options)


def _flags(table: Sequence[Row]) -> dict[str, tuple[Row, bool]]:
    flags: dict[str, tuple[Row, bool]] = {}
    for row in table:
        if row.flag is None:
            continue
        flags[row.flag] = row, True
        if row.option.short is not None:
            flags[row.option.short] = row, True
        if row.kind == "toggle":
            flags["--no-" + row.flag[2:]] = row, False
    return flags


def parse(argv: Sequence[str]) -> Options | None:
    """The options of an ordinary command line; None for a wrong or odd one, and for --help."""
    options: Options | None = read(argv, MAIN)
    return options


def read(argv: Sequence[str], command: Command) -> Any:
    """What `parse` returns, for any command."""
    flags = _flags(command.table)
    values: dict[str, Any] = {}
    paths: list[str] = []
    rest = list(reversed(argv))

    def store(row: Row, value: str) -> None:
        if row.kind == "list":
            values.setdefault(row.name, []).append(value)
        else:
            values[row.name] = value

    while rest:
        argument = rest.pop()
        if argument == "--":
            paths += reversed(rest)
            break
        if argument[:2] == "--":
            flag, equals, value = argument.partition("=")
            if flag not in flags:
                return None
            row, switch = flags[flag]
            if row.kind in ("flag", "toggle"):
                if equals:
                    return None
                values[row.name] = switch
            elif equals or rest:
                store(row, value if equals else rest.pop())
            else:
                return None
        elif argument[:1] == "-" and argument != "-":
            for position, letter in enumerate(argument[1:], 2):
                if "-" + letter not in flags:
                    return None
                row, switch = flags["-" + letter]
                if row.kind in ("flag", "toggle"):
                    values[row.name] = switch
                    continue
                value = argument[position:]
                if not value and not rest:
                    return None
                store(row, value or rest.pop())
                break
        else:
            paths.append(argument)
    # of an option given twice only the last value counts, and is looked at
    for row in command.table:
        given = values.get(row.name)
        if given is None:
            continue
        if row.kind == "number":
            # The sizes and spellings of numbers that are left are Typer's to judge.
            if not (given.isascii() and given.isdecimal() and len(given) < 10):
                return None
            values[row.name] = int(given)
        elif row.kind == "choice" and given not in row.choices:
            return None
    options = options_from({**values, "paths": paths}, command)
    return None if command.conflict(options) else options


def options_from(values: dict[str, Any], command: Command) -> Any:
    for row in command.table:
        if row.kind == "list" and row.name in values:
            values[row.name] = tuple(
                values[row.name]
                if row.flag is None or row.option.whole
                else [
                    name.strip()
                    for value in values[row.name]
                    for name in value.split(",")
                    if name.strip()
                ]
            )
    return command.make(values)


def reads_stdin(options: Options) -> bool:
    """Whether the file comes from standard input."""
    return options.paths == ("-",) or (not options.paths and options.stdin_filename is not None)


def conflict(options: Options) -> str | None:
    """What is wrong with options that are right one by one; None: nothing."""
    modes = [
        flag
        for flag, given in (
            ("--diff", options.diff),
            ("--in-place", options.in_place),
            ("--check", options.check),
        )
        if given
    ]
    if len(modes) > 1:
        return f"{' and '.join(modes)} exclude each other"
    if options.quiet and options.verbose:
        return "--quiet and --verbose exclude each other"
    if "-" in options.paths and len(options.paths) > 1:
        return "- (standard input) cannot be combined with other paths"
    if options.stdin_filename is not None and not reads_stdin(options):
        return "--stdin-filename is for standard input only: give - as the path"
    if options.in_place and reads_stdin(options):
        return "standard input cannot be rewritten in place; its rewritten text goes to stdout"
    if options.output is not None and (options.in_place or options.check):
        return f"--output and {modes[0]} exclude each other"
    if options.jobs is not None and options.jobs < 1:
        return "--jobs must be at least 1"
    return None


#: The command without a name.
MAIN = Command("", SUMMARY, EPILOG, TABLE, lambda values: Options(**values), conflict)
