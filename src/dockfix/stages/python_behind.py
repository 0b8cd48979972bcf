"""What runs in the final stage of Python behind the installs: nothing that may compile.

A RUN that stands below the installs is done in the final stage, where there is no compiler any
more. Files of the context are read by what they import and call (`python_calls`). Modules and
programs of packages are known by their names; what is not known may compile.
"""

from __future__ import annotations

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.effects import deeds
from dockfix.shell.patterns import lazy
from dockfix.stages.packages import programs_of
from dockfix.stages.python_calls import calls_of
from dockfix.stages.sides import Done, Run
from dockfix.stages.view import View

_PYTHON = lazy(r"python[\d.]*")
#: Modules and programs of packages that make data at most (their own pages).
_DATA = words(
    "aerich alembic celery compileall django django-admin flask gunicorn http.server mkdocs",
    "nltk.downloader playwright pybabel pytest scrapy spacy superset textblob.download_corpora",
    "unittest uvicorn whitenoise.compress",
)
#: Programs of packages that compile, or have it done.
_COMPILING = words(
    "cmake conan cython cythonize f2py maturin meson mypyc ninja nuitka nuitka3 pyinstaller",
    "pythran scons",
)


def check_behind(view: View, last: int) -> None:
    """Raises UnsureError for what is run behind the installs and may compile."""
    installed = [
        word.value or ""
        for run in view.runs.values()
        for done in run.of_kind("system")
        if done.action == "install" and done.command is not None
        for word in done.command.packages
    ]
    there = programs_of(view.base, installed)
    for start, run in view.runs.items():
        if start > last and run.script is not None:
            unknown = {deed.program for deed in deeds(run.script) if deed.unknown}
            for done in run.of_kind("runs"):
                if _PYTHON.fullmatch(done.program):
                    _check_python(view, run, done)
                elif done.program in (unknown - there - _DATA) | _COMPILING:
                    raise UnsureError(
                        f"it is unknown whether {done.program} in line"
                        f" {view.line(run.instruction)} compiles"
                    )


def _check_python(view: View, run: Run, done: Done) -> None:
    """Raises UnsureError if what an interpreter runs may compile."""
    line = view.line(run.instruction)
    values = done.values[1:]
    while values and values[0][:1] == "-" and values[0] not in ("-m", "-c", "-"):
        values = values[2 if values[0] in ("-W", "-X") else 1 :]
    if values[:1] == ["-m"]:
        if not values[1:] or values[1] not in _DATA:
            raise UnsureError(
                f"it is unknown whether {' '.join(values[:2])} in line {line} compiles"
            )
    elif values[:1] == ["-c"] and values[1:]:
        calls_of(f"line {line}", values[1])
    elif values:
        name = values[0].rpartition("/")[2]
        seen = any(path.rpartition("/")[2] == name for path in view.files)
        if name == "setup.py" or not seen:
            raise UnsureError(f"it is unknown whether {name} in line {line} compiles")
