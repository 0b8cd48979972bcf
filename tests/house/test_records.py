"""`Record` is held to what it stands for, `typing.NamedTuple`."""

from __future__ import annotations

import copy
import pickle
from typing import Any, NamedTuple

import pytest

from dockfix import records


class Theirs(NamedTuple):
    """A record."""

    first: int
    second: str
    third: tuple[int, ...] = ()
    fourth: str | None = None

    @property
    def both(self) -> str:
        return f"{self.first} {self.second}"


class Ours(records.Record):
    """A record."""

    first: int
    second: str
    third: tuple[int, ...] = ()
    fourth: str | None = None

    @property
    def both(self) -> str:
        return f"{self.first} {self.second}"


RIGHT: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1, "a", (2,), "b"), {}),
    ((1, "a"), {}),
    ((1, "a"), {"fourth": "b"}),
    ((1,), {"second": "a"}),
    ((), {"fourth": None, "second": "a", "first": 1}),
]
WRONG: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1,), {}),
    ((1,), {"third": ()}),
    ((1, "a", (), None, 5), {}),
    ((1, "a"), {"first": 2}),
    ((1, "a"), {"fifth": 2}),
    ((1, "a", (), None), {"fourth": "b"}),
]


@pytest.mark.parametrize(("args", "named"), RIGHT)
def test_what_is_made_is_the_same(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = Ours(*args, **named), Theirs(*args, **named)
    assert tuple(ours) == tuple(theirs)
    assert type(ours) is Ours
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert (ours.first, ours.fourth, ours.both) == (theirs.first, theirs.fourth, theirs.both)
    assert ours._asdict() == theirs._asdict()
    assert tuple(ours._replace(second="z")) == theirs._replace(second="z")
    assert Ours._make(theirs) == ours
    assert hash(ours) == hash(theirs)
    for again in (pickle.loads(pickle.dumps(ours)), copy.copy(ours), copy.deepcopy(ours)):
        assert again == ours
        assert type(again) is Ours
    match ours:
        case Ours(first, second):
            assert (first, second) == theirs[:2]


@pytest.mark.parametrize(("args", "named"), WRONG)
def test_what_is_refused_is_the_same(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*args, **named)
    with pytest.raises((TypeError, ValueError)):
        Ours(1, "a")._replace(fifth=1)  # type: ignore[call-arg]


def test_the_class_says_the_same() -> None:
    assert Ours._fields == Theirs._fields
    assert Ours._field_defaults == Theirs._field_defaults
    assert Ours.__match_args__ == Theirs.__match_args__
    assert (Ours.__doc__, Ours.__name__, Ours.__module__) == ("A record.", "Ours", __name__)
    assert Ours.__bases__ == Theirs.__bases__ == (tuple,)
    with pytest.raises(AttributeError):
        Ours(1, "a").first = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Ours(1, "a").other = 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("count", range(16))
def test_every_number_of_fields_has_its_constructor(count: int) -> None:
    names = [f"field{number}" for number in range(count)]
    space = {"__annotations__": dict.fromkeys(names, int), "__module__": __name__}
    define: Any = type(records.Record)
    kind = define("Many", (records.Record,), space)
    values = [*range(count)]
    assert list(kind(*values)) == list(kind(**dict(zip(names, values, strict=True)))) == values
    assert [getattr(kind(*values), name) for name in names] == values
    with pytest.raises(TypeError):
        kind(*values, 1)
