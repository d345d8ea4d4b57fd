"""The pool of threads: every part once, from any thread, in parts of parts, after a fork, and at the end."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import llvmlite.binding as llvm
import pytest
from kernel_texts import PARTS, run_python

from steepest.engines.native.machine import building, cores, threads
from steepest.engines.native.machine.building import build
from steepest.engines.native.machine.compilation import object_code
from steepest.engines.native.machine.pool import INLINE, pool
from steepest.engines.native.machine.target import Target, host

POOLED = pool(host().triple) is not None
pooled = pytest.mark.skipif(not POOLED, reason="there are no POSIX threads")

Counters = Callable[..., list[int]]


@pytest.fixture(scope="module")
def repeat() -> Counters:
    """What is in the counters after `times` jobs of so many parts of a function."""
    code = build(PARTS, "count", "nested", "meet", "repeat").code
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_int64)(code.address("repeat"))

    def run(
        function: str, parts: int, times: int = 1, counters: int = 0, first: int = 0, routine: str = "run"
    ) -> list[int]:
        context = (ctypes.c_int64 * max(counters or parts, 1))()
        context[0] = first
        call(threads.address(routine), code.address(function), ctypes.addressof(context), parts, times)
        return list(context)

    return run


@pytest.fixture
def four_threads() -> Iterator[None]:
    """As if this process had been allowed four, however few cores there are."""
    before = threads.thread_count()
    threads._pool().call("allow", 3)
    yield
    threads._pool().call("allow", before - 1)


@pytest.mark.parametrize("parts", [-1, 0, 1, 2, 3, 4, 5, 64, 1000])
def test_every_part_is_done_once(repeat: Counters, four_threads: None, parts: int) -> None:
    assert repeat("count", parts, 300) == [300] * parts or parts < 1


@pytest.mark.heavy
@pytest.mark.parametrize("parts", [2, 3, 4, 7])
def test_every_part_is_done_once_in_millions_of_jobs(repeat: Counters, four_threads: None, parts: int) -> None:
    assert repeat("count", parts, 3_000_000) == [3_000_000] * parts


@pooled
def test_two_parts_run_at_once(repeat: Counters, four_threads: None) -> None:
    for _ in range(20):
        assert repeat("meet", 2) == [2, 2]
    time.sleep(0.02)  # now the threads sleep
    assert repeat("meet", 2) == [2, 2]
    assert threads._pool().call("started") == 3


def test_with_one_thread_the_parts_run_in_order(repeat: Counters, four_threads: None) -> None:
    seen: list[tuple[int, int]] = []
    callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(
        lambda _, part: seen.append((part, threading.get_ident()))
    )
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(threads.address("run"))
    with threads.at_most(1):
        assert threads.thread_count() == 1
        run(ctypes.cast(callback, ctypes.c_void_p), None, 5)
    assert threads.thread_count() == (4 if POOLED else 1)
    assert seen == [(part, threading.get_ident()) for part in range(5)]


def test_short_jobs(repeat: Counters, four_threads: None) -> None:
    """Every part is done once, whoever is awake."""
    for parts in (1, 2, 3, 8, 33):
        assert repeat("count", parts, 3000, routine="run_short") == [3000] * parts
        time.sleep(0.002)  # now the threads sleep


@pooled
def test_the_threads_that_are_wanted_are_woken(repeat: Counters, four_threads: None) -> None:
    assert repeat("meet", 2) == [2, 2]  # now there are three
    with threads.at_most(2):
        for _ in range(20):
            time.sleep(0.002)  # they sleep
            assert repeat("meet", 2) == [2, 2]


@pytest.mark.parametrize("parts", [65535, 65536])
def test_more_parts_than_a_range_can_have(repeat: Counters, four_threads: None, parts: int) -> None:
    assert repeat("count", parts) == [1] * parts


def test_parts_of_parts(repeat: Counters, four_threads: None) -> None:
    done = repeat("nested", 6, 50, counters=25, first=threads.address("run"))
    assert done[1:] == [50] * 24


def test_several_threads_use_the_pool_at_once(repeat: Counters, four_threads: None) -> None:
    wrong: list[list[int]] = []

    def work() -> None:
        for parts in (1, 2, 3, 5, 8, 33):
            done = repeat("count", parts, 500)
            if done != [500] * parts:
                wrong.append(done)

    users = [threading.Thread(target=work) for _ in range(5)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert wrong == []


@pooled
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux's account of threads")
def test_idle_threads_sleep(repeat: Counters, four_threads: None) -> None:
    def used() -> int:
        return sum(int(p.read_text().split()[0]) for p in Path("/proc/self/task").glob("*/schedstat"))

    repeat("count", 8, 10)
    time.sleep(0.05)  # however late they are scheduled
    before = used()
    time.sleep(0.1)
    assert used() - before < 20e6  # nanoseconds, of 300e6 were they awake; this thread's own are among them


def test_there_are_no_other_routines() -> None:
    with pytest.raises(LookupError, match="'reset'"):
        threads.address("reset")


def test_where_there_are_no_threads_the_caller_does_it() -> None:
    code = build(INLINE, "run", "run_short", "count", "allow", "reset", "started").code
    seen: list[int] = []
    callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(lambda _, part: seen.append(part))
    for routine in ("run", "run_short"):
        run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(code.address(routine))
        for parts in (-1, 0, 1, 3):
            run(ctypes.cast(callback, ctypes.c_void_p), None, parts)
    assert seen == [0, 0, 1, 2] * 2
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("count"))() == 1


@pytest.mark.parametrize(
    ("triple", "cpu"),
    [("aarch64-unknown-linux-gnu", "generic"), ("arm64-apple-darwin", "apple-m1"), ("x86_64-apple-darwin", "haswell")],
)
def test_the_pool_is_written_for_other_platforms(triple: str, cpu: str) -> None:
    text = pool(triple)
    if text is None:
        pytest.skip("there are no POSIX threads")
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        image = object_code(text, Target(triple, cpu, ""))
    except RuntimeError as error:  # this LLVM was built without that platform
        pytest.skip(str(error))
    assert len(image) > 1000
    assert ("sse2" in text) == triple.startswith("x86_64")


# --- processes --------------------------------------------------------------------------------------

SETTING = """
    import ctypes, os, sys, time, threading
    from kernel_texts import PARTS
    from steepest.engines.native.machine import threads
    from steepest.engines.native.machine.building import build
    code = build(PARTS, "count", "meet", "repeat").code
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_int64)(code.address("repeat"))
    def repeat(function, parts, times=1, routine="run"):
        context = (ctypes.c_int64 * parts)()
        call(threads.address(routine), code.address(function), ctypes.addressof(context), parts, times)
        return list(context)
    def started():
        return threads._pool().call("started")
