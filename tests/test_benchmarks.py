"""The benchmark measures what it says: every row's derivative agrees with differences of the plain function."""

from __future__ import annotations

import json
import shutil
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest as st
from benchmarks import derivatives, page, record
from benchmarks.agreement import difference
from benchmarks.clock import Sample
from benchmarks.compile_c import SOURCES
from benchmarks.entrants import JAX, OURS, C, Entrant
from benchmarks.peers import c, ours
from benchmarks.peers.prepared import CannotDo, leaves
from benchmarks.problem import Problem, Row, Target, rebound
from benchmarks.process import Process
from benchmarks.rows import reprojection
from benchmarks.rows.table import BY_TITLE, FAMILIES, FLOAT32, ROWS, VARIANTS
from benchmarks.runner import FASTEST, MEDIAN, Effort, Outcome, Result, measure
from benchmarks.surroundings import Surroundings
from benchmarks.table import HEAD, WIDTHS, cells, line

PROBLEMS: dict[str, Problem] = {row.problem.name: row.problem for row in (*ROWS, *VARIANTS)}
Function = Callable[..., Any]
MANY = 500  # entries of an argument that are not gone through one by one


def tiny(problem: Problem, dtype: str = "float64") -> Row:
    return Row(problem, problem.tiny, dtype=dtype)


def places(problem: Problem) -> tuple[int, ...]:
    return problem.wrt if isinstance(problem.wrt, tuple) else (problem.wrt,)


def along(f: Function, inputs: Sequence[Any], place: int) -> Function:
    """f as a function of one of its inputs."""
    return lambda x: f(*inputs[:place], x, *inputs[place + 1 :])


def by_differences(derivative: Function, problem: Problem, inputs: Sequence[Any]) -> list[Any]:
    return [derivative(along(problem.function, inputs, k), inputs[k]).value for k in places(problem)]


def expected_value_and_gradient(problem: Problem, inputs: Sequence[Any]) -> list[Any]:
    return [problem.function(*inputs), *by_differences(st.numeric.gradient, problem, inputs)]


def expected_value_and_jacobian(problem: Problem, inputs: Sequence[Any]) -> list[Any]:
    return [problem.function(*inputs), *by_differences(st.numeric.jacobian, problem, inputs)]


def expected_diagonal(problem: Problem, inputs: Sequence[Any]) -> list[Any]:
    (hessian,) = by_differences(st.numeric.hessian, problem, inputs)
    x = np.asarray(inputs[places(problem)[0]])
    return [*expected_value_and_gradient(problem, inputs), np.diag(hessian.reshape(x.size, x.size)).reshape(x.shape)]


def expected_hessian(problem: Problem, inputs: Sequence[Any]) -> list[Any]:
    """Block by block, from the gradient, which `expected_value_and_gradient` is for."""
    blocks = []
    for i in places(problem):
        gradient = st.grad(problem.function, i, compile="off")
        for j in places(problem):
            blocks.append(st.numeric.jacobian(along(gradient, inputs, j), inputs[j]).value)
    return blocks


def expected_blocks(problem: Problem, inputs: Sequence[Any]) -> list[Any]:
    """One observation after the other, gathered by hand."""
    *tables, first_of, second_of, seen = inputs
    gathered = [tables[0][first_of], tables[1][second_of], *(w[:, None] for w in tables[2:])]
    values, blocks = [], []
    for p, s in zip(np.concatenate(gathered, axis=1), seen, strict=True):
        values.append(problem.function(p, s))
        blocks.append(st.numeric.jacobian(along(problem.function, (p, s), 0), p).value)
    return [np.array(values), np.array(blocks)]


EXPECTED: dict[derivatives.Derivative, Callable[[Problem, Sequence[Any]], list[Any]]] = {
    derivatives.value_and_gradient: expected_value_and_gradient,
    derivatives.value_and_jacobian: expected_value_and_jacobian,
    derivatives.value_gradient_and_diagonal: expected_diagonal,
    derivatives.hessian: expected_hessian,
    derivatives.structured_hessian: expected_hessian,
    reprojection.gathered_blocks: expected_blocks,
    reprojection.gathered_pairs: expected_blocks,
}


