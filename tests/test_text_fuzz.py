"""Any string is read or refused: nothing but our own error, with a place in the text, and never a long time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from steepest.errors import SteepestError
from steepest.frontends.text.meaning import read, read_declared

SLOWEST = 10.0  # seconds: what takes longer hangs
SHAPES = {(): "cs", (3,): "xpvwb", (5,): "yu", (3, 3): "ABT", (5, 3): "XZ"}
DECLARED = {"theta": (3,), **{name: shape for shape, names in SHAPES.items() for name in names}}
VALID = [
    "2/m Xᵀ(Xθ − y)", "norm2(X*theta - y)^2 / m", "0.5*x'*A*x + c*sin(y)'*x", "sum(log(exp(-y.*(X*w)) + vector(1)))",
    "[2 δ_ik Σ_p A_pj x_p x_l]_ijkl", "[Σ_i X_ij (Σ_k X_ik θ_k − y_i)]_j", "log |det XᵀX|", "x if x > 0 else −x",
    "softmax(A; rows)", "x[1:] - x[:-1]",
    "np.sum((X @ theta - y)**2, axis=0, keepdims=True) / m", "X.sum(axis=-1).mean()", "‖X‖_F² + ‖x‖_1 + |s|",
    "A⁻ᵀ x xᵀ + (AAᵀ)²", "[i ≥ j] ⊙ A",
    "Xᵀ diag(q ⊙ (1 − q)) X\nwhere q = σ(Xw)\n      r = Xw − y", "np.linalg.slogdet(A)[1]",
    "(B ⊗ A) vec(A) − K vec(B)\nwhere K vec(A) = vec(Aᵀ)", "x[argmax(x)]",
    "Lx − x\nwhere L_ij = [i ≥ j]", "e_0ᵀA𝟏 + √2 π", "np.where((x > 0) and not (x = 1), x, 0)", "⌊x⌋ mod 2", "A^½ + A⁺",
    r"\frac{1}{m}\lVert X\theta - y\rVert_2^2",
]  # fmt: skip
PIECES = [
    *"xyAbeT012.+-*/^'()|, ²ᵀ√·θλ‖[]Σ⊙⊗𝟏;:=<>≥_ᵢⱼ⌊⌋½⁺\n", "sin(", "exp", "**", ".*", ".^", "norm2(", "tr(", "np.", "⁻¹",
    "\\", "I", "\t", "where ", "p = ", " if ", " else ", " and ", "not ", "Σ_i ", "x_i", "A_ij", "δ_ij", "]_ij", "[1:]",
    "[0]", "; rows)", "axis=0", "log |", "det ", ".sum()", ".shape[0]", "onehot(", "vec(", "K vec(X) = ", "e_1",
    "eye(3)",
    "||",
]  # fmt: skip
TRICKS = [
    "\u0301", "\u202e", "\u200b", "\ufeff", "Ａ", "＋", "９", "\x00", "\ud800", "ﬁ", "Ω", "K", "ℵ", "𝐱", "٣", "१", "²³",
    "₁₂",
    "…", "\u2028", "\r\n", "😀", "ǆ", "İ", "ß", "\U0010ffff", "9" * 400, "1e999", "1e-999", "0x10", "1_000", "x" * 300,
]  # fmt: skip


def random_pieces(generator: random.Random) -> str:
    return "".join(generator.choice(PIECES) for _ in range(generator.randint(1, 25)))


def random_characters(generator: random.Random) -> str:
    ends = (128, 0x3000, 0x1_F000)
    return "".join(chr(generator.randrange(generator.choice(ends))) for _ in range(generator.randint(1, 12)))


def mutated(generator: random.Random) -> str:
    """A valid formula with some characters removed, doubled, swapped or replaced."""
    text = list(generator.choice(VALID))
    for _ in range(generator.randint(1, 4)):
        k = generator.randrange(len(text))
        text[k] = generator.choice(["", text[k] * 2, generator.choice(text), *generator.sample(PIECES + TRICKS, 3)])
    return "".join(text)


def cut(generator: random.Random) -> str:
    """The beginning of one and the end of another."""
    one, other = generator.choice(VALID), generator.choice(VALID)
    return one[: generator.randrange(len(one) + 1)] + other[generator.randrange(len(other) + 1) :]


def nested(generator: random.Random) -> str:
    opening = generator.choice(
        ["(", "[", "|", "‖", "sin(", "√", "Σ ", "Σ_i ", "-", "x^", "not ", "a if ", "x[", "tr(", "f("]
    )
    return opening * generator.choice([3, 20, 79, 80, 81, 400, 3000]) + generator.choice(["x", "", ")", "x" + ")" * 90])


def repeated(generator: random.Random) -> str:
    """A long formula of one kind."""
    return generator.choice(PIECES + VALID + ["x+", "x*", "x ", "A ", "x_i ", "2/", "x^2 "]) * generator.randint(
        10, 900
    )


KINDS: tuple[Callable[[random.Random], str], ...] = (random_pieces, random_characters, mutated, cut, nested, repeated)
WEIGHTS = (40, 15, 30, 12, 2, 1)


def reads(text: str) -> bool:
    """Whether it is read, by custom or as declared. Nothing but our own error is raised, and soon."""
    start = time.process_time()
    accepted = False
    for attempt in (lambda: read(text, {}), lambda: read_declared(text, DECLARED, {"m": 5, "n": 3}, (3, 3, 3, 3))):
        try:
            attempt()
        except SteepestError as error:
            at = getattr(error, "at", 0)
        else:
            at, accepted = 0, True
        assert 0 <= at <= len(text), text
    assert time.process_time() - start < SLOWEST, text
    return accepted


def fuzz(count: int, seed: int) -> int:
    generator = random.Random(seed)
    return sum(reads(generator.choices(KINDS, WEIGHTS)[0](generator)) for _ in range(count))


def test_valid_strings_are_read() -> None:
    assert [text for text in VALID if not reads(text)] == []


@pytest.mark.parametrize("trick", TRICKS, ids=ascii)
def test_unusual_characters(trick: str) -> None:
    for text in (trick, f"x{trick}", f"{trick}x", f"x{trick}y", f"sin({trick})", f"A_{trick}", f"Σ_{trick} x"):
        reads(text)


def test_random_strings_raise_nothing_else() -> None:
    assert fuzz(3_000, seed=0) > 100  # or only the lexer would be tested


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(1, 21))
def test_many_random_strings_raise_nothing_else(seed: int) -> None:
    assert fuzz(10_000, seed) > 350
