"""The command line as a whole: exit codes, messages and streams. Subcommands have their own tests."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from pathlib import Path

import pytest

from steepest.cli.command import Command
from steepest.cli.main import COMMANDS, build_parser, main
from steepest.cli.terminal import Style, styled
from steepest.errors import FormulaError, MismatchError
from steepest.version import VERSION


class Echo:
    """Prints its argument, raises what it is told to, or returns a code."""

    NAME = "echo"
    HELP = "print a word"

    def __init__(self, outcome: int | BaseException = 0) -> None:
        self.outcome = outcome

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("word")

    def run(self, args: argparse.Namespace) -> int:
        print(args.word)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize("code", [0, 1])
def test_the_code_of_the_command_is_the_exit_code(code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["echo", "θ"], [Echo(code)]) == code
    assert capsys.readouterr().out == "θ\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [(FormulaError("x is not declared"), 2), (MismatchError("1.0, not 2.0"), 1)],
    ids=["cannot be done", "a check failed"],
)
def test_an_error_is_a_message_and_no_traceback(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["echo", "x"], [Echo(error)]) == code
    captured = capsys.readouterr()
    assert captured.out == "x\n"
    assert captured.err == f"error: {error}\n"


@pytest.mark.parametrize("line", [["--debug", "echo", "x"], ["echo", "--debug", "x"]])
def test_debug_lets_the_traceback_through(line: list[str]) -> None:
    with pytest.raises(FormulaError):
        main(line, [Echo(FormulaError("x is not declared"))])


def test_an_error_that_is_not_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        main(["echo", "x"], [Echo(ZeroDivisionError())])


def test_an_interrupt_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["echo", "x"], [Echo(KeyboardInterrupt())]) == 130
    assert capsys.readouterr().err == ""


def test_no_command_is_a_usage_error_that_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], [Echo()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "print a word" in captured.err


@pytest.mark.parametrize("line", [["nonsense"], ["echo"], ["--nonsense"]])
def test_a_line_that_does_not_parse_is_a_usage_error(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(line, [Echo()])
    assert stop.value.code == 2
    assert "usage: steepest" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"steepest {VERSION}\n"


def test_a_closed_pipe_ends_quietly() -> None:
    program = """
import sys
from steepest.cli.main import main
class Flood:
    NAME, HELP = "flood", "print a lot"
    def add_arguments(self, parser): pass
    def run(self, args):
        for _ in range(100_000):
            print("gradient")
        return 0
sys.exit(main(["flood"], [Flood()]))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "gradient\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141


def test_a_small_code_page_does_not_end_the_program() -> None:
    program = (
        "import sys; from steepest.cli.main import main; from steepest.errors import FormulaError\n"
        "class Fail:\n"
        "    NAME, HELP = 'fail', 'fail'\n"
        "    def add_arguments(self, parser): pass\n"
        "    def run(self, args): raise FormulaError('Xᵀθ')\n"
        "sys.exit(main(['fail'], [Fail()]))"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": _source(), "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 2
    assert done.stderr == "error: X\\u1d40\\u03b8\n"


def _source() -> str:
    return str(Path(sys.modules["steepest.cli.main"].__file__ or "").parents[2])


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_only_on_a_terminal(
    environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert styled("error:", Style.RED, Terminal()) == ("\x1b[31merror:\x1b[0m" if coloured else "error:")
    assert styled("error:", Style.RED, io.StringIO()) == "error:"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.NAME)
def test_every_command_is_complete(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command.NAME, "--help"])
    assert stop.value.code == 0
    assert command.HELP.split()[0] in capsys.readouterr().out


def test_command_names_are_distinct() -> None:
    names = [c.NAME for c in COMMANDS]
    assert len(set(names)) == len(names)
    build_parser(COMMANDS)
