"""Text to machine code: for which processor, what is refused, and that memory comes back."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from kernel_texts import affine, run_python, wide_affine

from steepest.engines.native.kernel import Kernel
from steepest.engines.native.machine import linking
from steepest.engines.native.machine.building import Origin, build
from steepest.engines.native.machine.compilation import MOST_LINES, assembly, object_code
from steepest.engines.native.machine.failure import NativeCodeError
from steepest.engines.native.machine.linking import link
from steepest.engines.native.machine.loading import load
from steepest.engines.native.machine.target import Target, host
from steepest.errors import ArgumentError

X86 = host().triple.startswith("x86_64")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEEPEST_CACHE_DIR", str(tmp_path))


# --- the processor ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("features", "bits"),
    [
        ("+avx,+avx2,+avx512f,+avx512vl,+avx512dq,+fma", 512),
        ("+avx,+avx2,+avx512f,-avx512vl,+fma", 256),
        ("+avx,+avx2,-avx512f,+fma", 256),
        ("+avx,+avx2,-fma", 128),
        ("+avx,+sse4.2", 128),
        ("", 128),
    ],
)
def test_width_by_feature(features: str, bits: int) -> None:
    target = Target("x86_64-unknown-linux-gnu", "x86-64", features)
    assert target.vector_bits == bits


def test_arm_has_128_bits() -> None:
    target = Target("aarch64-unknown-linux-gnu", "generic", "+neon")
    assert target.vector_bits == 128


@pytest.mark.parametrize("bits", [512, 256, 128])
def test_a_narrower_target_is_the_same_processor(bits: int) -> None:
    limited = host().limited_to(bits)
    assert limited.vector_bits == min(bits, host().vector_bits)
    assert (limited.cpu, limited.triple) == (host().cpu, host().triple)


@pytest.mark.skipif(not X86, reason="names registers of x86")
def test_code_uses_the_registers_of_its_width() -> None:
    text = wide_affine(8).text
    # This model would rather have 256 bits: a width that was written out is honoured all the same.
    assert "zmm" in assembly(text, Target(host().triple, "skylake-avx512", ""))
    if host().vector_bits == 512:
        assert "zmm" in assembly(text, host())
    narrow = assembly(text, host().limited_to(256))
    assert "zmm" not in narrow
    narrower = assembly(text, host().limited_to(128))
    assert "ymm" not in narrower
    assert "vfmadd" not in narrower


@pytest.mark.parametrize("bits", [512, 256, 128])
def test_code_of_every_width_runs_here(bits: int) -> None:
    x = np.arange(8.0)
    (y,), status = load(wide_affine(), host().limited_to(bits)).run([x])
    assert (y.tolist(), status) == ((3 * x + 1).tolist(), 0)


# --- what is refused --------------------------------------------------------------------------------


def test_text_that_does_not_parse_is_shown_with_its_line() -> None:
    broken = affine().text.replace("%constant\n", "%nothing\n")
    with pytest.raises(NativeCodeError, match=r"(?s):\d+:\d+: error: use of undefined value '%nothing'.*%sum = fadd"):
        build(broken, "kernel")


def test_what_would_take_too_long_to_compile_is_refused() -> None:
    lines = [f"  %v{i + 1} = fmul double %v{i}, %v{i}" for i in range(MOST_LINES // 2)]
    head = "define double @kernel(double %v0) {\n"
    build(head + "\n".join(lines) + f"\n  ret double %v{len(lines)}\n}}", "kernel")
    text = "\n".join(lines)
    half = text.replace("%v", "%w")
    half = half.replace("%w0, %w0", f"%v{len(lines)}, %v{len(lines)}")
    end = f"\n  ret double %w{len(lines)}\n}}\n"
    build(f"{head}{text}\n  br label %half.way\nhalf.way:\n{half}{end}", "kernel")  # two blocks
    with pytest.raises(NativeCodeError, match="too many to compile"):
        build(f"{head}{text}\n{half}{end}", "kernel")


def test_a_module_that_is_not_well_formed_is_refused() -> None:
    text = "define i32 @kernel() {\n  br label %a\na:\n  %y = add i32 %z, 1\n  %z = add i32 1, 2\n  ret i32 %y\n}"
    with pytest.raises(NativeCodeError, match="does not dominate"):
        build(text, "kernel")


def test_an_address_in_the_text_is_refused() -> None:
    text = "define ptr @kernel() {\n  %p = inttoptr i64 140737488355328 to ptr\n  ret ptr %p\n}"
    with pytest.raises(NativeCodeError, match="line 2 has an address"):
        build(text, "kernel")
    with pytest.raises(NativeCodeError, match="line 2 has an address"):
        build(text.replace("i64 1407", "i64 -7").replace("inttoptr i64", "inttoptr  i64"), "kernel")


def test_a_function_that_is_not_there() -> None:
    with pytest.raises(NativeCodeError, match="nothing"):
        build(affine().text, "nothing")


def test_a_routine_that_is_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    text = "declare void @no_such_routine()\ndefine i32 @kernel() {\n  call void @no_such_routine()\n  ret i32 0\n}"
    with pytest.raises(NativeCodeError, match="cannot be loaded"):
        build(text, "kernel")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_an_image_that_is_no_object_file(damage: bytes | None) -> None:
    image = object_code(affine().text, host())
    with pytest.raises(NativeCodeError, match="cannot be loaded"):
        link(image[:300] if damage is None else damage, host(), "kernel")


# --- a kernel ---------------------------------------------------------------------------------------


def test_a_kernel_runs() -> None:
    loaded = load(affine())
    x = np.arange(8.0)
    (y,), status = loaded.run([x])
    assert y.tolist() == (3 * x + 0.5).tolist()
    assert status == 0
    assert loaded.address == loaded.built.code.address("kernel") > 0
    assert loaded.account[-1].startswith("compiled in ")
    x[-1] = np.inf
    assert loaded.run([x])[1] == 1


@pytest.mark.parametrize(
    "array",
    [
        np.arange(16.0)[::2],
        np.arange(7.0),
        np.arange(8.0, dtype=np.float32),
        np.arange(8.0).astype(">f8"),
        np.frombuffer(bytes(65), np.uint8)[1:].view(np.float64),
    ],
    ids=["strided", "shorter", "float32", "big-endian", "not aligned"],
)
def test_an_array_that_does_not_fit_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match="input 0"):
        load(affine()).run([array])


def test_the_number_of_arrays_is_checked() -> None:
    with pytest.raises(ArgumentError, match="1 inputs, got 2"):
        load(affine()).run([np.zeros(8), np.zeros(8)])


def test_an_output_that_is_read_only_is_not_written() -> None:
    y = np.zeros(8)
    y.flags.writeable = False
    with pytest.raises(ArgumentError, match="read-only"):
        load(affine()).run_into([np.zeros(8)], [y])
    assert not y.any()


def test_a_routine_that_this_process_has_not() -> None:
    kernel = affine()
    with pytest.raises(LookupError, match="'nothing'"):
        load(Kernel(kernel.text, kernel.inputs, kernel.outputs, kernel.constants, ("blas:nothing",)))


def test_routines_are_given_by_address() -> None:
    text = """
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {
  %count = load ptr, ptr %externals
  %threads = call i64 %count()
  %narrow = trunc i64 %threads to i32
  ret i32 %narrow
}
"""
    assert load(Kernel(text, (), (), externals=("threads:count",))).run([])[1] >= 1


def test_the_workspace_begins_at_a_multiple_of_64() -> None:
    text = """
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {
  %address = ptrtoint ptr %workspace to i64
  %rest = and i64 %address, 63
  call void @llvm.memset.p0.i64(ptr %workspace, i8 7, i64 100000, i1 false)
  %narrow = trunc i64 %rest to i32
  ret i32 %narrow
}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""
    loaded = load(Kernel(text, (), (), workspace=100_000))
    assert [loaded.run([])[1] for _ in range(20)] == [0] * 20


