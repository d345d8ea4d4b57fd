"""Functions that the C standard library lacks, as C99: entry by entry, along a row, on a matrix.

Each stands alone but for those it names; all are `static`. Matrices are row-major and are overwritten.
Gaussian elimination and Cholesky's factor: Golub & Van Loan, Matrix Computations (2013), algorithms 3.4.1 and 4.2.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class CFunction:
    source: str
    needs: tuple[str, ...] = ()


LIBRARY: dict[str, CFunction] = {
    "sigmoid": CFunction("""\
static double sigmoid(double x)
{
    if (x >= 0.0)
        return 1.0 / (1.0 + exp(-x));
    const double e = exp(x);
    return e / (1.0 + e);
}"""),
    "log_sigmoid": CFunction("""\
static double log_sigmoid(double x)
{
    return x >= 0.0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}"""),
    "logit": CFunction("""\
static double logit(double p)
{
    return log(p / (1.0 - p));
}"""),
    "log_add_exp": CFunction("""\
static double log_add_exp(double a, double b)
{
    if (a == b)
        return a + log(2.0);
    return a > b ? a + log1p(exp(b - a)) : b + log1p(exp(a - b));
}"""),
    "sign": CFunction("""\
static double sign(double x)
{
    return isnan(x) ? x : (double)((x > 0.0) - (x < 0.0));
}"""),
    "reciprocal_or_zero": CFunction("""\
static double reciprocal_or_zero(double x)
{
    return x == 0.0 ? 0.0 : 1.0 / x;
}"""),
    "log_power": CFunction("""\
static double log_power(double x, double p, double order)
{
    return x == 0.0 && p > 0.0 ? 0.0 : pow(log(x), order) * pow(x, p);
}"""),
    "sinc": CFunction("""\
static double sinc(double x)
{
    const double y = 3.14159265358979323846 * x;
    return x == 0.0 ? 1.0 : sin(y) / y;
}"""),
    "exprel": CFunction("""\
static double exprel(double x)
{
    return x == 0.0 ? 1.0 : expm1(x) / x;
}"""),
    "cosm1": CFunction("""\
static double cosm1(double x)
{
    const double s = sin(0.5 * x);
    return -2.0 * s * s;
}"""),
    "maximum": CFunction("""\
static double maximum(double a, double b)
{
    return a >= b || isnan(a) ? a : b;
}"""),
    "minimum": CFunction("""\
static double minimum(double a, double b)
{
    return a <= b || isnan(a) ? a : b;
}"""),
    "modulo": CFunction("""\
static double modulo(double a, double b)
{
    const double r = fmod(a, b);
    return r != 0.0 && (r < 0.0) != (b < 0.0) ? r + b : r;
}"""),
    "xlogy": CFunction("""\
static double xlogy(double x, double y)
{
    return x == 0.0 && !isnan(y) ? 0.0 : x * log(y);
}"""),
    "xlog1py": CFunction("""\
static double xlog1py(double x, double y)
{
    return x == 0.0 && !isnan(y) ? 0.0 : x * log1p(y);
}"""),
    "entropy_term": CFunction("""\
static double entropy_term(double x)
{
    if (isnan(x))
        return x;
    return x > 0.0 ? -x * log(x) : x == 0.0 ? 0.0 : -INFINITY;
}"""),
    "relative_entropy_term": CFunction("""\
static double relative_entropy_term(double x, double y)
{
    if (isnan(x) || isnan(y))
        return NAN;
    if (x > 0.0 && y > 0.0)
        return x * log(x / y);
    return x == 0.0 && y >= 0.0 ? 0.0 : INFINITY;
}"""),
    "huber": CFunction("""\
static double huber(double d, double r)
{
    if (d < 0.0)
        return INFINITY;
    return fabs(r) <= d ? 0.5 * r * r : d * (fabs(r) - 0.5 * d);
}"""),
    "digamma": CFunction("""\
