"""Functions of matrices, row-major, which are overwritten.

Gaussian elimination and Cholesky's factor: Golub & Van Loan, Matrix Computations (2013), algorithms 3.4.1 and 4.2.1.
"""

from __future__ import annotations

from .c_function import CFunction

OF_MATRICES: dict[str, CFunction] = {
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
