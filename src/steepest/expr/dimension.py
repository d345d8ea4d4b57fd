"""Named sizes: the ``m`` of a formula is the ``m`` of the shape it came from."""

from __future__ import annotations

Shape = tuple[int, ...]


class Dim(int):
    """A size with a name. In arithmetic it is the integer it has in this trace; in print it is its name.

    >>> m = Dim(36, "m")
    >>> m + 1, m
    (37, m=36)
    """

    name: str

    def __new__(cls, size: int, name: str) -> Dim:
        self = super().__new__(cls, size)
        self.name = name
        return self

    def __repr__(self) -> str:
        return f"{self.name}={int(self)}"

    def __reduce__(self) -> tuple[type[Dim], tuple[int, str]]:
        return Dim, (int(self), self.name)


def dim_names(shape: Shape) -> tuple[str | None, ...] | None:
    """The names in a shape, or None if it has none (the usual case, kept cheap)."""
    if all(type(d) is int for d in shape):
        return None
    return tuple(d.name if isinstance(d, Dim) else None for d in shape)


def in_names(shape: Shape) -> str:
    """A shape as it was declared.

    >>> in_names((Dim(36, "m"), 3)), in_names((Dim(36, "m"),))
    ('(m, 3)', '(m,)')
    """
    names = [d.name if isinstance(d, Dim) else str(d) for d in shape]
    return f"({names[0]},)" if len(names) == 1 else f"({', '.join(names)})"


def prefer_named(a: int, b: int) -> int:
    """Of two equal sizes, the one with a name."""
    return b if isinstance(b, Dim) and not isinstance(a, Dim) else a
