"""Machine code on disk: found again, whole or not at all, bounded, nobody else's."""

from __future__ import annotations

import os
import stat
import textwrap
from pathlib import Path

import numpy as np
import pytest
from kernel_texts import affine, run_python

from steepest.engines.native.machine import building, cache
from steepest.engines.native.machine.building import Origin
from steepest.engines.native.machine.directory import NotKept, cache_directory
from steepest.engines.native.machine.loading import Loaded, load
from steepest.engines.native.machine.target import host

POSIX = hasattr(os, "geteuid")
posix = pytest.mark.skipif(not POSIX, reason="owners and modes of files are POSIX's")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEEPEST_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("STEEPEST_CACHE", raising=False)
    return cache_directory()


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def anew() -> Loaded:
    """The test's kernel, as if this process had not used it before."""
    building._in_use.clear()
    loaded = load(affine())
    (y,), status = loaded.run([np.ones(8)])
    assert (y.tolist(), status) == ([3.5] * 8, 0)
    return loaded


# --- what is kept -----------------------------------------------------------------------------------


def test_code_is_read_back(folder: Path) -> None:
    assert anew().built.origin is Origin.COMPILER
    (entry,) = entries(folder)
    assert entry.suffix == cache.SUFFIX
    again = anew()
    assert again.built.origin is Origin.DISK
    assert again.account[-1].startswith("read from disk in ")


def test_another_processor_is_another_entry(folder: Path) -> None:
    for bits in (512, 256, 128):
        load(affine(), host().limited_to(bits))
    load(affine(3.25))
    assert len(entries(folder)) == len({min(b, host().vector_bits) for b in (512, 256, 128)}) + 1


@pytest.mark.parametrize("name", ["PIPELINE", "VERSIONS", "VERSION"])
def test_code_of_another_version_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    anew()
    monkeypatch.setattr(building, name, "another")
    assert anew().built.origin is Origin.COMPILER
    assert len(entries(folder)) == 2


def test_what_a_key_depends_on_is_not_run_together() -> None:
    assert cache.key("ab", "c") != cache.key("a", "bc")
    assert cache.key("a\0", "b") != cache.key("a", "\0b")


# --- damage -----------------------------------------------------------------------------------------