"""


@pooled
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_starts_its_own_threads() -> None:
    body = """
    assert repeat("meet", 2) == [2, 2]
    assert started() == 2
    def child():
        good = started() == 0 and repeat("meet", 2) == [2, 2] and started() == 2
        if good and os.fork() == 0:
            os._exit(started() != 0 or repeat("meet", 2) != [2, 2])
        os._exit(not good or os.waitstatus_to_exitcode(os.wait()[1]))
    def fork():
        pid = os.fork()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid else child()
    print(fork())
    stop = False
    def busy():
        while not stop:
            repeat("count", 4, 2000)
    user = threading.Thread(target=busy)
    user.start()
    import warnings
    warnings.simplefilter("ignore")  # Python warns of forks in a process with threads
    print([fork() for _ in range(8)])
    stop = True
    user.join()
    """
    printed = run_python(SETTING + body, STEEPEST_NUM_THREADS="3")
    assert printed == "0\n[0, 0, 0, 0, 0, 0, 0, 0]\n"


@pooled
def test_short_jobs_start_threads_if_they_are_dense() -> None:
    body = """
    for _ in range(20):
        repeat("count", 2, routine="run_short")
        time.sleep(0.001)
    print(started())
    repeat("count", 2, 1000, routine="run_short")
    print(started())
    """
    assert run_python(SETTING + body, STEEPEST_NUM_THREADS="3") == "0\n2\n"


ENDS = {
    "asleep": 'repeat("meet", 2); time.sleep(0.01)',
    "in use by a daemon thread": """
    threading.Thread(target=lambda: [repeat("count", 4, 10**6) for _ in range(10**6)], daemon=True).start()
    time.sleep(0.05)
    """,
    "by sys.exit": "repeat('meet', 2); sys.exit(0)",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_process_ends_at_once(end: str) -> None:
    assert run_python(SETTING + "\n    " + ENDS[end], STEEPEST_NUM_THREADS="3") == ""


@pooled
def test_threads_leave_signals_to_python() -> None:
    body = """
    import pathlib, signal
    seen = []
    signal.signal(signal.SIGUSR1, lambda *_: seen.append(threading.current_thread() is threading.main_thread()))
    repeat("meet", 2)
    user, fault = 1 << signal.SIGUSR1 - 1, 1 << signal.SIGSEGV - 1

    def blocked():
        return [
            int(line.split()[1], 16)
            for status in pathlib.Path("/proc/self/task").glob("*/status")
            for line in status.read_text().splitlines()
            if line.startswith("SigBlk")
        ]

    def is_ours(masks):
        return not masks or sum(bool(m & user) for m in masks) == 2 and not any(m & fault for m in masks)

    end = time.monotonic() + 5  # a thread that is being made blocks every signal for a moment
    while not is_ours(blocked()) and time.monotonic() < end:
        time.sleep(0.001)
    assert is_ours(blocked()), blocked()
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.01)
    print(seen)
    """
    assert run_python(SETTING + body, STEEPEST_NUM_THREADS="3") == "[True]\n"


@pytest.mark.parametrize(("asked", "got"), [("3", 3), ("1", 1), (" 2 ", 2), ("1000000", cores.MOST)])
def test_as_many_threads_as_asked_for(monkeypatch: pytest.MonkeyPatch, asked: str, got: int) -> None:
    monkeypatch.setenv(cores.ASKED, asked)
    assert cores.thread_limit() == got


def test_else_as_many_as_there_are_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cores.ASKED, "")
    assert cores.thread_limit() == cores.usable_cores() >= 1


@pytest.mark.parametrize("asked", ["0", "-2", "many", "1.5"])
def test_a_number_of_threads_that_is_none(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv(cores.ASKED, asked)
    with pytest.warns(RuntimeWarning, match=f"STEEPEST_NUM_THREADS='{asked}' is no positive whole number"):
        assert cores.thread_limit() == cores.usable_cores() >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")
@pytest.mark.parametrize(
    ("groups", "files", "shares"),
    [
        ("0::/a/b", {"a/b/cpu.max": "150000 100000", "a/cpu.max": "max 100000"}, [1.5]),
        ("0::/", {"cpu.max": "50000 100000"}, [0.5]),
        ("0::/a", {"a/cpu.max": "max 100000"}, []),
        ("0::/a", {}, []),
        (
            "4:cpu,cpuacct:/a\n3:memory:/a",
            {"cpu,cpuacct/a/cpu.cfs_quota_us": "200000", "cpu,cpuacct/a/cpu.cfs_period_us": "100000"},
            [2.0],
        ),
        ("4:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, []),
    ],
)
def test_a_container_s_share(tmp_path: Path, groups: str, files: dict[str, str], shares: list[float]) -> None:
    for path, content in ({f"sys/fs/cgroup/{p}": c for p, c in files.items()} | {"proc/self/cgroup": groups}).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content + "\n")
    assert list(cores.cpu_shares(tmp_path)) == shares


def test_the_pool_s_code_is_kept_for_good() -> None:
    code = threads._pool().code
    building._in_use.clear()
    assert sys.getrefcount(code) >= 4
