"""Writes Tests/TorchBackendTests/Goldens/random.json: PyTorch's CPU random numbers, call by call.

Each case seeds the generator and makes a sequence of calls, so that state carried from one call to the next (half
used pairs of normals, blocks of words) is checked too. Of each call it keeps the first and last values as bit
patterns and an FNV-1a checksum of all of them. Narrow floats are recorded widened to float32, integers as int64.
"""

import json
import pathlib

import torch

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchBackendTests/Goldens/random.json"
SEEDS = [0, 1, 42, 2**31 + 7]
SIZES = [1, 2, 7, 15, 16, 17, 31, 33, 100, 1000]
DTYPES = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16, "bfloat16": torch.bfloat16}
INTS = {"int64": torch.int64, "int32": torch.int32, "int16": torch.int16, "int8": torch.int8, "uint8": torch.uint8,
        "bool": torch.bool}
ALL = DTYPES | INTS


def weights(rows, columns, dtype):
    """Weights that both sides can make: small integers, one of them zero."""
    k = torch.arange(rows * columns) * 7 % 11
    return (k.to(dtype)).reshape(rows, columns)


def probabilities(n, dtype):
    return ((torch.arange(n) * 5 % 17).to(dtype) / 16).to(dtype)


def call(op, n, dtype="float32", a=0.0, b=1.0):
    t = torch.empty(n, dtype=ALL[dtype])
    if op == "uniform":
        return t.uniform_(a, b)
    if op == "normal":
        return t.normal_(a, b)
    if op == "normalSerial":
        return torch.empty(n, 2, dtype=ALL[dtype])[:, 0].normal_(a, b)
    if op == "exponential":
        return t.exponential_(a)
    if op == "bernoulli":
        return t.bernoulli_(a)
    if op == "bernoulliTensor":
        return torch.bernoulli(probabilities(n, ALL[dtype]).clamp(max=1))
    if op == "randint":
        return t.random_(int(a), int(b))
    if op == "randintAtLeast":
        return t.random_(int(a), None)
    if op == "randomFull":
        return t.random_()
    if op == "randperm":
        return torch.randperm(n)
    if op == "multinomial":  # a rows, n columns, b samples; without replacement
        return torch.multinomial(weights(int(a), n, ALL[dtype]), int(b)).flatten()
    if op == "multinomialReplacement":
        return torch.multinomial(weights(int(a), n, ALL[dtype]), int(b), replacement=True).flatten()
    raise ValueError(op)


def patterns(t):
    if t.dtype in (torch.float16, torch.bfloat16):
        t = t.float()
    if t.dtype == torch.float32:
        return [v & 0xFFFFFFFF for v in t.view(torch.int32).tolist()], 4
    if t.dtype == torch.float64:
        return [v & (2**64 - 1) for v in t.view(torch.int64).tolist()], 8
    return [v & (2**64 - 1) for v in t.long().tolist()], 8


def checksum(values, width):
    h = 0xCBF29CE484222325
    for v in values:
        for byte in v.to_bytes(width, "little"):
            h = ((h ^ byte) * 0x100000001B3) & (2**64 - 1)
    return f"{h:016x}"


