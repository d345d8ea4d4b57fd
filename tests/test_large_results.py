"""Large results in memory that is kept: right values, nothing given out twice, nothing lost, never too much kept."""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_texts import run_python
from numpy._core.multiarray import get_handler_name

import steepest as st
from steepest.engines.native.entry import entry
from steepest.engines.native.entry.layout import pointer
from steepest.engines.native.entry.routines import routines
from steepest.engines.native.machine import blocks, large_results, memory
from steepest.engines.native.machine.large_results import Keeping, keeping

pytestmark = pytest.mark.skipif(not hasattr(mmap, "MAP_ANONYMOUS"), reason="memory cannot be mapped")

MIB = 2**20
ONE = blocks.SHORTEST // 8  # float64 entries of the smallest block that is kept
MALLOC, CALLOC, REALLOC, FREE = 136, 144, 152, 160  # in a `PyDataMem_Handler`


@pytest.fixture
def kept() -> Iterator[Keeping]:
    """With nothing kept at the beginning and at the end."""
    found = keeping()
    assert found is not None
    found.keep_at_most(0)
    found.keep_at_most(32 * MIB)
    yield found
    found.keep_at_most(0)
    found.keep_at_most(found.most)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if results of 1 MiB were large, of either kind."""
    lower = {kind: (blocks.SHORTEST, large) for kind, (_, large) in entry.LARGE_KINDS.items()}
    monkeypatch.setattr(entry, "LARGE_KINDS", lower)


def fourth_powers(x: np.ndarray) -> Any:
    return np.sum(x**4)


def layer(w: np.ndarray, x: np.ndarray) -> Any:
    return np.sum(np.tanh(w @ x) ** 2)


def compiled_gradient(n: int) -> tuple[Any, np.ndarray]:
    """A gradient whose result is not zeroed before, called often enough to be answered by machine code."""
    x = np.random.default_rng(3).normal(size=n)
    g = st.grad(fourth_powers, compile="eager")
    g(x)
    return g, x


def compiled_hessian(n: int) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """A Hessian that is mostly zeros, which the kernel does not write."""
    rng = np.random.default_rng(4)
    w, x = rng.normal(size=(n, n)), rng.normal(size=n)
    h = st.hessian(layer, compile="eager")
    h(w, x)
    return h, (w, x)


def is_ours(a: np.ndarray) -> bool:
    return bool(get_handler_name(a) == "steepest")


# --- results --------------------------------------------------------------------------------------------


def test_memory_is_used_again_and_the_values_are_right(kept: Keeping, low: None) -> None:
    g, x = compiled_gradient(ONE + 3)
    first = g(x)
    assert is_ours(first)
    assert first.flags.owndata
    assert first.ctypes.data % 64 == 0
    place = first.ctypes.data
    first.fill(np.nan)
    del first
    assert kept.kept() >= 8 * x.size
    second = g(x)
    assert second.ctypes.data == place
    assert kept.kept() == 0
    np.testing.assert_allclose(second, 4 * x**3, rtol=1e-14)


@pytest.mark.parametrize("streams", [False, True])
def test_zeros_are_zero_again(kept: Keeping, low: None, streams: bool) -> None:
    h, at = compiled_hessian(40 if streams else 20)
    first = h(*at)
    assert is_ours(first)
    assert (first.nbytes >= blocks.STREAMS) == streams
    expected, place = first.copy(), first.ctypes.data
    first.fill(np.nan)
    del first
    second = h(*at)
    assert second.ctypes.data == place
    np.testing.assert_array_equal(second, expected)
    assert np.count_nonzero(second == 0) > 0.9 * second.size


def test_what_is_alive_is_never_given_out_again(kept: Keeping, low: None) -> None:
    g, x = compiled_gradient(ONE)
    results = [g(x) for _ in range(5)]
    assert len({r.ctypes.data for r in results}) == 5
    view = results.pop(2)[7:9]  # which keeps its array alive
    value, place = view.copy(), view.base.ctypes.data
    results.clear()
    assert place not in {r.ctypes.data for r in (g(x), g(x), g(x), g(x), g(x), g(x))}
    np.testing.assert_array_equal(view, value)


def test_small_results_are_where_they_were(kept: Keeping) -> None:
    for g, x in (compiled_gradient(1000), compiled_gradient(ONE + 11)):
        assert get_handler_name(g(x)) == "default_allocator"
    assert kept.kept() == 0


def test_only_our_results_are(kept: Keeping, low: None) -> None:
    g, x = compiled_gradient(ONE)
    assert is_ours(g(x))
    assert get_handler_name(np.empty(ONE)) == get_handler_name(g(x) + 1) == "default_allocator"
    assert get_handler_name(g(x).copy()) == "default_allocator"


def test_where_another_handler_is_set_that_one_is_used(kept: Keeping, low: None) -> None:
    g, x = compiled_gradient(ONE)
    capsule, theirs = _another_handler()
    set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(routines()[27] or 0)
    before = set_handler(capsule)
    try:
        result = g(x)
    finally:
        set_handler(before)
    assert get_handler_name(result) == "theirs"
    assert is_ours(g(x))
    np.testing.assert_allclose(result, 4 * x**3, rtol=1e-14)
    del result, theirs


def _another_handler() -> tuple[Any, Any]:
    """With our routines, under another name, and not our capsule."""
    found = keeping()
    assert found is not None
    memory_of = ctypes.create_string_buffer(ctypes.string_at(found.code.address("handler"), FREE + 8), FREE + 8)
    ctypes.memmove(memory_of, b"theirs\0\0", 9)
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    make = new(("PyCapsule_New", ctypes.pythonapi))
    return make(ctypes.addressof(memory_of), found.code.address("handler_kind"), None), memory_of


def test_arrays_outlive_all_that_made_them(kept: Keeping, low: None) -> None:
    g, x = compiled_gradient(ONE)
    result, gone = g(x), weakref.ref(g)
    del g
    assert gone() is None
    np.testing.assert_allclose(result, 4 * x**3, rtol=1e-14)
    result += 1
    del result
    assert kept.kept() >= 8 * ONE


def test_resizing(kept: Keeping, low: None) -> None:
    g, x = compiled_gradient(ONE)
    result = g(x)
    value = result.copy()
    for length in (ONE - 5, 3 * ONE, 20, 2 * ONE):
        result.resize(length, refcheck=False)
        both = min(length, value.size)
        np.testing.assert_array_equal(result[:both], value[:both])
        assert not result[both:].any()
        value = result.copy()
    assert is_ours(result)


def test_threads(kept: Keeping, low: None) -> None:
    """Some make results, others let go of them."""
    g, x = compiled_gradient(ONE)
    expected = g(x)
    wrong: list[Any] = []

    def work() -> None:
        held = [g(x)]
        for k in range(60):
            held.append(g(x))
            if not np.array_equal(held[0], expected):
                wrong.append(k)
            held.pop(0).fill(k)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert ONE * 8 <= kept.kept() <= 32 * MIB


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
def test_a_forked_child_has_memory_of_its_own(kept: Keeping, low: None) -> None:
    body = """
        import os, threading, warnings, numpy as np, steepest as st
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        from steepest.engines.native.entry import entry
        entry.LARGE_KINDS = {kind: (2**20, large) for kind, (_, large) in entry.LARGE_KINDS.items()}
        g = st.grad(lambda x: np.sum(x**4), compile="eager")
        x = np.arange(2.0**17)
        one, two = g(x), g(x)
        del one
        stop = threading.Event()
        def work():
            while not stop.is_set():
                g(x)
        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(20):
            child = os.fork()
            if child == 0:
                mine = [g(x) for _ in range(3)]
                right = all(np.array_equal(r, 4 * x**3) for r in (*mine, two))
                del mine
                os._exit(0 if right and np.array_equal(g(x), two) else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        thread.join()
        print(np.array_equal(g(x), two))
    """
    assert (
        run_python(body.replace("import os", "import warnings; warnings.simplefilter('ignore'); import os", 1)).strip()
        == "True"
    )


def test_a_process_ends_with_results_alive() -> None:
    body = """
        import numpy as np, steepest as st
        from steepest.engines.native.entry import entry
        entry.LARGE_KINDS = {kind: (2**20, large) for kind, (_, large) in entry.LARGE_KINDS.items()}
        g = st.grad(lambda x: np.sum(x**4), compile="eager")
        x = np.arange(2.0**17)
        class Late:
            def __init__(self, result): self.result = result
            def __del__(self): self.result.resize(2**18, refcheck=False); self.result = None
        late, results = Late(g(x)), [g(x), g(x)]
        late.cycle = late
        np.kept_by_numpy = g(x)
    """
    assert run_python(body) == ""


# --- the routines ---------------------------------------------------------------------------------------


@pytest.fixture
def calls(kept: Keeping) -> tuple[Callable[..., int], ...]:
    """malloc, calloc, realloc, free."""
    at = kept.code.address("handler")
    size, place = ctypes.c_size_t, ctypes.c_void_p
    kinds = (
        (MALLOC, (place, place, size)),
        (CALLOC, (place, place, size, size)),
        (REALLOC, (place, place, place, size)),
        (FREE, (None, place, place, size)),
    )
    return tuple(ctypes.CFUNCTYPE(*kind)(pointer(at + offset)) for offset, kind in kinds)


def test_what_cannot_be_had_is_refused(calls: tuple[Callable[..., int], ...], kept: Keeping) -> None:
    malloc, calloc, realloc, free = calls
    block = malloc(None, MIB)
    for size in (2**64 - 1, 2**64 - 64, 2**63, 2**47, 2**47 - 1):
        assert malloc(None, size) is None
        assert realloc(None, block, size) is None
    assert calloc(None, 2**33, 2**33) is None
    assert calloc(None, 2**32, 2**32) is None
    ctypes.memset(block, 7, MIB)
    free(None, block, MIB)
    free(None, None, 0)
    for size in (0, 1, 63, 64, 65, 4032, 4033):
        small = calloc(None, 1, size)
        ctypes.memset(small, 1, max(size, 1))
        free(None, small, size)
    assert realloc(None, None, 10) is not None


def test_what_fits(calls: tuple[Callable[..., int], ...], kept: Keeping) -> None:
    malloc, calloc, _, free = calls
    block = malloc(None, 5 * MIB)
    free(None, block, 5 * MIB)
    assert kept.kept() == 5 * MIB + blocks.PAGE
    others = [malloc(None, size) for size in (5 * MIB + blocks.PAGE, 39 * MIB // 10, MIB)]  # too long, too short
    assert block not in others
    again = calloc(None, 41 * MIB // 80, 8)  # no more than a quarter is lost
    assert again == block
    assert not any(ctypes.string_at(again, 41 * MIB // 10))
    for other in (*others, again):
        free(None, other, 0)


def test_the_last_is_taken_first(calls: tuple[Callable[..., int], ...]) -> None:
    malloc, _, _, free = calls
    pair = [malloc(None, 2 * MIB) for _ in range(2)]
    for block in pair:
        free(None, block, 2 * MIB)
    assert [malloc(None, 2 * MIB) for _ in range(2)] == pair[::-1]
    for block in pair:
        free(None, block, 2 * MIB)


def test_the_bound_holds_and_the_oldest_go(calls: tuple[Callable[..., int], ...], kept: Keeping) -> None:
    malloc, _, _, free = calls
    places = [malloc(None, 3 * MIB) for _ in range(12)]
    for place in places:
        free(None, place, 3 * MIB)
        assert kept.kept() <= 32 * MIB
    assert kept.kept() == 10 * (3 * MIB + blocks.PAGE)
    assert [malloc(None, 3 * MIB) for _ in range(10)] == places[:1:-1]
    large = malloc(None, 40 * MIB)
    free(None, large, 40 * MIB)
    assert kept.kept() == 0
    for place in places[2:]:
        free(None, place, 3 * MIB)
    kept.keep_at_most(7 * MIB)
    assert kept.kept() == 2 * (3 * MIB + blocks.PAGE)
    kept.keep_at_most(0)
    assert kept.kept() == 0


def test_there_are_only_so_many_slots(calls: tuple[Callable[..., int], ...], kept: Keeping) -> None:
    malloc, _, _, free = calls
    places = [malloc(None, MIB) for _ in range(blocks.SLOTS + 3)]
    for place in places:
        free(None, place, MIB)
    assert kept.kept() == blocks.SLOTS * (MIB + blocks.PAGE)
    assert [malloc(None, MIB) for _ in range(blocks.SLOTS)] == places[:2:-1]
    for place in places[3:]:
        free(None, place, MIB)


def test_many_threads_without_python(calls: tuple[Callable[..., int], ...], kept: Keeping) -> None:
    """ctypes lets go of the interpreter's lock: the routines really run beside each other."""
    malloc, calloc, _, free = calls
    wrong: list[int] = []

    def work(mark: int) -> None:
        for k in range(300):
            size = MIB + 64 * (k % 7) * MIB // 100
            block = (malloc(None, size), calloc(None, size, 1))[k % 2] if k % 3 else malloc(None, size)
            ctypes.memset(block, mark, 4096)
            if set(ctypes.string_at(block, 4096)) != {mark}:
                wrong.append(k)
            free(None, block, size)

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert kept.kept() <= 32 * MIB


# --- how much -------------------------------------------------------------------------------------------


def test_how_much_memory_there_is(tmp_path: Path) -> None:
    for file, text in {
        "proc/self/cgroup": "4:memory:/a/b\n1:cpu:/\n0::/c\n",
        "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "5000\n",
        "sys/fs/cgroup/c/memory.max": "max\n",
        "sys/fs/cgroup/memory.max": "7000\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    assert sorted(memory.group_limits(tmp_path)) == [5000, 7000]
    assert list(memory.group_limits(tmp_path / "nowhere")) == []
    assert memory.memory_limit() > 2**20


def test_results_that_could_not_be_kept_lie_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    found = keeping()
    assert found is not None
    assert large_results.memory_for(found.most) is None
    assert large_results.memory_for(found.most - 1) is found
    monkeypatch.setattr(large_results, "blocks", lambda: None)
    assert large_results._make() is None
