"""Functions of numbers that the C standard library lacks."""

from __future__ import annotations

from .c_function import CFunction

OF_NUMBERS: dict[str, CFunction] = {
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
    "floor_divide": CFunction("""\
static double floor_divide(double a, double b)
{
    if (b == 0.0)
        return a / b;
    const double r = fmod(a, b);
    const double q = (a - r) / b - (r != 0.0 && (r < 0.0) != (b < 0.0) ? 1.0 : 0.0);
    if (q == 0.0)
        return copysign(0.0, a / b);
    return q - floor(q) > 0.5 ? floor(q) + 1.0 : floor(q);
}"""),
    "boxcox": CFunction("""\
static double boxcox(double x, double power)
{
    return fabs(power) < 1e-19 ? log(x) : expm1(power * log(x)) / power;
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
}