DAMAGE = {
    "empty": lambda content: b"",
    "cut off": lambda content: content[:-1],
    "cut off in the header": lambda content: content[:40],
    "longer": lambda content: content + b"\0",
    "a bit in the code": lambda content: content[:-200] + bytes([content[-200] ^ 1]) + content[-199:],
    "a bit in the digest": lambda content: content[:35] + bytes([content[35] ^ 1]) + content[36:],
    "a bit in the length": lambda content: content[:24] + bytes([content[24] ^ 1]) + content[25:],
    "another format": lambda content: b"S" + content[1:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_made_anew(folder: Path, damage: str) -> None:
    anew()
    (entry,) = entries(folder)
    whole = entry.read_bytes()
    entry.write_bytes(DAMAGE[damage](whole))
    assert anew().built.origin is Origin.COMPILER
    assert len(entries(folder)) == 1
    assert cache.fetch(folder, entry.stem) is not None
    assert anew().built.origin is Origin.DISK


def test_an_entry_under_the_name_of_another_is_not_used(folder: Path) -> None:
    anew()
    (entry,) = entries(folder)
    load(affine(3.25))
    (other,) = set(entries(folder)) - {entry}
    other.replace(entry)
    assert anew().built.origin is Origin.COMPILER


def test_a_whole_entry_that_cannot_be_loaded_is_made_anew(folder: Path) -> None:
    anew()
    (entry,) = entries(folder)
    cache.store(folder, entry.stem, b"whole, but no object file")
    assert anew().built.origin is Origin.COMPILER
    assert anew().built.origin is Origin.DISK


def test_a_folder_in_the_place_of_an_entry(folder: Path) -> None:
    anew()
    (entry,) = entries(folder)
    entry.unlink()
    entry.mkdir()
    built = anew().built
    assert built.origin is Origin.COMPILER
    assert built.not_kept != ""


# --- where, and whether -----------------------------------------------------------------------------


def test_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEEPEST_CACHE", "off")
    loaded = anew()
    assert loaded.built.origin is Origin.COMPILER
    assert loaded.account[-1].endswith("not kept on disk: STEEPEST_CACHE is off")
    assert anew().built.origin is Origin.COMPILER
    assert entries(folder) == []


@pytest.mark.parametrize("word", ["0", "No", "FALSE", "of", "nowhere"])
def test_other_words_for_off(word: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEEPEST_CACHE", word)
    assert f"not kept on disk: STEEPEST_CACHE is {word}".lower() in anew().account[-1].replace("'", "").lower()
    assert entries(folder) == []


@pytest.mark.parametrize("word", ["", "on", "1", "Yes", "true"])
def test_words_for_on(word: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEEPEST_CACHE", word)
    anew()
    assert len(entries(folder)) == 1


def test_the_places_of_the_platforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEEPEST_CACHE_DIR", raising=False)
    monkeypatch.delenv("STEEPEST_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_directory() == tmp_path / "xdg" / "steepest" / "machine-code"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_directory() == tmp_path / ".cache" / "steepest" / "machine-code"
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_directory() == tmp_path / "Library" / "Caches" / "steepest" / "machine-code"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_directory() == tmp_path / "local" / "steepest" / "machine-code"


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEEPEST_CACHE_DIR", "STEEPEST_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(NotKept, match="no home"):
        cache_directory()


@posix
def test_nobody_else_may_read_or_write_the_folder(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    anew()
    (entry,) = entries(folder)
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_may_write_to_is_not_used(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    loaded = anew()
    assert "others may write to it" in loaded.built.not_kept
    assert entries(folder) == []


@posix
def test_a_link_in_the_place_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    with pytest.raises(NotKept):
        cache_directory()


@posix
def test_an_entry_of_another_user_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anew()
    (entry,) = entries(folder)
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    assert cache.fetch(folder, entry.stem) is None
    with pytest.raises(NotKept, match="another user's"):
        cache_directory()


@posix
def test_an_entry_that_others_may_write_to_is_not_used(folder: Path) -> None:
    anew()
    (entry,) = entries(folder)
    entry.chmod(0o622)
    assert anew().built.origin is Origin.COMPILER
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600


@posix
def test_a_link_in_the_place_of_an_entry_is_not_followed(folder: Path, tmp_path: Path) -> None:
    anew()
    (entry,) = entries(folder)
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    assert anew().built.origin is Origin.COMPILER
    assert not entry.is_symlink()


def test_a_folder_that_cannot_be_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # a superuser may write anywhere
    assert "cannot be written to" in anew().built.not_kept


def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert anew().built.not_kept == "No space left on device"
    assert entries(folder) == []


def test_a_place_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STEEPEST_CACHE_DIR", str(tmp_path / "file"))
    assert "cannot be made" in anew().built.not_kept


# --- bounds -----------------------------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes(folder: Path) -> None:
    for number in range(8):
        cache.store(folder, f"entry{number}", bytes(1000))
        os.utime(folder / f"entry{number}.object", (1e9 + number, 1e9 + number))
    assert cache.fetch(folder, "entry0") is not None  # and so used today
    cache.sweep(folder, most_entries=6, most_bytes=10**6)
    assert [e.stem for e in entries(folder)] == ["entry0", "entry5", "entry6", "entry7"]
    cache.sweep(folder, most_entries=6, most_bytes=3000)
    assert [e.stem for e in entries(folder)] == ["entry0", "entry7"]


def test_nothing_goes_while_there_is_room(folder: Path) -> None:
    for number in range(6):
        cache.store(folder, f"entry{number}", bytes(1000))
    cache.sweep(folder, most_entries=6, most_bytes=10**6)
    assert len(entries(folder)) == 6


def test_what_was_left_half_written_goes(folder: Path) -> None:
    old, new, other = folder / f"a{cache.UNFINISHED}", folder / f"b{cache.UNFINISHED}", folder / "note.txt"
    for file in (old, new, other):
        file.write_bytes(b"")
    os.utime(old, (1e9, 1e9))
    os.utime(other, (1e9, 1e9))
    cache.sweep(folder, most_entries=6, most_bytes=1000)
    assert entries(folder) == [new, other]


def test_stores_sweep_now_and_then(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_ENTRIES", 20)
    for number in range(200):
        cache.store(folder, f"entry{number}", b"")
    assert len(entries(folder)) <= 20 + cache._STORES_PER_SWEEP


# --- several processes ------------------------------------------------------------------------------

WRITER = """
    import os
    import numpy as np
    from kernel_texts import affine
    from steepest.engines.native.machine import building, cache
    from steepest.engines.native.machine.directory import cache_directory
    from steepest.engines.native.machine.loading import load

    folder = cache_directory()
    children = []
    for child in range(3):
        pid = os.fork()
        if pid == 0:
            bad = 0
            for turn in range(40):
                building._in_use.clear()
                loaded = load(affine(1.0 + turn % 5))
                bad += loaded.run([np.ones(8)])[0][0][0] != 1.5 + turn % 5 or loaded.built.not_kept != ""
                if turn % 8 == child:  # and meanwhile entries go
                    cache.sweep(folder, 2, 10**9)
            os._exit(bad != 0)
        children.append(pid)
    print([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_several_processes_write_and_read_the_same_entries(folder: Path) -> None:
    assert run_python(WRITER) == "[0, 0, 0]\n"
    assert all(cache.fetch(folder, e.stem) for e in entries(folder))
    assert not [e for e in entries(folder) if e.suffix == cache.UNFINISHED]


SPAWNER = """
    import multiprocessing
    import numpy as np
    from kernel_texts import affine
    from steepest.engines.native.machine.loading import load

    def work(slope):
        loaded = load(affine(slope))
        return float(loaded.run([np.ones(8)])[0][0][0]), loaded.built.origin.name

    kept = load(affine(2.0))  # still there when the process ends, in a circle
    circle = [kept]
    circle.append(circle)
    if __name__ == "__main__":
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(work(2.0), pool.apply(work, (2.0,)), pool.apply(work, (5.0,)), work(5.0))
"""


def test_a_spawned_process_reads_what_another_has_made(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "spawner.py"
    script.write_text(textwrap.dedent(SPAWNER))
    # In the child the script is imported before `work` runs, so its first kernel is there already.
    printed = run_python(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert printed == "(2.5, 'PROCESS') (2.5, 'PROCESS') (5.5, 'COMPILER') (5.5, 'DISK')\n"
