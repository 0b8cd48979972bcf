"""Every option of the command, described once.

`Options` is the description, as `table.py` explains. The subcommands (`build_options.py`) are
described the same way.
"""

from dockfix.cli.table import Command, Option, rows
from dockfix.passes import Severity
from dockfix.records import Record
from dockfix.reports import Format
from dockfix.typed import Annotated, Literal

Color = Literal["auto", "always", "never"]
MergeStrategy = Literal["gains", "all", "related"]

_MODES = "What to do (default: --check and a hint)"
_CHOICE = "Which passes"
_PIN = "Which images"
_OUTPUT = "Output"
_STATUS = "Exit status"

SUMMARY = """Rewrite Dockerfiles: fewer layers, faster rebuilds, signals that arrive.

Every rewrite is checked before it leaves the program. PATHS are files, directories to be searched
for Dockerfiles and Containerfiles, or - for standard input, whose rewritten text goes to standard
output.

dockfix verify builds a Dockerfile before and after, and compares the images; dockfix measure says
what they cost: see dockfix verify --help. dockfix lsp is a language server for editors;
dockfix fleet does many repositories. A path of such a name is written ./verify."""

EPILOG = """Exit status: 0: all is well. 1: there are findings (with --diff: something would
change). 2: a wrong command line or configuration, or a file that could not be read, parsed or
written; the other files are processed all the same. Notes change the exit status
only with --fail-on note."""


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
    add_ignores: Annotated[
        bool,
        Option(
            "Put an ignore comment above each instruction with a finding (with --notes: notes"
            " too), and change nothing else.",
            _MODES,
        ),
    ] = False

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
            "Also make changes that may alter what is in the image or how it starts.",
            _CHOICE,
            configurable=True,
        ),
    ] = None
    merge_strategy: Annotated[
        MergeStrategy | None,
        Option(
            "Which neighboring RUN instructions to merge: those where it pays (the default), all,"
            " or only those with related commands.",
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

    refresh: Annotated[
        bool | None,
        Option(
            "pin-base: replace the digest of a pinned image by the one that its tag has today.",
            _PIN,
            configurable=True,
        ),
    ] = None
    min_age: Annotated[
        int | None,
        Option(
            "pin-base: pin no image that was built less than so many days ago.",
            _PIN,
            metavar="DAYS",
            configurable=True,
        ),
    ] = None
    registry_mirror: Annotated[
        tuple[str, ...],
        Option(
            "pin-base: ask these before Docker Hub, separated by commas; https://mirror.example.org",
            _PIN,
            metavar="URLS",
            configurable=True,
        ),
    ] = ()

    output: Annotated[
        str | None,
        Option("Write the rewritten file, or the patch of --diff, to FILE.", _OUTPUT, "-o", "FILE"),
    ] = None
    output_format: Annotated[
        Format, Option("How findings are written: for people, or for a program.", _OUTPUT)
    ] = "text"
    output_file: Annotated[
        str | None, Option("Write the findings to FILE.", _OUTPUT, metavar="FILE")
    ] = None
    notes: Annotated[
        bool, Option("List notes with --diff and --in-place too, and count them.", _OUTPUT)
    ] = False
    quiet: Annotated[
        bool, Option("Print findings, patches and errors, nothing else.", _OUTPUT, "-q")
    ] = False
    verbose: Annotated[bool, Option("Print more about what is being done.", _OUTPUT, "-v")] = False
    statistics: Annotated[bool, Option("Print how often each pass found something.", _OUTPUT)] = (
        False
    )
    color: Annotated[
        Color, Option("When to use colors; auto: on a terminal, unless NO_COLOR is set.", _OUTPUT)
    ] = "auto"

    fail_on: Annotated[
        Severity | None,
        Option(
            "Exit with 1 for findings of this severity or a higher one. Default: for every finding"
            " that is no note.",
            _STATUS,
        ),
    ] = None
    baseline: Annotated[
        str | None,
        Option(
            "Say nothing of the findings that are recorded in FILE, and count none of them.",
            _STATUS,
            metavar="FILE",
        ),
    ] = None
    update_baseline: Annotated[
        bool, Option("Record all findings in the file of --baseline.", _STATUS)
    ] = False
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
    embedded: Annotated[
        bool | None,
        Option(
            "Look in directories for Dockerfiles inside of Compose files (dockerfile_inline) and of"
            " Markdown (code blocks marked dockerfile), too.",
            configurable=True,
        ),
    ] = None
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
    cache: Annotated[
        bool | None,
        Option(
            "Use results of earlier runs for files where nothing has changed, and keep new ones:"
            " by default with many files.",
            configurable=True,
        ),
    ] = None
    cache_dir: Annotated[
        str | None,
        Option(
            "Where results are kept, also with few files. Default: .dockfix_cache beside the"
            " configuration, or in the current directory.",
            metavar="DIR",
            configurable=True,
        ),
    ] = None
    show_settings: Annotated[
        bool, Option("Print the settings of each file and where they come from, and exit.")
    ] = False
    show_files: Annotated[bool, Option("Print the files that would be processed, and exit.")] = (
        False
    )
    list_passes: Annotated[bool, Option("List all passes and exit.")] = False
    explain: Annotated[
        str | None, Option("Explain a pass with examples and exit.", metavar="PASS")
    ] = None
    version: Annotated[bool, Option("Print the version and exit.")] = False


TABLE = rows(Options)


def reads_stdin(options: Options) -> bool:
    """True if the file comes from standard input."""
    return options.paths == ("-",) or (not options.paths and options.stdin_filename is not None)


def wants_notes(options: Options) -> bool:
    """True if notes are listed in every mode: on demand, and where they may decide the status."""
    return options.notes or options.fail_on is not None


def _is_rewritten(options: Options) -> bool:
    """True if the one rewritten text is asked for."""
    return not options.check and (reads_stdin(options) or options.output is not None)


def conflict(options: Options) -> str | None:
    """What is wrong with options that are right one by one; None: nothing."""
    modes = [
        flag
        for flag, given in (
            ("--diff", options.diff),
            ("--in-place", options.in_place),
            ("--check", options.check),
            ("--add-ignores", options.add_ignores),
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
    if options.add_ignores and (reads_stdin(options) or options.output is not None):
        return "--add-ignores writes comments into files, and nothing else"
    if options.baseline is not None and (options.diff or options.in_place or options.output):
        return f"--baseline is about findings, not about {'--output' if not modes else modes[0]}"
    if options.update_baseline and options.baseline is None:
        return "--update-baseline is for the file of --baseline FILE"
    if options.in_place and reads_stdin(options):
        return "standard input cannot be rewritten in place; its rewritten text goes to stdout"
    if options.output is not None and (options.in_place or options.check):
        return f"--output and {modes[0]} exclude each other"
    if options.statistics and options.output_format != "text":
        return "--statistics is for --output-format text only"
    if options.output_format != "text" and options.output_file is None:
        takes_stdout = options.output in (None, "-")
        if takes_stdout and (options.diff or _is_rewritten(options)):
            what = "the patch" if options.diff else "the rewritten text"
            return f"{what} goes to standard output: give --output-file FILE for the findings"
    if options.output_file is not None and options.output_file == options.output:
        return "--output and --output-file must not be the same file"
    if options.jobs is not None and options.jobs < 1:
        return "--jobs must be at least 1"
    return None


#: The command without a name.
MAIN = Command("", SUMMARY, EPILOG, TABLE, lambda values: Options(**values), conflict)
