#!/usr/bin/env python3
"""Fits the tables of Sources/CTorchKernels/body/tables_f32.h and prints that file. Needs mpmath.

    Tools/kernels/fit_tables.py > Sources/CTorchKernels/body/tables_f32.h

A table has one entry per interval of the argument. Polynomials interpolate at Chebyshev nodes. Where an entry holds a value
of the function, the place of that value is moved a little until the value is almost exactly a float32: what is left of its
rounding error then is a few hundredths of a unit in the last place.
"""

import struct

from mpmath import atan, cos, erf, erfc, exp, inf, log, log10, matrix, lu_solve, mp, mpf, pi, sin, sqrt, tan, tanh

mp.prec = 120


def single(x):
    """The nearest float32."""
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def bits(x):
    return struct.unpack("I", struct.pack("f", float(x)))[0]


def of_bits(n):
    return mpf(struct.unpack("f", struct.pack("I", n))[0])


def nodes(low, high, count):
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle + half * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def fit(f, low, high, powers):
    """The coefficients of `powers` of x that interpolate f."""
    xs = nodes(mpf(low), mpf(high), len(powers))
    rows = matrix([[x**p for p in powers] for x in xs])
    return list(lu_solve(rows, matrix([f(x) for x in xs])))


def place(f, low, high):
    """A float32 near the middle whose value under f is nearly a float32."""
    best, error = None, inf
    start = bits((low + high) / 2)
    for step in range(-1500, 1500):
        c = of_bits(start + step)
        if not low <= c <= high:
            continue
        y = f(c)
        e = abs(y - single(y)) / abs(y)
        if e < error:
            best, error = c, e
    return best


def literal(x):
    text = f"{float(single(x)):.9g}".replace("e-0", "e-")
    return text + "f" if "." in text or "e" in text else text + ".0f"


def show(name, rows, comment):
    print(f"// {comment}")
    print(f"static const float {name}[{len(rows)}][{len(rows[0])}] = {{")
    for row in rows:
        print("  {")
        line = "    "
        for x in row:
            text = literal(x) + ", "
            if len(line) + len(text) > 118:
                print(line.rstrip())
                line = "    "
            line += text
        print(line.rstrip().rstrip(","))
        print("  },")
    print("};\n")


def pieces(name, f, odd, first, last, comment, less=0):
    """32 intervals, four per octave from 2^first on; the first reaches down to 0. Entry k belongs to the low five bits of an
    argument's pattern shifted right by 21. `last` is the largest argument. The first slope is given less `less`."""
    degree = 6
    table = [[mpf(0)] * 32 for _ in range(degree + 2)]
    start = bits(mpf(2) ** first) >> 21
    for k in range(32):
        low, high = of_bits((start + k) << 21), of_bits((start + k + 1) << 21)
        if low >= last:
            continue
        high = min(high, mpf(last)) if high > last else high
        entry = (start + k) % 32
        if k == 0 and odd:
            c = mpf(0)
            few = fit(lambda s: f(sqrt(s)) / sqrt(s), mpf(2) ** -40, high * high, [0, 1, 2])
            few[0] -= less
            row = [0, few[0], 0, few[1], 0, few[2], 0]
        else:
            if k == 0:
                low = mpf(0)
            c = place(f, low + (high - low) * mpf(0.45), low + (high - low) * mpf(0.55))
            value = single(f(c))
            row = [value] + fit(lambda r: (f(c + r) - value) / r, low - c, high - c, list(range(degree)))
        table[0][entry] = c
        for i, x in enumerate(row):
            table[1 + i][entry] = mpf(x)
    show(name, table, comment)


def logarithm(name, f, comment):
    """By the five leading bits of m in 0.75...1.5: 1 / c, and f(c); from the sixteenth on, where m is below 1, f(2) is added
    as the float32 that the kernel takes off again for each step of the exponent. Next to 1 it is c = 1."""
    inverse, value = [], []
    two = single(f(mpf(2)))
    for k in range(32):
        low = 1 + mpf(k) / 32
        high = low + mpf(1) / 32
        if k >= 16:
            low, high = low / 2, high / 2
        base = two if k >= 16 else mpf(0)
        if k in (0, 31):
            inverse.append(mpf(1))
            value.append(base)
            continue
        middle = (low + high) / 2
        start = bits(1 / middle)
        best, error = None, inf
        for step in range(-4000, 4000):
            candidate = of_bits(start + step)
            y = base - f(candidate)
            e = abs(y - single(y))
            if e < error:
                best, error = candidate, e
        inverse.append(best)
        value.append(single(base - f(best)))
    show(name, [inverse, value], comment)


def wave(name, f, g, comment):
    rows = [[], []]
    for k in range(32):
        for row, h in zip(rows, (f, g)):
            exact = {0: [0, 1, 0, -1], 1: [1, 0, -1, 0]}
            y = h(k * pi / 16)
            row.append(mpf(round(y)) if k % 8 == 0 else y)
    show(name, rows, comment)


print("// Generated by Tools/kernels/fit_tables.py, which tells what the tables hold: float32 functions by vector permutation.")
print("// clang-format off\n")
powers = [mpf(2) ** (mpf(k) / 16) for k in range(16)]
residues = [2 ** (mpf(k) / 16) / single(p) - 1 for k, p in enumerate(powers)]
show("f32_table_exp", [powers, residues], "2^(k / 16), and by which part of itself the float32 is too small")
logarithm("f32_table_log", log, "1 / c and log(c)")
logarithm("f32_table_log2", lambda x: log(x) / log(mpf(2)), "1 / c and log2(c)")
logarithm("f32_table_log10", log10, "1 / c and log10(c)")
pieces("f32_table_tanh", tanh, True, -4, 9.2, "tanh: the place c, then the coefficients of (x - c)^0...6")
pieces("f32_table_erf", erf, True, -5, 4.0, "erf, the first slope less 1", less=1)
pieces("f32_table_cdf", lambda x: erf(x / sqrt(mpf(2))) / 2, True, -4, 5.7, "erf(x / sqrt(2)) / 2")
pieces("f32_table_erfcx", lambda x: erfc(x) * exp(x * x), False, -4, 10.5, "e^(x^2) erfc(x)")
wave("f32_table_sin", sin, cos, "sin and cos of k pi / 16")
wave("f32_table_cos", cos, lambda x: -sin(x), "cos and -sin of k pi / 16")

import sys

def note(name, coefficients):
    print(name, [literal(c) for c in coefficients], file=sys.stderr)

small = log(mpf(2)) / 32
note("exp tail / r^2", fit(lambda r: (exp(r) - 1 - r) / r**2, -small * 1.02, small * 1.02, [0, 1]))
note("log tail / r^2", fit(lambda r: (log(1 + r) - r) / r**2, -0.0166, 0.03126, [0, 1, 2]))
angle = pi / 32 * 1.01
note("sin tail / r^3", fit(lambda s: (sin(sqrt(s)) - sqrt(s)) / sqrt(s) ** 3, mpf(10) ** -9, angle**2, [0, 1]))
note("cos tail / r^2", fit(lambda s: (cos(sqrt(s)) - 1) / s, mpf(10) ** -9, angle**2, [0, 1]))
quarter = pi / 4 * 1.001
note("tan tail / r^3", fit(lambda s: (tan(sqrt(s)) - sqrt(s)) / sqrt(s) ** 3, mpf(10) ** -9, quarter**2, list(range(7))))
note("atan tail / r^3", fit(lambda s: (atan(sqrt(s)) - sqrt(s)) / sqrt(s) ** 3, mpf(10) ** -9, mpf(1), list(range(9))))
