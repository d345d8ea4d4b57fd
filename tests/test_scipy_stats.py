"""Laws of scipy.stats inside functions: values as SciPy's, in the tails and at the ends too; derivatives; refusals."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats as stats

import steepest as st
from steepest.errors import CaptureError, NotDeterministicError, UnknownFunctionError
from steepest.frontends.scipy.continuous_laws import CONTINUOUS
from steepest.frontends.scipy.discrete_laws import DISCRETE
from steepest.frontends.scipy.law import continuous_methods, discrete_methods

# Shape parameters at which each law is tried; those without have none.
SHAPES: dict[str, tuple[float, ...]] = {
    "gamma": (2.3,), "chi2": (3.4,), "chi": (2.6,), "beta": (2.2, 1.7), "betaprime": (2.1, 3.3), "t": (4.3,),
    "f": (3.0, 5.5), "lognorm": (0.8,), "weibull_min": (1.7,), "weibull_max": (1.6,), "nakagami": (1.4,),
    "pareto": (2.4,), "lomax": (1.8,), "powerlaw": (1.7,), "loguniform": (0.4, 3.1), "fisk": (2.7,),
    "burr12": (1.4, 1.3), "invgamma": (2.4,), "invgauss": (0.9,), "truncnorm": (-0.7, 1.9), "loggamma": (1.6,),
    "gennorm": (1.8,), "johnsonsu": (0.4, 1.3), "vonmises": (1.9,), "skewnorm": (2.1,), "poisson": (2.6,),
    "bernoulli": (0.3,), "binom": (7, 0.4), "nbinom": (3.2, 0.45), "geom": (0.35,), "logser": (0.6,),
}  # fmt: skip
LEAST = {"burr12": 1e-5}  # where SciPy's own logarithm of the share is still right
LOC, SCALE = 0.3, 1.7


def law_functions(name: str) -> list[tuple[str, Callable[..., Any]]]:
    distribution = getattr(stats, name)
    names = continuous_methods(CONTINUOUS[name]) if name in CONTINUOUS else discrete_methods(DISCRETE[name])
    return [(method, getattr(distribution, method)) for method in names]


def places(name: str) -> np.ndarray:
    """Values in the middle of the law, distinct."""
    return np.asarray(getattr(stats, name)(*SHAPES.get(name, ()), LOC, SCALE).ppf([0.11, 0.37, 0.62, 0.88]))


def wide(name: str) -> np.ndarray:
    """Values from all over: both tails, the ends of the support, outside of it, and NaN."""
    frozen = getattr(stats, name)(*SHAPES.get(name, ()), scale=SCALE)
    ends = [e for e in frozen.support() if np.isfinite(e)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tails = frozen.ppf([LEAST.get(name, 1e-30), 1e-6, 1 - 1e-6])
    far = [-60.0, 60.0, np.nan]
    return np.array([*tails, *ends, *far, *places(name)])


def groups(name: str) -> list[list[tuple[str, Callable[..., Any]]]]:
    """The methods of a law: densities, shares, quantiles."""
    kinds = (("logpdf", "pdf"), ("cdf", "sf", "logcdf", "logsf"), ("ppf", "isf"))
    found = dict(law_functions(name))
    return [[(m, found[m]) for m in kind if m in found] for kind in kinds if kind[0] in found]


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_law_has_the_values_of_scipy(name: str) -> None:
    shapes, x = SHAPES.get(name, ()), wide(name)
    q = np.array([0.0, 1e-100, 1e-12, 0.2, 0.5, 0.77, 1.0, 1.2, -0.1])
    for group in groups(name):
        given = q if group[0][0] == "ppf" else x
        together = st.jit(lambda v, group=group: [function(v, *shapes, scale=SCALE) for _, function in group])
        with np.errstate(all="ignore"):
            expected = [function(given, *shapes, scale=SCALE) for _, function in group]
        for (method, _), found, value in zip(group, together(given), expected, strict=True):
            np.testing.assert_allclose(found, value, rtol=2e-9, atol=1e-13, err_msg=f"{name}.{method}")


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_law_has_the_derivatives(name: str) -> None:
    """By the value, the location, the scale and the shapes."""
    own, x = SHAPES.get(name, ()), places(name)
    weights = np.array([0.7, -1.1, 0.4, 1.3])
    for group in groups(name):

        def f(v: Any, group: Any = group) -> Any:
            values = [function(v[:4], *v[6:], v[4], v[5]) for _, function in group]
            return sum((k + 1) * np.sum(weights * value) for k, value in enumerate(values))

        start = np.array([0.2, 0.41, 0.63, 0.9]) if group[0][0] == "ppf" else x
        v = np.array([*start, LOC, SCALE, *own])
        np.testing.assert_allclose(st.grad(f)(v), slopes(f, v), rtol=1e-6, atol=1e-7, err_msg=f"{name}.{group[0][0]}")


def slopes(f: Callable[[Any], Any], x: np.ndarray, h: float = 1e-3) -> np.ndarray:
    """The gradient by central differences of fourth order."""
    moves = h * np.eye(x.size)
    return np.array([(8 * (f(x + d) - f(x - d)) - f(x + 2 * d) + f(x - 2 * d)) / (12 * h) for d in moves])


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_law(name: str) -> None:
    """Values at counts, between them and outside; derivatives by the parameters that are no counts."""
    distribution, shapes = getattr(stats, name), SHAPES[name]
    k = np.array([-1.0, 0, 1, 2, 2.5, 3, 7, 8, 40, np.nan])
    for method, function in law_functions(name):
        with np.errstate(all="ignore"):
            expected = function(k, *shapes)
        p = np.array(shapes[-1])
        found = st.jit(lambda v, f=function: f(k, *shapes[:-1], v))(p)
        np.testing.assert_allclose(found, expected, rtol=1e-8, err_msg=f"{name}.{method}")

        def f(v: Any, function: Any = function) -> Any:
            return np.sum(np.array([0.7, -0.3, 1.1]) * function(np.array([1, 2, 4]), *shapes[:-1], v))

        if name == "bernoulli":
            continue
        np.testing.assert_allclose(st.grad(f)(p), st.numeric.derivative(f, float(p)).value, rtol=1e-7)
    assert distribution.name == name


def test_coin() -> None:
    """Of a coin the counts are 0 and 1."""
    tosses = np.array([0, 1, 1, 0, 1])
    np.testing.assert_allclose(st.grad(lambda p: np.sum(stats.bernoulli.logpmf(tosses, p)))(0.3), 3 / 0.3 - 2 / 0.7)


# --- truths -------------------------------------------------------------------------------------------------


def test_second_derivatives_to_many_digits() -> None:
    def logpdf(v: Any) -> Any:
        return stats.t.logpdf(v[0], v[1], 0.3, v[2])

    with mpmath.workdps(40):

        def exact(x: Any, df: Any, scale: Any) -> Any:
            z = (x - mpmath.mpf("0.3")) / scale
            start = mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2) - mpmath.log(df * mpmath.pi) / 2
            return start - (df + 1) / 2 * mpmath.log(1 + z**2 / df) - mpmath.log(scale)

        v = np.array([1.1, 4.3, 1.7])
        orders = [[tuple((i == k) + (j == k) for k in range(3)) for j in range(3)] for i in range(3)]
        truth = [[float(mpmath.diff(exact, tuple(v), n)) for n in row] for row in orders]
    np.testing.assert_allclose(st.hessian(logpdf)(v), truth, rtol=1e-9)


def test_far_in_the_tail_of_the_normal_law() -> None:
    """The hazard rate φ/Φ(-z), of which both parts are below the smallest number."""
    slope = st.grad(lambda z: stats.norm.logsf(z))
    with mpmath.workdps(30):
        truth = mpmath.diff(lambda z: mpmath.log(mpmath.ncdf(-z)), 60)
    assert slope(60.0) == pytest.approx(float(truth), rel=1e-9)
    assert st.grad(lambda m: stats.norm.logpdf(1e8, m, 1.0))(0.0) == pytest.approx(1e8)
    assert st.grad(lambda b: stats.truncnorm.logpdf(41.0, 40.0, b))(42.0) == pytest.approx(0.0, abs=1e-30)


def test_log_likelihood_of_data() -> None:
    """Fixed data ask nothing of their support, and a formula shows none."""
    y = np.array([0.3, 1.2, 2.0])
    gradient = st.grad(lambda t: np.sum(stats.expon.logpdf(y, scale=t)))(0.7)
    assert gradient == pytest.approx(np.sum(y) / 0.7**2 - 3 / 0.7)
    text = str(st.formula(lambda m, s: stats.norm.logpdf(0.3, m, s), m="", s=""))
    assert text == "−(0.3 − m)²/(2s²) − log(s) − log(2π)/2"


# --- laws of vectors and matrices -----------------------------------------------------------------------------

S = np.array([[2.0, 0.4, 0.1], [0.4, 1.3, -0.2], [0.1, -0.2, 0.9]])
MU = np.array([0.3, -0.2, 0.5])
P3 = np.array([0.5, 0.2, 0.3])
ROWS = np.array([[0.1, 0.4, -0.3], [0.9, -0.5, 0.2]])


def bent(a: Any) -> Any:
    """A symmetric matrix of a vector."""
    return S + np.diag(a**2)


MULTIVARIATE: dict[str, Callable[[Any], Any]] = {
    "normal by x": lambda v: stats.multivariate_normal.logpdf(v, MU, S),
    "normal by mean": lambda v: np.sum(stats.multivariate_normal(v, S).logpdf(ROWS)),
    "normal by covariance": lambda v: np.sum(stats.multivariate_normal.logpdf(ROWS, mean=MU, cov=bent(v))),
    "normal of variances": lambda v: stats.multivariate_normal.logpdf(v, MU, v**2),
    "normal of one variance": lambda v: stats.multivariate_normal.pdf(v, MU, 1.7),
    "normal, frozen before": lambda v: FROZEN.logpdf(v),
    "t": lambda v: stats.multivariate_t.logpdf(v, MU, bent(v), df=3.5),
    "t by df": lambda v: stats.multivariate_t(MU, S, df=v[0] + 2).logpdf(v),
    "Dirichlet by alpha": lambda v: stats.dirichlet.logpdf([0.3, 0.5, 0.2], v**2),
    "Dirichlet by x": lambda v: stats.dirichlet.logpdf(v**2 / np.sum(v**2), [1.3, 2.1, 0.8]),
    "multinomial": lambda v: stats.multinomial.logpmf([3, 1, 2], 6, v**2 / np.sum(v**2)),
    "multinomial of rows": lambda v: np.sum(stats.multinomial.pmf([[3, 1, 2], [2, 2, 2]], 6, v**2 / np.sum(v**2))),
    "Wishart": lambda v: stats.wishart.logpdf(bent(v), 4.2, S),
    "Wishart by scale": lambda v: stats.wishart(4.2, bent(v)).logpdf(S),
    "inverse Wishart": lambda v: stats.invwishart.logpdf(bent(v), v[0] + 5, S),
}  # fmt: skip
FROZEN = stats.multivariate_normal(MU, S)


@pytest.mark.parametrize("name", MULTIVARIATE)
def test_law_of_vectors(name: str) -> None:
    f, v = MULTIVARIATE[name], np.array([0.7, -1.2, 0.4])
    np.testing.assert_allclose(st.jit(f)(v), f(v), rtol=1e-11)
    np.testing.assert_allclose(st.grad(f)(v), slopes(f, v), rtol=1e-7, atol=1e-9)


SQUEEZED: dict[str, tuple[Callable[[Any], Any], list[tuple[int, ...]]]] = {
    "normal": (lambda v: stats.multivariate_normal.logpdf(v, [0.1], [[2.0]]), [(), (1,), (2,), (2, 1), (1, 1)]),
    "t": (lambda v: stats.multivariate_t.logpdf(v, [0.1], [[2.0]]), [(), (1,), (2,), (2, 1), (1, 1)]),
    "normal of rows": (lambda v: stats.multivariate_normal.pdf(v, MU[:2], S[:2, :2]), [(3, 1, 2), (1, 2)]),
    "t of rows": (lambda v: stats.multivariate_t(MU[:2], S[:2, :2], df=3).logpdf(v), [(3, 1, 2), (1, 2)]),
    "Dirichlet": (lambda v: stats.dirichlet.logpdf(v / np.sum(v, axis=0), [1.3, 2.1, 0.8]), [(3, 1), (3, 2)]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "shape"), [(name, shape) for name in SQUEEZED for shape in SQUEEZED[name][1]])
def test_axes_of_length_1_are_dropped(name: str, shape: tuple[int, ...]) -> None:
    """As in SciPy."""
    f, x = SQUEEZED[name][0], np.linspace(0.3, 0.7, int(np.prod(shape))).reshape(shape)
    found = st.jit(f)(x)
    assert np.shape(found) == np.shape(f(x))
    np.testing.assert_allclose(found, f(x), rtol=1e-12)
    slope = np.ravel(st.grad(lambda v: np.sum(f(v)))(x))
    np.testing.assert_allclose(slope, slopes(lambda v: np.sum(f(v.reshape(shape))), np.ravel(x)), rtol=1e-7, atol=1e-9)


def test_singular_covariance_is_refused() -> None:
    with pytest.raises(CaptureError, match=r"singular covariance matrix"):
        st.grad(lambda v: stats.multivariate_normal.logpdf(v, MU, S, allow_singular=True))(MU)


DESCRIPTIVE: dict[str, Callable[[Any], Any]] = {
    "entropy": lambda v: stats.entropy(v**2) + stats.entropy(v**2, [0.2, 0.3, 0.5], base=2),
    "entropy of columns": lambda v: np.sum(stats.entropy(np.outer(v**2, P3), axis=1) * v),
    "zscore": lambda v: np.sum(stats.zscore(v * ROWS, axis=1, ddof=1) ** 3),
    "means": lambda v: stats.gmean(v**2) + np.sum(stats.hmean(v**2 * ROWS**2, axis=1)) + stats.gmean(v**2, weights=P3),
    "sem": lambda v: stats.sem(v) + np.sum(stats.sem(v * ROWS, axis=1, ddof=0)) + stats.sem(v * ROWS, axis=None),
    "skew and kurtosis": lambda v: stats.skew(v) + stats.kurtosis(v) + np.sum(stats.kurtosis(v * ROWS, 1, False)),
}  # fmt: skip


@pytest.mark.parametrize("name", DESCRIPTIVE)
def test_descriptive(name: str) -> None:
    f, v = DESCRIPTIVE[name], np.array([0.7, -1.2, 0.4])
    np.testing.assert_allclose(st.jit(f)(v), f(v), rtol=1e-12)
    np.testing.assert_allclose(st.grad(f)(v), slopes(f, v), rtol=1e-7, atol=1e-9)


# --- what is told ---------------------------------------------------------------------------------------------


def test_impossible_parameters_are_nan() -> None:
    f = st.jit(lambda a, s: stats.gamma.logpdf(1.3, a, scale=s))
    assert [bool(np.isnan(f(a, s))) for a, s in ((2.0, 1.0), (-0.5, 1.0), (2.0, -1.0), (2.0, 0.0))] == [
        False,
        *[True] * 3,
    ]
    g = st.jit(lambda s: stats.norm.cdf(0.3, scale=s))
    assert np.isfinite(g(1.0))
    assert np.isnan(g(-1.0))


def test_support_is_where_it_is() -> None:
    """A value that leaves the support takes another branch."""
    slope = st.grad(lambda x: stats.expon.pdf(x))
    assert [slope(v) for v in (1.0, -1.0, 2.0)] == pytest.approx([-np.exp(-1), 0.0, -np.exp(-2)])
    both = st.grad(lambda x: np.sum(stats.expon.pdf(x)))(np.array([1.0, -1.0]))
    np.testing.assert_allclose(both, [-np.exp(-1), 0])


def test_rows_inside_and_outside_of_the_support() -> None:
    x = np.array([0.5, 1.3, -0.4])
    for f in (
        lambda v: stats.gamma.pdf(v, 2.5),
        lambda v: stats.beta.sf(v, 2.5, 1.2),
        lambda v: stats.lognorm.pdf(v, 0.7),
    ):
        slope = st.grad(f)
        np.testing.assert_allclose(st.grad(lambda x, f=f: np.sum(st.vmap(f)(x)))(x), [slope(v) for v in x], rtol=1e-12)
        np.testing.assert_allclose(st.grad(lambda x, f=f: np.sum(f(x)))(x), [slope(v) for v in x], rtol=1e-12)


def test_smooth_in_the_middle() -> None:
    """Where a formula with the absolute value would have a kink."""
    for f, slope in ((stats.laplace.cdf, 0.5), (stats.laplace.sf, -0.5), (stats.laplace.logcdf, 1.0)):
        assert st.grad(lambda x, f=f: f(x))(0.0) == slope
    np.testing.assert_allclose(st.hessian(lambda x: stats.hypsecant.logpdf(x))(0.0), -1, rtol=1e-12)


@pytest.mark.parametrize("name", ["chi", "rayleigh", "maxwell", "weibull_min"])
def test_logarithm_of_a_share_near_one(name: str) -> None:
    law, x = getattr(stats, name)(*SHAPES.get(name, ())), np.array([0.7, 8.0])
    np.testing.assert_allclose(st.jit(lambda x: law.logcdf(x))(x), law.logcdf(x), rtol=1e-12)
    slope = law.pdf(x) / law.cdf(x)
    np.testing.assert_allclose(st.grad(lambda x: np.sum(law.logcdf(x)))(x), slope, rtol=1e-10)


def test_unknown_laws_and_methods_are_refused() -> None:
    for f, name in (
        (lambda x: stats.hypergeom.logpmf(x, 20, 7, 12), "hypergeom.logpmf"),
        (lambda x: stats.norm.entropy(0.0, x), "norm.entropy"),
        (lambda x: stats.levy_stable.pdf(x, 1.5, 0.2), "levy_stable.pdf"),
        (lambda x: stats.vonmises(1.3).cdf(x), "vonmises.cdf"),
    ):
        with pytest.raises(UnknownFunctionError, match=rf"scipy.stats.{name}\n    at test_scipy_stats"):
            st.grad(f)(0.7)
    with pytest.raises(CaptureError, match="bias=False"):
        st.grad(lambda x: stats.skew(x, bias=False))(MU)
    with pytest.raises(CaptureError, match="nan_policy="):
        st.grad(lambda x: stats.gmean(x, nan_policy="omit"))(MU)
    with pytest.raises(UnknownFunctionError, match="count"):
        st.grad(lambda k: stats.poisson.logpmf(k, 2.0))(3.0)


def test_counts_as_an_argument() -> None:
    """Counts given as floating-point numbers keep nobody from the derivative by the rest."""
    f = st.grad(lambda mu, k: np.sum(stats.poisson.logpmf(k, mu)))
    assert f(2.5, np.array([1.0, 2.0, 4.0])) == pytest.approx(7 / 2.5 - 3)


def test_other_ways_to_say_it() -> None:
    law, method = stats.norm(0.3, 1.2), stats.norm.logpdf
    slope = -(0.7 - 0.3) / 1.2**2

    def imported(x: Any) -> Any:
        from scipy.stats import norm  # noqa: PLC0415 - it is what is tried

        return norm.logpdf(x, loc=0.3, scale=1.2)

    for f in (
        law.logpdf,
        lambda x: method(x, 0.3, 1.2),
        imported,
        lambda x: law.logpdf(x=x),
        lambda x: np.log(law.pdf(x)),
    ):
        assert st.grad(f)(0.7) == pytest.approx(slope)
    assert isinstance(st.grad(lambda x: law.logpdf(x) * law.std() / 1.2)(0.7), float)


# --- random numbers -------------------------------------------------------------------------------------------


def seeded(x: Any) -> Any:
    rng = np.random.default_rng(1)
    steps = rng.normal(x[0], x[1], 5) + rng.standard_normal(5)
    return np.sum(steps**2) + rng.uniform(x[0], 2 * x[1]) * rng.exponential(x[1], (2, 2)).sum()


def shared_state(x: Any) -> Any:
    np.random.seed(3)  # noqa: NPY002
    return np.sum(np.random.normal(x, 2.0) ** 2) * np.random.gumbel(x[1])  # noqa: NPY002


def of_every_law(x: Any) -> Any:
    rng = np.random.Generator(np.random.PCG64(4))
    own = [rng.lognormal(x[0], 0.3), rng.laplace(x[0], x[1]), rng.logistic(x[0], x[1]), rng.rayleigh(x[1])]
    further = [rng.gamma(2.5, x[1]), rng.weibull(x[1] + 1), rng.pareto(x[1] + 2), rng.normal(scale=x[0])]
    return sum(own) + sum(further) + np.sum(rng.multivariate_normal(x, S[:2, :2], 3) ** 2)


def of_items(x: Any) -> Any:
    rng = np.random.RandomState(5)
    assert isinstance(rng, np.random.RandomState)
    return rng.choice(x) ** 2 + np.sum(rng.permutation(x) * np.arange(2)) + np.sum(rng.normal(x))


def of_scipy(x: Any) -> Any:
    drawn = stats.norm.rvs(x[0], x[1], size=4, random_state=0)
    return np.sum(drawn**3) + np.sum(stats.gamma(2.0, scale=x[0]).rvs(3, random_state=np.random.default_rng(3)))


@pytest.mark.parametrize("f", [seeded, shared_state, of_every_law, of_items, of_scipy])
def test_draws_by_their_parameters(f: Callable[[Any], Any]) -> None:
    x = np.array([0.5, 0.7])
    np.testing.assert_allclose(st.jit(f)(x), f(x), rtol=1e-14)
    np.testing.assert_allclose(st.grad(f)(x), slopes(f, x), rtol=1e-8)


GLOBAL = np.random.default_rng(0)


def test_draws_that_are_refused() -> None:
    with pytest.raises(NotDeterministicError, match="random numbers with a seed set inside"):
        st.grad(lambda x: GLOBAL.normal(x, 1.0))(0.3)
    with pytest.raises(UnknownFunctionError, match=r"random draw from gamma has no derivative by its shape"):
        st.grad(lambda x: np.random.default_rng(0).gamma(x))(0.3)
    with pytest.raises(UnknownFunctionError, match=r"random draw from beta"):
        st.grad(lambda x: np.random.default_rng(0).beta(x, 2.0))(0.3)
    with pytest.raises(UnknownFunctionError, match=r"scipy.stats.gamma.rvs"):
        st.grad(lambda x: stats.gamma.rvs(x, random_state=0))(0.3)
    with pytest.raises(UnknownFunctionError, match=r"scipy.stats.vonmises.rvs"):  # it would leave the circle
        st.grad(lambda x: stats.vonmises.rvs(1.3, loc=x, random_state=0))(0.3)