def derived(problem: Problem, inputs: Sequence[Any], compile_: str = "off") -> list[np.ndarray]:
    made = problem.derivative(ours.transforms(compile_), problem.function, problem.wrt)
    return list(leaves(made(*inputs)))


@pytest.mark.parametrize("name", PROBLEMS)
def test_derivatives_agree_with_differences(name: str) -> None:
    problem = PROBLEMS[name]
    inputs = tiny(problem).inputs()
    found = derived(problem, inputs)
    if problem.derivative is derivatives.value_and_gradient and max(np.size(inputs[k]) for k in places(problem)) > MANY:
        value, *gradients = found
        assert difference([value], [problem.function(*inputs)]) < 1e-7
        for k, gradient in zip(places(problem), gradients, strict=True):
            for v in directions(gradient.shape):
                slope = st.numeric.directional(along(problem.function, inputs, k), inputs[k], v).value
                assert abs(slope - np.sum(gradient * v)) < 1e-7 * np.linalg.norm(gradient)
    else:
        assert difference(found, EXPECTED[problem.derivative](problem, inputs)) < 1e-7


def directions(shape: tuple[int, ...]) -> np.ndarray:
    """Unit vectors: entries one by one, and all of them together."""
    rng, size = np.random.default_rng(4), int(np.prod(shape))
    single = np.eye(size)[rng.choice(size, 20, replace=False)]
    dense = rng.normal(size=(20, size))
    return np.concatenate([single, dense / np.linalg.norm(dense, axis=1, keepdims=True)]).reshape(40, *shape)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_size_makes_what_its_row_promises(name: str) -> None:
    for row in (*ROWS, *VARIANTS):
        if row.problem.name == name:
            assert len(row.size) == len(row.problem.tiny)
    one, other = (tiny(PROBLEMS[name]).inputs() for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    single = Row(PROBLEMS[name], PROBLEMS[name].tiny, dtype="float32").inputs()
    assert not any(isinstance(x, np.ndarray) and x.dtype == np.float64 for x in single)


def test_titles_are_unique_and_every_family_has_variants() -> None:
    assert len(BY_TITLE) == len(ROWS) + len(FLOAT32) + len(VARIANTS)
    assert all(len({row.problem.name for row in family.VARIANTS}) >= 3 for family in FAMILIES)
    assert not {row.problem.function for row in ROWS} & {
        row.problem.function for family in FAMILIES[:-1] for row in family.VARIANTS
    }


@pytest.mark.parametrize(
    ("title", "size"),
    [("1000×10", (1000, 10)), ("1e6×20", (1_000_000, 20)), ("1.28e6", (1_280_000,)), ("31843", (31_843,))],
)
def test_sizes_are_written_short(title: str, size: tuple[int, ...]) -> None:
    assert Row(PROBLEMS["Rosenbrock"], size).title == f"Rosenbrock {title}"


def test_rebinding_replaces_numpy_in_helper_functions_too() -> None:
    class Counting:
        calls = 0

        def __getattr__(self, name: str) -> Any:
            self.calls += 1
            return getattr(np, name)

    names = Counting()
    (state, masses) = tiny(PROBLEMS["three bodies, Jacobian"]).inputs()
    three_body = PROBLEMS["three bodies, Jacobian"].function
    assert np.array_equal(rebound(three_body, {"np": names})(state, masses), three_body(state, masses))
    assert names.calls == 4  # one concatenation, and a sum in each of three pulls


@pytest.mark.heavy
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name, problem in PROBLEMS.items() if problem.c])
def test_c_agrees(name: str, dtype: str) -> None:
    if shutil.which("gcc") is None or not Path(sysconfig.get_paths()["include"], "Python.h").exists():
        pytest.skip("no compiler of C")
    problem = PROBLEMS[name]
    for size in (problem.tiny, tuple(3 * n + 1 for n in problem.tiny), tuple(11 * n + 5 for n in problem.tiny)):
        row = Row(problem, size, dtype=dtype)
        inputs = row.inputs()
        found = list(leaves(c.prepare(row, inputs).once()))
        assert difference(found, derived(problem, inputs)) < (1e-11 if dtype == "float64" else 1e-3)