def test_constants_live_as_long_as_the_kernel() -> None:
    kernel = affine()
    loaded = load(
        Kernel(kernel.text, kernel.inputs, kernel.outputs, (np.arange(9.0)[4::-2],))
    )  # copied: not contiguous
    gc.collect()
    assert loaded.run([np.zeros(8)])[0][0].tolist() == [4.0] * 8


# --- sharing and freeing ----------------------------------------------------------------------------


def test_the_same_text_is_in_memory_once() -> None:
    first, second = load(affine(7.0)), load(affine(7.0))
    assert second.built.origin is Origin.PROCESS
    assert second.address == first.address
    assert load(affine(7.5)).address != first.address


def test_code_is_freed_with_its_last_user(monkeypatch: pytest.MonkeyPatch) -> None:
    unloaded: list[object] = []
    unload = linking._unload

    def record(functions: object, linker: linking._Linker) -> None:
        unloaded.append(functions)
        unload(functions, linker)

    monkeypatch.setattr(linking, "_unload", record)
    first, second = build(affine(11.0).text, "kernel").code, build(affine(11.0).text, "kernel").code
    del first
    gc.collect()
    assert unloaded == []
    del second
    gc.collect()
    assert len(unloaded) == 1
    assert build(affine(11.0).text, "kernel").origin is Origin.DISK