def sequences():
    for d in DTYPES:
        yield "uniform " + d, [("uniform", n, d, a, b) for n in SIZES for a, b in [(0.0, 1.0), (-0.3, 1.75)]]
        yield "normal " + d, [("normal", n, d, a, b) for n in SIZES for a, b in [(0.0, 1.0), (0.3, 1.7)]]
        yield "exponential " + d, [("exponential", n, d, a, 0.0) for n in (1, 17, 100) for a in (1.0, 1.7)]
        yield "bernoulli by tensor " + d, [("bernoulliTensor", n, d, 0.0, 0.0) for n in (1, 33, 700)]
        yield "multinomial " + d, [
            (op, n, d, float(rows), float(k))
            for op in ("multinomial", "multinomialReplacement")
            for rows, n, k in [(1, 5, 1), (3, 5, 4), (2, 40, 6)]
            # Narrow ratios tie, and the order of ties is not promised.
            if n < 40 or op != "multinomial" or d in ("float32", "float64")]
    yield "normal, not contiguous", [("normalSerial", n, "float64", 0.3, 1.7) for n in (3, 16, 33)]
    yield "bernoulli", [("bernoulli", n, "float32", p, 0.0) for n in (1, 33, 700) for p in (0.0, 0.1, 0.5, 0.73, 1.0)]
    # 2^28 is the edge between one and two outputs, for every type.
    edges = [2.0, 10.0, 127.0, 2.0**15 - 1, 2.0**28 - 1, 2.0**28, 2.0**31 - 1, 2.0**32, 2.0**53]
    limits = {"int64": 2.0**62, "int32": 2.0**31, "int16": 2.0**15, "int8": 127.0, "uint8": 255.0,
              "float32": 2.0**62, "float64": 2.0**62}
    for d, limit in limits.items():
        yield "randint " + d, [("randint", n, d, 0.0, hi) for hi in edges if hi <= limit for n in (3, 40)]
    yield "randint from", [("randint", 40, "int64", lo, hi) for lo, hi in
                           [(-5.0, 6.0), (-2.0**62, 2.0**62), (-2.0**63, 0.0), (2.0**40, 2.0**40 + 100)]]
    yield "randint floats", [("randint", 40, d, lo, hi) for d, lo, hi in
                             [("float32", -2.0**24 - 3, 2.0**24 + 3), ("float16", -2049.0, 2051.0),
                              ("bfloat16", -259.0, 261.0), ("float32", 0.0, 2.0**26 + 5)]]
    yield "randint open", [("randintAtLeast", 40, "int64", lo, 0.0) for lo in (-2.0**63, -3.0, 0.0, 2.0**62)]
    for d in ALL:
        yield "random full " + d, [("randomFull", n, d, 0.0, 0.0) for n in (3, 40)]
    yield "randperm", [("randperm", n, "int64", 0.0, 0.0) for n in (0, *SIZES)]
    yield "mixed", [
        ("normal", 3, "float32", 0.0, 1.0), ("uniform", 5, "float32", 0.0, 1.0), ("normal", 16, "float32", 0.0, 1.0),
        ("normal", 1, "float64", 2.0, 3.0), ("randint", 7, "int64", 0.0, 10.0), ("normal", 7, "float16", 0.0, 1.0),
        ("bernoulli", 311, "float32", 0.5, 0.0), ("normal", 17, "float64", 0.0, 1.0), ("uniform", 1, "float64", 0.0, 1.0),
        ("normal", 1, "float32", 0.0, 1.0), ("uniform", 625, "float64", 0.0, 1.0), ("randperm", 9, "int64", 0.0, 0.0),
        ("normal", 1, "bfloat16", 0.0, 1.0), ("exponential", 3, "float32", 1.0, 0.0)]


def main():
    cases = []
    for name, calls in sequences():
        for seed in SEEDS:
            torch.manual_seed(seed)
            recorded = []
            for op, n, dtype, a, b in calls:
                values, width = patterns(call(op, n, dtype, a, b))
                recorded.append([op, n, dtype, a, b, *[f"{v:x}" for v in values[:1] + values[-1:]][:2],
                                 checksum(values, width)] if values else [op, n, dtype, a, b, "", "", checksum([], 8)])
            state = checksum(torch.get_rng_state().tolist(), 1)
            cases.append({"name": name, "seed": seed, "calls": recorded, "state": state})
    torch.manual_seed(5)
    torch.rand(700)
    torch.randn(3)
    saved = bytes(torch.get_rng_state().tolist())
    after = patterns(torch.randn(3))[0] + patterns(torch.rand(3))[0]
    head = {"torch": torch.__version__.split("+")[0]}
    lines = [json.dumps(c, separators=(",", ":")) for c in cases]
    state = json.dumps({"saved": saved.hex(), "after": [f"{v:x}" for v in after]}, separators=(",", ":"))
    OUT.write_text('{"torch":"%s",\n"cases":[\n%s\n],\n"resume":%s}\n' % (head["torch"], ",\n".join(lines), state))
    print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