static double digamma(double x)
{
    const double pi = 3.14159265358979323846;
    if (x <= 0.0 && x == floor(x))
        return NAN;
    if (x < 0.0)
        return digamma(1.0 - x) - pi / tan(pi * x);
    double sum = 0.0;
    for (; x < 12.0; x += 1.0)
        sum -= 1.0 / x;
    const double u = 1.0 / (x * x);
    const double tail =
        u * (1.0 / 12 - u * (1.0 / 120 - u * (1.0 / 252 - u * (1.0 / 240 - u * (1.0 / 132 - u * 691.0 / 32760)))));
    return sum + log(x) - 0.5 / x - tail;
}"""),
    # --- along a row ----------------------------------------------------------------------------------
    "largest": CFunction("""\
static size_t largest(size_t n, const double *x)
{
    size_t best = 0;
    for (size_t i = 1; i < n && !isnan(x[best]); i++)
        if (x[i] > x[best] || isnan(x[i]))
            best = i;
    return best;
}"""),
    "smallest": CFunction("""\
static size_t smallest(size_t n, const double *x)
{
    size_t best = 0;
    for (size_t i = 1; i < n && !isnan(x[best]); i++)
        if (x[i] < x[best] || isnan(x[i]))
            best = i;
    return best;
}"""),
    "log_sum_exp": CFunction(
        """\
static double log_sum_exp(size_t n, const double *x)
{
    if (n == 0)
        return -INFINITY;
    const double top = isfinite(x[largest(n, x)]) ? x[largest(n, x)] : 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i] - top);
    return log(sum) + top;
}""",
        ("largest",),
    ),
    "softmax": CFunction(
        """\
static void softmax(size_t n, const double *x, double *p)
{
    if (n == 0)
        return;
    const double top = x[largest(n, x)];
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += p[i] = exp(x[i] - top);
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}""",
        ("largest",),
    ),
    "norm": CFunction("""\
static double norm(size_t n, const double *x)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}"""),
    "product": CFunction("""\
static double product(size_t n, const double *x)
{
    double all = 1.0;
    for (size_t i = 0; i < n; i++)
        all *= x[i];
    return all;
}"""),
    "product_of_others": CFunction("""\
static void product_of_others(size_t n, const double *x, double *others)
{
    double before = 1.0, after = 1.0;
    for (size_t i = 0; i < n; i++) {
        others[i] = before;
        before *= x[i];
    }
    for (size_t i = n; i-- > 0;) {
        others[i] *= after;
        after *= x[i];
    }
}"""),
    "running_product": CFunction("""\
static void running_product(size_t n, const double *x, double *all)
{
    double so_far = 1.0;
    for (size_t i = 0; i < n; i++)
        all[i] = so_far *= x[i];
}"""),
    # --- on a matrix ----------------------------------------------------------------------------------
    "eliminate": CFunction("""\
/* Gaussian elimination of a with partial pivoting, done to the k columns of b too; the sign of the permutation. */
static double eliminate(size_t n, size_t k, double *a, double *b)
{
    double turn = 1.0;
    for (size_t c = 0; c < n; c++) {
        size_t pivot = c;
        for (size_t i = c + 1; i < n; i++)
            if (fabs(a[i*n + c]) > fabs(a[pivot*n + c]))
                pivot = i;
        if (pivot != c) {
            turn = -turn;
            for (size_t j = 0; j < n; j++) {
                const double swap = a[c*n + j];
                a[c*n + j] = a[pivot*n + j];
                a[pivot*n + j] = swap;
            }
            for (size_t j = 0; j < k; j++) {
                const double swap = b[c*k + j];
                b[c*k + j] = b[pivot*k + j];
                b[pivot*k + j] = swap;
            }
        }
        if (a[c*n + c] == 0.0)
            continue;
        for (size_t i = c + 1; i < n; i++) {
            const double factor = a[i*n + c] / a[c*n + c];
            for (size_t j = c + 1; j < n; j++)
                a[i*n + j] -= factor * a[c*n + j];
            for (size_t j = 0; j < k; j++)
                b[i*k + j] -= factor * b[c*k + j];
        }
    }
    return turn;
}"""),
    "solve": CFunction(
        """\
