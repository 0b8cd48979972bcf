"""`Record`: what `typing.NamedTuple` is, at a fraction of what it costs to define one.

To a type checker it is `NamedTuple`. At run time a class costs no generated code until many
instances are made: dockfix defines some seventy of them, and a run on one file makes a few
instances of half (figures in docs/design.md).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:
    from _collections import _tuplegetter

    #: Instances that are made one argument at a time, before code for more of them pays.
    _FEW = 40

    class _Definition(type):
        def __new__(cls, name, bases, space):
            fields = tuple(space.get("__annotations__", ()))
            defaults = {field: space.pop(field) for field in fields if field in space}
            space.update(
                {field: _tuplegetter(index, None) for index, field in enumerate(fields)},
                __slots__=(),
                __match_args__=fields,
                _fields=fields,
                _field_defaults=defaults,
                _made=0,
            )
            return super().__new__(cls, name, bases, space)

    class Record(tuple, metaclass=_Definition):
        """A tuple with named fields, taken from the annotations of the class."""

        def __new__(cls, *args, **named):
            cls._made += 1
            if cls._made > _FEW:
                cls._generate()
                return cls(*args, **named)
            fields = cls._fields
            if named or len(args) != len(fields):
                defaults = cls._field_defaults
                given = dict(zip(fields, args, strict=False))
                if len(args) > len(fields) or not given.keys().isdisjoint(named):
                    raise TypeError(f"{cls.__name__}() got an argument too many")
                values = {**defaults, **given, **named}
                if len(values) != len(fields) or not values.keys() <= set(fields):
                    raise TypeError(f"{cls.__name__}() takes {', '.join(fields)}")
                args = [values[field] for field in fields]
            return tuple.__new__(cls, args)

        @classmethod
        def _generate(cls):
            defaults = cls._field_defaults
            listed = ", ".join(f"{n}={n}" if n in defaults else n for n in cls._fields)
            values = "".join(f"{name}, " for name in cls._fields)
            cls.__new__ = eval(
                f"lambda _cls, {listed}: _new(_cls, ({values}))",
                {"_new": tuple.__new__, "__builtins__": {}, **defaults},
            )

        @classmethod
        def _make(cls, values):
            return tuple.__new__(cls, values)

        def _replace(self, **named):
            values = list(map(named.pop, self._fields, self))
            if named:
                raise ValueError(f"got unexpected field names: {list(named)!r}")
            return tuple.__new__(type(self), values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self):
            return tuple(self)

        def __repr__(self):
            pairs = zip(self._fields, self, strict=True)
            fields = ", ".join(f"{name}={value!r}" for name, value in pairs)
            return f"{type(self).__name__}({fields})"


__all__ = ["Record"]