GROWTH = """
    from pathlib import Path
    import numpy as np
    from kernel_texts import affine
    from steepest.engines.native.machine.compilation import object_code
    from steepest.engines.native.machine.loading import load
    from steepest.engines.native.machine.target import host

    def resident_kilobytes():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4

    kernel, x = affine(13.0), np.zeros(8)

    def load_one(number):
        load(kernel).run([x])

    def compile_one(number):
        object_code(affine(number / 7).text, host())

    for number in range({first}):
        {act}(number)
    before = resident_kilobytes()
    for number in range({first}, {first} + {times}):
        {act}(number)
    print(resident_kilobytes() - before)
"""


def _growth(act: str, first: int, times: int) -> int:
    """Kilobytes by which a process of its own grows: one that other tests have used grows and shrinks by theirs."""
    return int(run_python(GROWTH.format(act=act, first=first, times=times)))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's account of memory")
@pytest.mark.parametrize("times", [600, pytest.param(50_000, marks=pytest.mark.heavy)])
def test_loading_and_dropping_leaks_nothing(times: int) -> None:
    assert _growth("load_one", 200, times) < 0.5 * times + 2000  # a module is some 10 KB


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's account of memory")
def test_compiling_leaks_little() -> None:
    assert _growth("compile_one", 50, 200) < 3000  # LLVM's own pass builder loses 1.5 KB; what it builds would be 60


def test_several_threads_build_and_run_at_once() -> None:
    results: list[float] = []

    def work(number: int) -> None:
        for i in range(6):
            (y,), _ = load(affine(1.0 + number % 2 + i)).run([np.ones(8)])
            results.append(y[0] - (1.5 + number % 2 + i))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0.0] * 36


# --- processes --------------------------------------------------------------------------------------

FORKS = """
    import os, threading, warnings
    import numpy as np
    from kernel_texts import affine
    from steepest.engines.native.machine.loading import load

    def good(slope):
        (y,), status = load(affine(slope)).run([np.ones(8)])
        return y.tolist() == [slope + 0.5] * 8 and status == 0

    warnings.simplefilter("ignore")  # Python warns of forks in a process with threads
    loaded, stop = load(affine(1.0)), False

    def busy():
        slope = 2.0
        while not stop:
            slope += 1.0
            load(affine(slope))

    compiler = threading.Thread(target=busy)
    compiler.start()
    ends = []
    for turn in range(6):
        pid = os.fork()
        if pid == 0:
            stop = True
            os._exit(0 if good(-1.0 - turn) and loaded.run([np.ones(8)])[0][0][0] == 1.5 else 1)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    stop = True
    compiler.join()
    print(ends == [0] * 6, good(0.25))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_child_forked_while_another_thread_compiles() -> None:
    assert run_python(FORKS) == "True True\n"


def test_a_process_may_end_while_a_thread_compiles() -> None:
    body = """
    import threading, time
    from kernel_texts import affine
    from steepest.engines.native.machine.loading import load

    def busy():
        slope = 0.0
        while True:
            slope += 1.0
            load(affine(slope))

    threading.Thread(target=busy, daemon=True).start()
    time.sleep(0.05)
    """
    assert run_python(body) == ""
