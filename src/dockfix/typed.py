"""Names of `typing` that exist at run time, without the cost of importing `typing`.

To a type checker they are those of `typing`. At run time they are stand-ins that do just enough.
The import of `typing` takes a tenth of the time that a run on one file may take. A module that
needs a name only in annotations imports it from `typing` itself, under `if TYPE_CHECKING:`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated, Any, Literal, NoReturn, Protocol, TextIO
else:
    Any = NoReturn = TextIO = Protocol = object

    class Annotated:
        """`Annotated[declared, *metadata]`, with the attributes that `typing` gives it."""

        def __init__(self, declared, *metadata):
            self.__origin__, self.__metadata__ = declared, metadata

        def __class_getitem__(cls, items):
            return cls(*items)

    class Literal:
        """`Literal[values]`, with or without `| None` behind it."""

        def __init__(self, values):
            self.values = values

        def __class_getitem__(cls, values):
            return cls(values)

        def __or__(self, other):
            return self


__all__ = ["TYPE_CHECKING", "Annotated", "Any", "Literal", "NoReturn", "Protocol", "TextIO"]
