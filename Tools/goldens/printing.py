"""Writes Tests/TorchBackendTests/Goldens/printing.json: tensors and the text PyTorch prints for them.

Values travel as bit patterns (floats) or decimals, or as [start, step] of a long range. With arguments
`--fuzz N SEED PATH` it writes N random cases to PATH instead; point PRINTING_CASES at it and run PrintingTests.
"""

import json
import pathlib
import random
import sys

import torch

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchBackendTests/Goldens/printing.json"
FLOATS = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16, "bfloat16": torch.bfloat16}
INTS = {"int64": torch.int64, "int32": torch.int32, "int16": torch.int16, "int8": torch.int8, "uint8": torch.uint8}
ALL = FLOATS | INTS | {"bool": torch.bool}
INF, NAN = float("inf"), float("nan")


def pack(t):
    t = t.reshape(-1)
    if t.dtype.is_floating_point:
        width = t.element_size()
        as_int = {2: torch.int16, 4: torch.int32, 8: torch.int64}[width]
        return " ".join(f"{v & (2 ** (8 * width) - 1):x}" for v in t.view(as_int).tolist())
    return " ".join(str(int(v)) for v in t.tolist())


def case(t, options=None, ranged=None, grad=None):
    """One case; `grad` is None, "leaf" or "node"."""
    options = options or {}
    if grad == "leaf":
        t.requires_grad_()
    elif grad == "node":
        t = t.requires_grad_() * 1
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    text = repr(t)
    o = torch.get_printoptions() if hasattr(torch, "get_printoptions") else torch._tensor_str.get_printoptions()
    threshold = -1 if o["threshold"] == INF else o["threshold"]
    full = [o["precision"], threshold, o["edgeitems"], o["linewidth"], o["sci_mode"]]
    torch.set_printoptions(profile="default")
    entry = {"shape": list(t.shape), "dtype": str(t.dtype)[6:], "text": text}
    if full != [4, 1000, 3, 80, None]:
        entry["options"] = full
    if ranged:
        entry["range"] = ranged
    else:
        entry["values"] = pack(t.detach())
    if grad == "leaf":
        entry["requiresGrad"] = True
    if grad == "node":
        entry["gradFn"] = type(t.grad_fn).__name__
    return entry


def ranged(shape, dtype, start, step, options=None, grad=None):
    n = 1
    for s in shape:
        n *= s
    t = torch.tensor([start + i * step for i in range(n)], dtype=torch.float64).to(ALL[dtype]).reshape(shape)
    return case(t, options, ranged=[start, step], grad=grad)


def fixed_cases():
    for d, dt in FLOATS.items():
        for v in [3.0, 0.0, -0.0, 0.1, 1e-5, 12345.678, 6e4, INF, -INF, NAN, 1e-7, -2.5]:
            yield case(torch.tensor(v, dtype=dt))
    rows = [
        [1.0, 2.0, 3.0], [1.0, 2.5, -3.0], [0.0, 0.0], [-0.0, 0.0, 1.5], [NAN, INF, -INF], [NAN, 1.0, 2.0],
        [INF, 0.5, 1.0], [1e-3, 1.0], [1e-3, 1.0001], [1.0, 1000.0], [1.0, 1001.0], [0.001, 1.001], [1e8, 1.0],
        [1e8, 1e8], [1e8 + 64, 1e8], [1e-4, 1e-4], [9.9e-5, 1e-4], [123456.0, 1.5], [1e20, 1e20], [5e-324, 0.0],
        [1e-45, 1e-45], [1.7976931348623157e308, 1.0], [1e300, 1e-300], [-1.0, -10.0, -100.0], [0.99999, 1.0],
        [0.00005, 0.00015], [2.5, 3.5, 0.5], [99999.5, 12.25], [-1234.5678, 0.5], [1e16, 1e15], [NAN], [INF],
        [-0.0], [-0.0, NAN], [3e38, 1e38], [0.3, 0.2, 0.1] * 6, [1e-6, 2e-6, 3e-6] * 5,
    ]
    for row in rows:
        yield case(torch.tensor(row, dtype=torch.float64))
        yield case(torch.tensor(row, dtype=torch.float32))
    for d in ("float16", "bfloat16"):
        for row in rows[:13] + rows[20:21] + rows[23:30]:
            yield case(torch.tensor(row, dtype=FLOATS[d]))
    for d, dt in INTS.items():
        info = torch.iinfo(dt)
        yield case(torch.tensor(7, dtype=dt))
        yield case(torch.tensor([0, info.max, info.min], dtype=dt))
        yield case(torch.arange(40, dtype=dt))
    yield case(torch.tensor([[2**62, -1], [0, -2**63]]))
    yield case(torch.tensor(True))
    yield case(torch.tensor([True, False]))
    yield case(torch.tensor([True, True]))
    yield case((torch.arange(60) % 7 == 0).reshape(3, 20))
    for shape in [(0,), (0, 3), (3, 0), (2, 0, 4), (1, 1, 0)]:
        for d in ("float32", "float64", "int64", "bool", "float16"):
            yield case(torch.empty(shape, dtype=ALL[d]))
    yield case(torch.empty(0), grad="leaf")
    yield case(torch.empty(0, 5), grad="node")
    for shape in [(1001,), (2000,), (1001, 1), (1, 1001), (40, 40), (3, 400), (400, 3), (7, 8, 20), (2, 3, 4, 60),
                  (11, 11, 11), (1, 1, 1, 1001), (6, 200), (7, 150)]:
        yield ranged(shape, "float32", -3.0, 0.01)
        yield ranged(shape, "int64", 0.0, 1.0)
    yield ranged((30, 40), "float64", 0.0, 1.0)
    yield ranged((30, 40), "float16", 0.0, 0.25)
    yield ranged((1200,), "float32", -100.0, 1.0, grad="leaf")
    yield ranged((1200,), "bfloat16", -100.0, 1.0, grad="node")
    for shape in [(2, 3), (2, 2, 3), (2, 1, 2, 3), (1, 2, 1, 2, 2), (5, 17), (3, 26), (1, 30)]:
        yield ranged(shape, "float32", 0.5, 0.37)
        yield ranged(shape, "float64", 0.5, 0.37, grad="leaf")
        yield ranged(shape, "float32", -1.0, 1.0, grad="node")
    # Where the suffix just fits or does not.
    for n in range(1, 12):
        yield ranged((n,), "float32", 0.5, 0.25, grad="leaf")
        yield ranged((n,), "float64", 0.5, 0.25, grad="node")
    for options in [{"profile": "short"}, {"profile": "full"}, {"precision": 0}, {"precision": 1}, {"precision": 8},
                    {"precision": 17}, {"sci_mode": True}, {"sci_mode": False}, {"linewidth": 40}, {"linewidth": 120},
                    {"linewidth": 7}, {"threshold": 5}, {"threshold": 0}, {"edgeitems": 1, "threshold": 5},
                    {"edgeitems": 0, "threshold": 5}, {"edgeitems": 0}, {"edgeitems": 5, "threshold": 10}]:
        yield ranged((3, 9), "float32", -1.3, 0.777, options)
        yield ranged((13,), "int64", -2.0, 3.0, options)
        yield ranged((2, 2, 8), "float64", 1.0, 1.0, options, grad="leaf")
        yield case(torch.tensor([1e-6, 1.0, NAN, -0.0, 1e7]), options)
    yield ranged((40, 40), "float32", 0.0, 1.0, {"profile": "short"})
    yield ranged((1001,), "int64", 0.0, 1.0, {"profile": "full"})


