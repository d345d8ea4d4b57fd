"""Functions along a row of n numbers: sums that do not overflow, places, sorting."""

from __future__ import annotations

from .c_function import CFunction

OF_ROWS: dict[str, CFunction] = {
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
    "running_largest": CFunction("""\
static void running_largest(size_t n, const double *x, double *place)
{
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] > x[best] || (isnan(x[i]) && !isnan(x[best])))
            best = i;
        place[i] = (double)best;
    }
}"""),
    "running_smallest": CFunction("""\
static void running_smallest(size_t n, const double *x, double *place)
{
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] < x[best] || (isnan(x[i]) && !isnan(x[best])))
            best = i;
        place[i] = (double)best;
    }
}"""),
    "is_less": CFunction("""\
/* In the order of sorting: a NaN comes after all numbers. */
static int is_less(double a, double b)
{
    return a < b || (isnan(b) && !isnan(a));
}"""),
    "comes_before": CFunction(
        """\
/* Of two places in x: by what stands there, and then as they come. */
static int comes_before(const double *x, double i, double j)
{
    const double a = x[(size_t)i], b = x[(size_t)j];
    return is_less(a, b) || (!is_less(b, a) && i < j);
}""",
        ("is_less",),
    ),
    "sorted_places": CFunction(
        """\
/* The places of x in ascending order of what stands there; heapsort. */
static void sorted_places(size_t n, const double *x, double *place)
{
    for (size_t i = 0; i < n; i++)
        place[i] = (double)i;
    for (size_t start = n / 2, end = n; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            const double swap = place[end];
            place[end] = place[0];
            place[0] = swap;
        }
        size_t root = start;
        for (size_t child = 2*root + 1; child < end; child = 2*root + 1) {
            if (child + 1 < end && comes_before(x, place[child], place[child + 1]))
                child++;
            if (!comes_before(x, place[root], place[child]))
                break;
            const double swap = place[root];
            place[root] = place[child];
            place[child] = swap;
            root = child;
        }
    }
}""",
        ("comes_before",),
    ),
    "place_left": CFunction(
        """\
/* How many of the ascending a are less than x. */
static double place_left(size_t n, const double *a, double x)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (is_less(a[middle], x))
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low;
}""",
        ("is_less",),
    ),
    "place_right": CFunction(
        """\
/* How many of the ascending a are not greater than x. */
static double place_right(size_t n, const double *a, double x)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (is_less(x, a[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    return (double)low;
}""",
        ("is_less",),
    ),
}