/* The k columns of b become the solutions of a x = b; 0 if a is singular. */
static int solve(size_t n, size_t k, double *a, double *b)
{
    eliminate(n, k, a, b);
    for (size_t i = n; i-- > 0;) {
        if (a[i*n + i] == 0.0)
            return 0;
        for (size_t j = 0; j < k; j++)
            b[i*k + j] /= a[i*n + i];
        for (size_t c = 0; c < i; c++)
            for (size_t j = 0; j < k; j++)
                b[c*k + j] -= a[c*n + i] * b[i*k + j];
    }
    return 1;
}""",
        ("eliminate",),
    ),
    "invert": CFunction(
        """\
/* b becomes the inverse of a; 0 if a is singular. */
static int invert(size_t n, double *a, double *b)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            b[i*n + j] = i == j ? 1.0 : 0.0;
    return solve(n, n, a, b);
}""",
        ("solve",),
    ),
    "determinant": CFunction(
        """\
static double determinant(size_t n, double *a)
{
    double det = eliminate(n, 0, a, a);
    for (size_t i = 0; i < n; i++)
        det *= a[i*n + i];
    return det;
}""",
        ("eliminate",),
    ),
    "determinant_sign": CFunction(
        """\
static double determinant_sign(size_t n, double *a)
{
    double turn = eliminate(n, 0, a, a);
    for (size_t i = 0; i < n; i++)
        turn *= (double)((a[i*n + i] > 0.0) - (a[i*n + i] < 0.0));
    return turn;
}""",
        ("eliminate",),
    ),
    "log_determinant": CFunction(
        """\
/* The logarithm of the determinant's absolute value. */
static double log_determinant(size_t n, double *a)
{
    double sum = 0.0;
    eliminate(n, 0, a, a);
    for (size_t i = 0; i < n; i++)
        sum += log(fabs(a[i*n + i]));
    return sum;
}""",
        ("eliminate",),
    ),
    "adjugate": CFunction(
        """\
/* b becomes |a| times the inverse of a; 0 if a is singular. */
static int adjugate(size_t n, double *a, double *b)
{
    double det = 1.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            b[i*n + j] = i == j ? 1.0 : 0.0;
    det = eliminate(n, n, a, b);
    for (size_t i = n; i-- > 0;) {
        if (a[i*n + i] == 0.0)
            return 0;
        det *= a[i*n + i];
        for (size_t j = 0; j < n; j++)
            b[i*n + j] /= a[i*n + i];
        for (size_t c = 0; c < i; c++)
            for (size_t j = 0; j < n; j++)
                b[c*n + j] -= a[c*n + i] * b[i*n + j];
    }
    for (size_t i = 0; i < n*n; i++)
        b[i] *= det;
    return 1;
}""",
        ("eliminate",),
    ),
    "cholesky": CFunction("""\
/* b becomes the lower triangle of Cholesky; 0 if a, of which the lower triangle is read, is not positive definite. */
static int cholesky(size_t n, double *a, double *b)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = j <= i ? a[i*n + j] : 0.0;
            for (size_t c = 0; c < j && j <= i; c++)
                sum -= b[i*n + c] * b[j*n + c];
            if (i == j && !(sum > 0.0))
                return 0;
            b[i*n + j] = j < i ? sum / b[j*n + j] : j == i ? sqrt(sum) : 0.0;
        }
    return 1;
}"""),
}


def sources(names: Iterable[str]) -> list[str]:
    """The functions of these names, each after those it needs."""
    found: dict[str, str] = {}

    def enter(name: str) -> None:
        for other in LIBRARY[name].needs:
            enter(other)
        found.setdefault(name, LIBRARY[name].source)

    for name in names:
        enter(name)
    return list(found.values())
