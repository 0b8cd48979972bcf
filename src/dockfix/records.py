"""`Record`: a `typing.NamedTuple` that costs little to define.

To a type checker it is `NamedTuple`. At run time no code is generated for a class: its constructor
is one of a few that stand here, with the names of its fields. A run on one file defines a hundred
of them (figures in docs/decisions/start-up.md).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:
    from _collections import _tuplegetter

    _function = type(lambda: None)
    _tuple = tuple.__new__
    #: The constructors of classes with so many fields.
    _CONSTRUCTORS = (
        lambda cls: _tuple(cls, ()),
        lambda cls, a: _tuple(cls, (a,)),
        lambda cls, a, b: _tuple(cls, (a, b)),
        lambda cls, a, b, c: _tuple(cls, (a, b, c)),
        lambda cls, a, b, c, d: _tuple(cls, (a, b, c, d)),
        lambda cls, a, b, c, d, e: _tuple(cls, (a, b, c, d, e)),
        lambda cls, a, b, c, d, e, f: _tuple(cls, (a, b, c, d, e, f)),
        lambda cls, a, b, c, d, e, f, g: _tuple(cls, (a, b, c, d, e, f, g)),
        lambda cls, a, b, c, d, e, f, g, h: _tuple(cls, (a, b, c, d, e, f, g, h)),
        lambda cls, a, b, c, d, e, f, g, h, i: _tuple(cls, (a, b, c, d, e, f, g, h, i)),
        lambda cls, a, b, c, d, e, f, g, h, i, j: _tuple(cls, (a, b, c, d, e, f, g, h, i, j)),
        lambda cls, a, b, c, d, e, f, g, h, i, j, k: _tuple(cls, (a, b, c, d, e, f, g, h, i, j, k)),
        lambda cls, a, b, c, d, e, f, g, h, i, j, k, m: _tuple(
            cls, (a, b, c, d, e, f, g, h, i, j, k, m)
        ),
        lambda cls, a, b, c, d, e, f, g, h, i, j, k, m, n: _tuple(
            cls, (a, b, c, d, e, f, g, h, i, j, k, m, n)
        ),
    )

    def _constructor(name, fields, defaults):
        """The function that makes a record of the fields, as if it had been written for them."""
        code = _CONSTRUCTORS[len(fields)].__code__.replace(
            co_varnames=("cls", *fields), co_name="__new__", co_qualname=f"{name}.__new__"
        )
        return _function(code, globals(), "__new__", tuple(defaults.values()))

    def _new(cls, *args, **named):
        """The constructor of a class with more fields than any of the others takes."""
        fields, given = cls._fields, len(args)
        if named or given != len(fields):
            args, defaults = list(args), cls._field_defaults
            for field in fields[given:]:
                if field in named:
                    args.append(named.pop(field))
                elif field in defaults:
                    args.append(defaults[field])
                else:
                    raise TypeError(f"{cls.__name__}() takes {', '.join(fields)}")
            if named or given > len(fields):
                raise TypeError(f"{cls.__name__}() got an argument too many")
        return tuple.__new__(cls, args)

    def _make(cls, values):
        return tuple.__new__(cls, values)

    def _replace(self, **named):
        values = list(map(named.pop, self._fields, self))
        if named:
            raise ValueError(f"got unexpected field names: {list(named)!r}")
        return tuple.__new__(type(self), values)

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def _getnewargs(self):
        return tuple(self)

    def _repr(self):
        pairs = zip(self._fields, self, strict=True)
        fields = ", ".join(f"{name}={value!r}" for name, value in pairs)
        return f"{type(self).__name__}({fields})"

    _METHODS = {
        "__new__": _new,
        "__getnewargs__": _getnewargs,
        "__repr__": _repr,
        "__slots__": (),
        "_asdict": _asdict,
        "_make": classmethod(_make),
        "_replace": _replace,
    }

    class _Definition(type):
        """Turns each subclass of `Record` into a plain subclass of `tuple`.

        It inherits from nothing else and has no metaclass, which makes it quick to define.
        """

        def __new__(cls, name, bases, space):
            fields = tuple(space.get("__annotations__", ()))
            defaults = {field: space.pop(field) for field in fields if field in space}
            getters = {field: _tuplegetter(index, None) for index, field in enumerate(fields)}
            space = {**_METHODS, **space, **getters}
            if len(fields) < len(_CONSTRUCTORS):
                space["__new__"] = _constructor(name, fields, defaults)
            space["_fields"] = space["__match_args__"] = fields
            space["_field_defaults"] = defaults
            return type.__new__(type, name, (tuple,), space)

    Record = type.__new__(_Definition, "Record", (), {})


__all__ = ["Record"]
