"""How inverses and determinants are read: those of products of square matrices are taken apart."""

from __future__ import annotations

from identities.functions import entrywise
from identities.reader import Reader
from identities.terms import Atom, Polynomial, Term, Undecided, key_of, ordered, times
from steepest.expr.node import Apply, Expr


def _matrix(r: Reader, a: Expr) -> tuple[Polynomial, tuple[int, int]]:
    i, j = r.news(a.shape)
    return r.normal(a, (i, j)), (i, j)


def _square_chain(t: Term, ends: tuple[int, int], r: Reader) -> list[tuple[Atom, tuple[int, int]]] | None:
    """A product of square matrices from one end to the other, if the term is one."""
    chain, at, left = [], ends[0], dict(t.factors)
    while left:
        step = next(((atom, ls) for (atom, ls), x in left.items() if at in ls and len(ls) == 2 and x == 1), None)
        if step is None:
            break
        atom, ls = step
        onward = ls[1] if ls[0] == at else ls[0]
        if str(r.sizes[onward]) != str(r.sizes[at]) or getattr(r.sizes[onward], "name", 0) != getattr(
            r.sizes[at], "name", 0
        ):
            return None
        del left[atom, ls]
        chain.append((atom, (at, onward) if ls[0] == at else (onward, at)))
        at = onward
    return chain if at == ends[1] and all(not ls for _, ls in left) else None


def inverse(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    if e.ndim != 2:
        raise Undecided("stacked matrices")
    terms, (i, j) = _matrix(r, e.args[0])
    if not terms:
        return entrywise(r, e, labels)
    content, rest = r.content(terms, ())
    outside = Term(1 / content.coefficient, {key: -x for key, x in content.factors.items()})
    chain = _square_chain(rest[0], (i, j), r) if len(rest) == 1 and rest[0].coefficient == 1 else None
    if chain is None or any(not _is_one(atom) for atom, _ in chain):
        return [times(outside, Term(1.0, {_oriented(r, rest, (i, j), labels): 1.0}))]
    back = {i: labels[1], j: labels[0]}
    result = outside
    for atom, ls in chain:
        ends = tuple(back.setdefault(label, r.new(r.sizes[label])) for label in ls)
        result = times(result, Term(1.0, {_inverse_of(atom, (ends[1], ends[0])): 1.0}))
    return [result]


def _is_one(atom: Atom) -> bool:
    return atom[0] in ("variable", "inverse")


def _inverse_of(atom: Atom, labels: tuple[int, int]) -> tuple[Atom, tuple[int, ...]]:
    if atom[0] == "inverse" and atom[1][0] == "variable":
        return ordered(atom[1], labels)
    return ordered(("inverse", atom, *(("symmetric",) if "symmetric" in atom else ())), labels)


def _oriented(
    r: Reader, terms: Polynomial, ends: tuple[int, int], labels: tuple[int, ...]
) -> tuple[Atom, tuple[int, ...]]:
    """The inverse of a sum or of a product as an atom, of it or of its transpose."""
    there, back = key_of(terms, ends), key_of(terms, ends[::-1])
    if there == back:
        return ordered(("inverse", ("matrix", there), "symmetric"), labels)
    if repr(there) < repr(back):
        return ("inverse", ("matrix", there)), labels
    return ("inverse", ("matrix", back)), labels[::-1]


def determinant(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    if e.ndim:
        raise Undecided("stacked matrices")
    return _determinant_of(r, e.args[0])


def _determinant_of(r: Reader, a: Expr) -> Polynomial:
    terms, (i, j) = _matrix(r, a)
    if not terms:
        raise Undecided("the determinant of 0")
    content, rest = r.content(terms, ())
    if content.factors or content.coefficient != 1:
        n = r.sizes[i]
        if getattr(n, "name", None):
            rest, content = terms, Term(1.0, {})  # the n-th power of a factor is left inside
        else:
            content = Term(content.coefficient ** int(n), {k: x * int(n) for k, x in content.factors.items()})
    chain = _square_chain(rest[0], (i, j), r) if len(rest) == 1 and rest[0].coefficient == 1 else None
    if chain is None or any(not _is_one(atom) for atom, _ in chain):
        key = min(key_of(rest, (i, j)), key_of(rest, (j, i)), key=repr)
        return [times(content, Term(1.0, {(("determinant", ("matrix", key)), ()): 1.0}))]
    result = content
    for atom, _ in chain:
        below = atom[0] == "inverse"
        result = times(result, Term(1.0, {(("determinant", atom[1] if below else atom), ()): -1.0 if below else 1.0}))
    return [result]


def adjugate(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    """adj(A) = det(A) A⁻¹."""
    if e.ndim != 2:
        raise Undecided("stacked matrices")
    return r.product(_determinant_of(r, e.args[0]), inverse(r, e, labels))


def log_determinant(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(determinant(r, e, labels), labels)
