"""The names of `typing` that annotations need, without what importing `typing` costs.

To a type checker they are those of `typing`. At run time nobody asks for more than is here, and
the import would take a tenth of the time that a run on one file may take.
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
