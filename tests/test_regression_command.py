"""`steepest fit`: tables of three kinds, what is printed, what goes wrong and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steepest.cli.main import main
from steepest.data.accuracy import correct_digits
from steepest.data.strd import load

LONGLEY = load("Longley")


def csv(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def longley(tmp_path: Path) -> str:
    rows = (",".join(map(repr, row)) for row in np.column_stack([LONGLEY.y, LONGLEY.X]).tolist())
    return csv(tmp_path / "longley.csv", "employed,x1,x2,x3,x4,x5,x6", *rows)


def as_json(capsys: pytest.CaptureFixture[str], *line: str) -> dict[str, Any]:
    assert main([*line, "--json"]) in (0, 1)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_longley(longley: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", longley, "--target", "employed"]) == 0
    out = capsys.readouterr().out
    for text in (
        "16 rows", "‖Xθ − y‖²", "∇L = 2Xᵀ(Xθ − y)", "employed = -3.48226e+06 + 15.0619 x1", "890420", "R²",
        "0.995479004577", "condition number", "digits to trust",
    ):  # fmt: skip
        assert text in out


def test_json_has_all_digits(longley: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "fit", longley, "--target", "employed")
    values = [c["value"] for c in found["coefficients"]]
    assert np.min(correct_digits(values, LONGLEY.certified)) > 13
    assert [c["name"] for c in found["coefficients"]] == ["intercept", *LONGLEY.predictors]
    assert found["digits"] > 12
    assert found["warnings"] == []


def test_a_solver_that_falls_short_is_exit_code_1(longley: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", longley, "--target", "employed", "--solver", "gradient-descent"]) == 1
    told = capsys.readouterr()
    assert "warning:" in told.err
    assert "condition number 4.3e+04" in told.err
    assert "digits to trust     0.0" in told.out


def test_columns_weights_ridge_and_the_origin(longley: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["fit", longley, "--target", "employed", "--columns", "x1, x3", "--weights", "x2", "--ridge", "2"]
    found = as_json(capsys, *line, "--no-intercept")
    assert found["predictors"] == ["x1", "x3"]
    assert found["gradient"] == "2Xᵀ(w ⊙ (Xθ − y)) + 2α θ"
    X, w = LONGLEY.X[:, [0, 2]], LONGLEY.X[:, 1]
    exact = np.linalg.solve(X.T @ (w[:, None] * X) + 2 * np.eye(2), X.T @ (w * LONGLEY.y))
    np.testing.assert_allclose([c["value"] for c in found["coefficients"]], exact, rtol=1e-10)


def test_a_polynomial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filip = load("Filip")
    rows = (f"{x!r};{y!r}" for x, y in zip(filip.X[:, 0].tolist(), filip.y.tolist(), strict=True))
    path = csv(tmp_path / "filip.csv", "x;y", *rows)
    found = as_json(capsys, "fit", path, "--target", "y", "--degree", "10")
    assert np.min(correct_digits([c["value"] for c in found["coefficients"]], filip.certified)) > 13
    assert found["coefficients"][-1]["name"] == "x^10"


def test_parquet_and_npy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    x, y = np.arange(5), np.array([1.0, 3.0, 4.5, 7.0, 9.5])
    words = ["a", "b", "c", "d", "e"]
    parquet.write_table(arrow.table({"x": x, "y": y, "word": words}), tmp_path / "t.parquet")
    np.save(tmp_path / "t.npy", np.column_stack([x, y]))
    records = np.zeros(5, [("x", float), ("y", float)])
    records["x"], records["y"] = x, y
    np.save(tmp_path / "r.npy", records)
    fits = [
        as_json(capsys, "fit", str(tmp_path / name), "--target", target, *more)["coefficients"]
        for name, target, more in (("t.parquet", "y", ["--columns", "x"]), ("t.npy", "x2", []), ("r.npy", "y", []))
    ]
    assert [[c["value"] for c in fit] for fit in fits] == [[c["value"] for c in fits[0]]] * 3
    assert main(["fit", str(tmp_path / "t.parquet"), "--target", "y"]) == 2
    assert "column 'word' holds" in capsys.readouterr().err


def test_tables_without_names_and_with_other_separators(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["1{0}2", "2{0}4.5", "", "3{0}6"]
    fits = []
    for name, sign in (("a.csv", ","), ("b.tsv", "\t"), ("c.txt", " "), ("d.csv", "; ")):
        path = csv(tmp_path / name, *(line.format(sign) for line in lines))
        fits.append(as_json(capsys, "fit", path, "--target", "x2"))
    assert {f["formula"] for f in fits} == {"x2 = 0.166667 + 2 x1"}


def test_quotes_bytes_in_front_and_lines_within_a_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '\ufeff"my x","y, too","note"\r\n1,"2","a\nb"\r\n2,4.5,c\r\n3,6,d\r\n'
    (tmp_path / "t.csv").write_bytes(text.encode())
    line = ["fit", str(tmp_path / "t.csv"), "--target", "y, too", "--columns"]
    assert as_json(capsys, *line, "my x")["formula"] == "y, too = 0.166667 + 2 my x"
    assert main([*line, "note"]) == 2
    assert "t.csv:3: column 'note' holds 'a\\nb'" in capsys.readouterr().err


def test_plots(tmp_path: Path, longley: str) -> None:
    pytest.importorskip("matplotlib")
    for name, more in (("many.png", []), ("one.png", ["--columns", "x1"])):
        assert main(["fit", longley, "--target", "employed", "--plot", str(tmp_path / name), *more]) == 0
        assert (tmp_path / name).stat().st_size > 5_000


@pytest.mark.parametrize(
    ("lines", "more", "message"),
    [
        (["a,b", "1,2", "2,Paris"], [], "t.csv:3: column 'b' holds 'Paris', which is no number"),
        (["a,b", "1,2", "2,"], [], "t.csv:3: column 'b' is empty"),
        (["a,b", "1,2", "2,nan"], [], "t.csv:3: column 'b' holds 'nan', which is not finite"),
        (["a;b", "1,5;2", "2;3"], [], "t.csv:2: column 'a' holds '1,5'"),
        (["a,b", '"1,2', "3,4"], [], "t.csv:3: unexpected end of data"),
        (["a,b", '"1"x,2'], [], "t.csv:2: ',' expected after"),
        (["a,b", "1,2", "2"], [], "t.csv:3: 1 entries, where there are 2 columns"),
        (["a,a", "1,2"], [], "several columns of the name 'a'"),
        (["a,bb", "1,2"], ["--columns", "b"], "has no column 'b', did you mean bb?"),
        (["a,b", "1,2"], ["--columns", "a"], "'a' is to predict from, and is the target"),
        (["a,b", "1,2"], ["--columns", "b,b"], "names 'b' twice"),
        (["a", "1"], [], "no column to predict a from"),
        (["a,b"], [], "is empty: there are 0 rows"),
        (["a,b", "1,2", "3,4"], ["--ridge", "-1"], "alpha=-1.0"),
        (["a,b,c", "1,2,3"], ["--degree", "1"], "--degree needs one column"),
        (["a,b", "1,2", "3,4"], ["--degree", "1", "--solver", "svd"], "--solver does not go with --degree"),
        (["a,b", "1,2", "3,4"], ["--degree", "5"], "needs 6 different values"),
        (["a,b", "1,2", "3,4", "4,7"], ["--plot", "x.nothing"], "--plot x.nothing"),
    ],
)  # fmt: skip
def test_what_goes_wrong(
    lines: list[str], more: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = csv(tmp_path / "t.csv", *lines)
    assert main(["fit", path, "--target", "a", *more]) == 2
    assert message in capsys.readouterr().err


def test_files_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.npy").write_bytes(b"nothing")
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    for name, message in (
        ("no.csv", "there is no file"), ("t.npy", "cannot be read as .npy"), ("t.csv", "no text in UTF-8"),
    ):  # fmt: skip
        assert main(["fit", str(tmp_path / name), "--target", "a"]) == 2
        assert message in capsys.readouterr().err
    (tmp_path / "t.doc").write_text("")
    assert main(["fit", str(tmp_path / "t.doc"), "--target", "a"]) == 2
    assert ".parquet" in capsys.readouterr().err


def test_a_column_without_a_name_is_not_taken_for_a_predictor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As pandas writes its index."""
    file = csv(tmp_path / "index.csv", ",a,b", "0,1,2", "1,2,4", "2,3,7", "3,5,9")
    assert main(["fit", file, "--target", "b"]) == 2
    assert "column 1 of" in (said := capsys.readouterr().err)
    assert "has no name" in said
    assert main(["fit", file, "--target", "b", "--columns", "a"]) == 0


def test_a_decimal_comma_is_not_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", csv(tmp_path / "it.csv", "a;b", "1,5;2", "2,5;3"), "--target", "b"]) == 2
    assert "a comma may mean either" in capsys.readouterr().err


def test_a_file_in_another_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "it.csv").write_text("größe,b\n1,2\n", encoding="latin-1")
    assert main(["fit", str(tmp_path / "it.csv"), "--target", "b"]) == 2
    assert "Save it as UTF-8" in capsys.readouterr().err