def fuzz(count, seed):
    rng = random.Random(seed)
    torch.manual_seed(seed)
    for _ in range(count):
        dims = rng.randint(0, 4)
        shape = [rng.choice([0, 1, 2, 3, 4, 7, 8, 13] if rng.random() < 0.1 else [1, 2, 3, 4, 6, 7, 9, 20])
                 for _ in range(dims)]
        d = rng.choice(list(ALL) + ["float32"] * 6)
        options = {}
        if rng.random() < 0.5:
            options = {"precision": rng.choice([0, 1, 2, 4, 4, 6, 10]), "threshold": rng.choice([0, 3, 10, 100, 1000]),
                       "edgeitems": rng.choice([0, 1, 2, 3, 3, 5]), "linewidth": rng.choice([1, 20, 40, 80, 80, 120]),
                       "sci_mode": rng.choice([None, None, True, False])}
        if d == "bool":
            t = torch.rand(shape) < rng.random()
        elif d in INTS:
            info = torch.iinfo(INTS[d])
            hi = min(10 ** rng.randint(0, 18), info.max)
            t = torch.randint(max(-hi, info.min) if rng.random() < 0.5 else 0, hi, shape).to(INTS[d])
        else:
            base = 10.0 ** rng.randint(-3, 3)
            if rng.random() < 0.2:
                base = 10.0 ** rng.randint(-300, 300)
            t = torch.randn(shape, dtype=torch.float64) * base
            if rng.random() < 0.3:
                t = t * 10.0 ** torch.randint(-6, 6, shape).double()
            if rng.random() < 0.3:
                t = t.round()
            for special, p in [(0.0, 0.1), (-0.0, 0.1), (NAN, 0.05), (INF, 0.05), (-INF, 0.05), (0.0, 1.0)]:
                if rng.random() < 0.1:
                    t = torch.where(torch.rand(shape) < p, torch.tensor(special, dtype=torch.float64), t)
            t = t.to(FLOATS[d])
        grad = rng.choice([None, None, "leaf", "node"]) if d in FLOATS else None
        yield case(t, options, grad=grad)


def write(path, cases):
    lines = [json.dumps(c, separators=(",", ":")) for c in cases]
    reprs = [0.1, 1e-05, 1e16, 1e15, INF, -INF, NAN, 10.0, 0.0, -0.0, 1.5, -2.75, 1e22, 1e23, 5e-324, 0.0001, 0.00012345,
             123456789012345680.0, 9007199254740993.0, 1.7976931348623157e308, 1 / 3, 100.0, 1234567.891, 2**60 * 1.0,
             9999999999999998.0, 99999999999999980.0, 0.001, 1e-4, 9.99e-5, 2.5e-10, 1e100]
    rng = random.Random(1)
    if path != OUT:
        reprs += [rng.random() * 10 ** rng.randint(-30, 30) for _ in range(3000)]
    packed = [[f"{v & (2**64 - 1):x}", repr(x)] for x in reprs
              for v in torch.tensor([x], dtype=torch.float64).view(torch.int64).tolist()]
    path.write_text('{"torch":"%s",\n"cases":[\n%s\n],\n"reprs":%s}\n' % (
        torch.__version__.split("+")[0], ",\n".join(lines), json.dumps(packed)))
    print(path, len(lines), path.stat().st_size)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fuzz"]:
        write(pathlib.Path(sys.argv[4]), fuzz(int(sys.argv[2]), int(sys.argv[3])))
    else:
        write(OUT, fixed_cases())