def test_every_function_in_c_is_there() -> None:
    for problem in PROBLEMS.values():
        if problem.c:
            file, function = problem.c.split(":")
            assert f"METHOD({function})" in (SOURCES / f"{file}.c").read_text()


def test_what_is_not_written_in_c_says_so() -> None:
    with pytest.raises(CannotDo, match="not written in C"):
        c.prepare(tiny(PROBLEMS["Lorenz 96, Jacobian"]), ())


def test_differences_are_relative_and_shapes_count() -> None:
    assert difference([np.array([1.0, 2.0])], [np.array([1.0, 2.5])]) == pytest.approx(0.2)
    assert difference([np.ones((3, 1))], [np.ones(3)]) == 0.0
    assert difference([np.ones(2)], [np.ones(3)]) == np.inf
    assert difference([np.array([np.nan])], [np.array([1.0])]) == np.inf
    assert difference([np.array([np.nan])], [np.array([np.nan])]) == 0.0


def measured(times: dict[Entrant, float], target: Target, threads: int = 1) -> Result:
    outcomes = {
        e: Outcome(first_call={"wall": 0.1, "processor": 0.1}, samples=[Sample(t, t)]) for e, t in times.items()
    }
    row = Row(PROBLEMS["Rosenbrock"], (10,), target)
    return Result(row, threads, {**outcomes, C: Outcome(cannot="no gcc")}, FASTEST)


def test_compiling_is_the_first_call_without_the_rest() -> None:
    result = measured({OURS: 1e-3, JAX: 1e-2}, Target(0.2))
    result.outcomes[OURS].checking = {"wall": 0.06, "processor": 0.06}
    assert result.compiling(OURS) == pytest.approx(0.04)
    assert result.compiling(JAX) == pytest.approx(0.09)  # without one call
    assert cells(result)[11:16] == ("40 ms", "90 ms", "60 ms", "100 ms", "100 ms")


def test_a_line_marks_what_is_over_its_target() -> None:
    fast = cells(measured({OURS: 1e-6, JAX: 1e-5}, Target(0.2)))
    slow = cells(measured({OURS: 3e-6, JAX: 1e-5}, Target(0.2)))
    assert len(HEAD) == len(WIDTHS) == len(fast)
    assert (fast[5], slow[5]) == ("0.1", "0.3!")
    assert "C: no gcc" in fast[-1]
    assert "Rosenbrock 10" in line(fast)


def test_the_record_is_json_and_makes_a_page(tmp_path: Path) -> None:
    results = [measured({OURS: 3e-6, JAX: 1e-5}, Target(0.2))]
    record.write(record.record(results), tmp_path / "record.json")
    read = json.loads((tmp_path / "record.json").read_text())
    assert read["results"][0]["ratio_to_jax"] == pytest.approx(0.3)
    page.write(read, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text()
    assert "| Rosenbrock 10 | **0.3** | 0.2 |" in text
    assert "Rosenbrock 10, C: no gcc" in text


def test_lines_measured_again_replace_those_of_an_earlier_record(tmp_path: Path) -> None:
    found = record.record([measured({OURS: 3e-6, JAX: 1e-5}, Target(0.2)), measured({OURS: 1.0}, Target(), 2)])
    for seconds, threads in ((1e-6, 1), (2e-6, 2), (1.5e-6, 1)):
        later = record.record([measured({OURS: seconds, JAX: 1e-5}, Target(0.2), threads)])
        record.write(record.amended(found, later), tmp_path / "record.json")
        found = json.loads((tmp_path / "record.json").read_text())
    assert [r["threads"] for r in found["results"]] == [1, 2]
    assert [r["ratio_to_jax"] for r in found["results"]] == pytest.approx([0.15, 0.2])
    page.write(found, tmp_path / "page.md")
    date = found["machine"]["date"]
    lines = f"Rosenbrock 10 (1 thread, {date}), Rosenbrock 10 (2 threads, {date})"
    text = (tmp_path / "page.md").read_text()
    assert f"again afterwards, all entrants of the line: {lines}." in text
    assert "Not measured" not in text
    page.write(
        found | {"results": [found["results"][0], {**found["results"][1], "row": "another"}]}, tmp_path / "page.md"
    )
    assert "## 2 threads\n\nNot measured: Rosenbrock 10.\n" in (tmp_path / "page.md").read_text()


def test_lines_on_more_threads_are_added_to_those_of_their_row() -> None:
    found = record.record([measured({OURS: 3e-6, JAX: 1e-5}, Target(0.2))])
    found["results"].append({**found["results"][0], "row": "another"})
    later = record.record([measured({OURS: 1e-6, JAX: 1e-5}, Target(0.2), 2)])
    record.require_amendable(found, [("Rosenbrock 10", 2)], (OURS, JAX, C), "fastest")
    lines = [(r["row"], r["threads"]) for r in record.amended(found, later)["results"]]
    assert lines == [("Rosenbrock 10", 1), ("Rosenbrock 10", 2), ("another", 1)]


def test_what_cannot_amend_a_record_is_told() -> None:
    earlier = record.record([measured({OURS: 3e-6, JAX: 1e-5}, Target(0.2))])
    line = "Rosenbrock 10", 1
    record.require_amendable(earlier, [line], (OURS, JAX, C), "fastest")
    other = earlier | {"machine": earlier["machine"] | {"numpy": "1.0"}}
    for changed, lines, entrants, times, message in (
        (other, [line], (OURS, JAX, C), "fastest", "another machine: its numpy"),
        (earlier, [line], (OURS, JAX, C), "median", "gives fastest times, this run median ones"),
        (earlier, [line, ("Rosenbrock 1000", 1)], (OURS, JAX, C), "fastest", "has no Rosenbrock 1000"),
        (earlier, [line], (OURS, C), "fastest", "also has JAX for Rosenbrock 10"),
    ):
        with pytest.raises(ValueError, match=message):
            record.require_amendable(changed, lines, entrants, times)


def test_a_process_answers(tmp_path: Path) -> None:
    with Process("ours", "3x²−4x", Surroundings(1, tuned=False), tmp_path) as process:
        answer = process.ask("prepare")
        with np.load(answer["results"]) as arrays:
            assert [float(arrays[k]) for k in arrays.files] == pytest.approx([3 * 0.49 - 2.8, 0.2])
        process.ask("calibrate", seconds=1e-4)
        assert process.ask("sample")["wall"] > 0.0
        assert "memory" in process.ask("memory")
        with pytest.raises(CannotDo, match="AttributeError"):
            process.ask("dance")


def test_a_row_is_measured_and_failures_are_results_too() -> None:
    nobody = Entrant("nobody", "nobody")
    result = measure(BY_TITLE["3x²−4x"], 1, (OURS, nobody), Effort(2, 1e-4, 1.0, MEDIAN))
    assert len(result.outcomes[OURS].samples) == 2
    assert result.seconds(OURS) is not None
    assert result.first_call(OURS) is not None
    assert "not installed" in result.outcomes[nobody].cannot
    assert result.ratio(OURS, nobody) is None


def test_a_peer_that_is_not_installed_is_said_so(tmp_path: Path) -> None:
    nobody = Process("nobody", "3x²−4x", Surroundings(1, tuned=False), tmp_path)
    with nobody, pytest.raises(CannotDo, match="not installed"):
        nobody.ask("prepare")
