"""Writes Tests/TorchTests/Goldens/programs.json: one-op programs over tensors of any dtype and stride pattern with PyTorch's result.

Per line: the op, its tensors (the bytes of their storage and how they lie in it), its other arguments, and what PyTorch
answers: values, strides, whether memory is shared, the node's name, the gradients. Ops that fault are left to ErrorTests.
With `--fuzz N SEED PATH` it writes N other programs to PATH; point PROGRAM_CASES at it and run ProgramTests.
"""

import json
import operator
import pathlib
import random
import sys
import warnings

import torch

warnings.filterwarnings("ignore")
OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchTests/Goldens/programs.json"
DTYPES = {n: getattr(torch, n) for n in "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()}
NAMES = {v: k for k, v in DTYPES.items()}
ALL = list(DTYPES.values())
FLOATS = ALL[:4]


def hexed(t):
    flat = t.detach().reshape(-1).clone(memory_format=torch.contiguous_format) if t.numel() else t
    return bytes(flat.view(torch.uint8).tolist()).hex() if t.numel() else ""


def spec(t):
    base = torch.tensor([], dtype=t.dtype).set_(t.untyped_storage())
    entry = {"d": NAMES[t.dtype], "s": list(t.shape), "t": list(t.stride()), "o": t.storage_offset(), "b": hexed(base)}
    if t.requires_grad:
        entry["g"] = True
    return entry


def values(shape, dtype, positive=False):
    if dtype == torch.bool:
        return torch.randint(0, 2, shape).bool()
    if dtype.is_floating_point:
        return (torch.randint(1 if positive else -9, 10, shape).double() / 2).to(dtype)
    return torch.randint(1 if positive else (0 if dtype == torch.uint8 else -5), 8, shape).to(dtype)


def tensor(rng, shape, dtype, positive=False, grad=False):
    """A tensor that may be permuted, stepped over, expanded or cut out of a larger one."""
    shape, n = list(shape), len(shape)
    kind = rng.choice(["plain", "plain", "permuted", "stepped", "expanded", "cut"]) if n else "plain"
    k = rng.randrange(n) if n else 0
    if kind == "permuted":
        p = rng.sample(range(n), n)
        t = values([shape[i] for i in p], dtype, positive).permute([p.index(i) for i in range(n)])
    elif kind == "stepped":
        t = values([2 * s if i == k else s for i, s in enumerate(shape)], dtype, positive)
        t = t[tuple(slice(rng.randrange(2), None, 2) if i == k else slice(None) for i in range(n))]
    elif kind == "expanded":
        t = values([min(s, 1) if i == k else s for i, s in enumerate(shape)], dtype, positive).expand(shape)
    elif kind == "cut":
        t = values([shape[0] + 2] + shape[1:], dtype, positive)[1:-1]
    else:
        t = values(shape, dtype, positive)
    t = t.detach()
    return t.requires_grad_() if grad and dtype.is_floating_point else t


def index(entries, x):
    def one(e):
        match e[0]:
            case "i" | "l" | "b": return e[1]
            case "s": return slice(e[1], e[2], e[3])
            case "range": return slice(e[1], e[2])
            case "from": return slice(e[1], None)
            case "upto": return slice(None, e[1])
            case "e": return Ellipsis
            case "n": return None
            case "t": return x[e[1]]
    parts = tuple(one(e) for e in entries)
    return parts[0] if len(parts) == 1 else parts


def assigned(x, entries, value):
    t = x[0].clone()
    t[index(entries, x)] = value
    return t


TWO = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "rem": operator.mod,
       "pow": operator.pow, "floordiv": torch.floor_divide, "eq": operator.eq, "lt": operator.lt, "ge": operator.ge,
       "maximum": torch.maximum, "minimum": torch.minimum, "matmul": torch.matmul}
ONE = {n: (lambda n: lambda x: getattr(x, n)())(n) for n in (
    "neg abs sign square sqrt rsqrt reciprocal exp log log1p sin cos tanh sigmoid relu floor ceil round trunc clone "
    "contiguous t squeeze nonzero").split()}
MORE = {
    "sum": lambda x, a: x[0].sum(a[0], a[1]), "mean": lambda x, a: x[0].mean(a[0], a[1]),
    "std": lambda x, a: x[0].std(a[0], keepdim=a[1]), "amax": lambda x, a: x[0].amax(a[0], a[1]),
    "max": lambda x, a: tuple(x[0].max(a[0], a[1])), "argmin": lambda x, a: x[0].argmin(a[0], a[1]),
    "prod": lambda x, a: x[0].prod(a[0], a[1]), "cumsum": lambda x, a: x[0].cumsum(a[0]),
    "cat": lambda x, a: torch.cat(x, a[0]), "stack": lambda x, a: torch.stack(x, a[0]),
    "reshape": lambda x, a: x[0].reshape(a[0]), "permute": lambda x, a: x[0].permute(a[0]),
    "expand": lambda x, a: x[0].expand(a[0]), "repeat": lambda x, a: x[0].repeat(a[0]),
    "flip": lambda x, a: x[0].flip(a[0]), "to": lambda x, a: x[0].to(a[0]),
    "index": lambda x, a: x[0][index(a, x)], "put": lambda x, a: assigned(x, a, x[1]),
    "putnumber": lambda x, a: assigned(x, a[1:], a[0])}


def entries(rng, shape, x):
    result, dim, wide = [], 0, rng.choice([1, 2, 3])
    while dim < len(shape) and len(result) < 4:
        n = shape[dim]
        kind = rng.choice(["n", "e", "i", "s", "range", "from", "upto", "t", "t", "l", "mask", "b"])
        if kind == "n" or (kind == "b" and rng.random() < 0.3):
            result.append(["n"] if kind == "n" else ["b", rng.random() < 0.7])
            continue
        if kind == "e":
            if ["e"] not in result:
                result.append(["e"])
                dim = max(dim, len(shape) - 1)
            continue
        if kind == "i": result.append(["i", rng.randrange(-n, n)])
        elif kind == "s": result.append(["s", rng.choice([None, rng.randint(-n, n)]), rng.choice([None, rng.randint(-n, n)]), rng.randint(1, 3)])
        elif kind == "range": result.append(["range", *sorted(rng.choices(range(n + 2), k=2))])
        elif kind in ("from", "upto"): result.append([kind, rng.randint(-n, n)])
        elif kind == "l": result.append(["l", [rng.randrange(-n, n) for _ in range(wide)]])
        elif kind == "t":
            x.append(torch.randint(-n, n, rng.choice([[wide], [2, wide], [2, 1], []])))
            result.append(["t", len(x) - 1])
        elif kind == "mask":
            rank = rng.randint(1, min(2, len(shape) - dim))
            x.append(torch.rand(shape[dim:dim + rank]) < 0.6)
            result.append(["t", len(x) - 1])
            dim += rank - 1
        else: continue
        dim += 1
    return result or [["e"]]


def program(rng):
    kind = rng.choice(["two", "one", "more", "index", "put", "putnumber"])
    d = rng.choice(ALL)
    shape = [rng.choice([0, 1, 2] if rng.random() < 0.1 else [1, 2, 3, 4]) for _ in range(rng.randrange(4))]
    grad = rng.random() < 0.4
    if kind == "two":
        op = rng.choice(list(TWO))
        d2 = d if op == "matmul" else rng.choice(ALL)
        if op == "matmul":
            k = rng.randint(0, 3)
            a, b = [[k], [2, k], [3, 2, k], [1, 3, 2, k]][rng.randrange(4)], [[k], [k, 4], [3, k, 2]][rng.randrange(3)]
        else:
            a = [1 if rng.random() < 0.2 else s for s in shape]
            b = [1 if rng.random() < 0.2 else s for s in shape][rng.choice([0, 0, len(shape) // 2]):]
        positive = op in ("div", "rem", "pow", "floordiv")
        return op, [tensor(rng, a, d, positive, grad), tensor(rng, b, d2, positive, grad)], []
    if kind == "one":
        return rng.choice(list(ONE)), [tensor(rng, shape, d, rng.random() < 0.6, grad)], []
    shape = [max(s, 1) for s in shape] or [3]
    n = len(shape)
    x = [tensor(rng, shape, d, grad=grad)]
    dim, keep = rng.randrange(-n, n), rng.random() < 0.5
    if kind == "more":
        op = rng.choice([o for o in MORE if o not in ("index", "put", "putnumber")])
        if op in ("cat", "stack"):
            x.append(tensor(rng, shape, rng.choice(ALL), grad=grad))
            return op, x, [dim]
        arguments = {
            "sum": [rng.sample(range(n), rng.randint(1, n)), keep], "reshape": [[-1] + shape[1:][::-1]],
            "permute": [rng.sample(range(n), n)], "expand": [[2] + shape], "repeat": [[2] + [1] * (n - 1)],
            "flip": [[dim]], "to": [rng.choice(ALL)], "cumsum": [dim], "prod": [dim, keep], "argmin": [dim, keep],
            "max": [dim, keep]}
        return op, x, arguments.get(op, arguments["sum"])
    if kind == "index":
        return kind, x, entries(rng, shape, x)
    if kind == "putnumber":
        return kind, x, [rng.choice([0, 1, 2.5])] + entries(rng, shape, x)
    x.append(None)
    e = entries(rng, shape, x)
    try:
        places = torch.arange(x[0].numel()).reshape(shape)[index(e, x)]
    except (IndexError, RuntimeError):
        return None
    if places.unique().numel() != places.numel():
        return None  # which of several values stays is not defined
    x[1] = tensor(rng, [1 if rng.random() < 0.2 else s for s in places.shape], d, grad=grad)
    return kind, x, e


def encoded(a):
    if isinstance(a, bool) or a is None or isinstance(a, int): return a
    if isinstance(a, float): return "f:" + repr(a)
    if isinstance(a, torch.dtype): return NAMES[a]
    return [encoded(v) for v in a] if isinstance(a, (list, tuple)) else a


def answered(op, x, a):
    entry = {"op": op, "x": [spec(t) for t in x], "a": encoded(a)}
    try:
        result = TWO[op](*x) if op in TWO else ONE[op](x[0]) if op in ONE else MORE[op](x, a)
        outs = list(result) if isinstance(result, tuple) else [result]
        grads = []
        if outs[0].requires_grad:
            seed = (torch.arange(outs[0].numel(), dtype=torch.float64) % 7 + 1).reshape(outs[0].shape)
            outs[0].backward(seed.to(outs[0].dtype))
            grads = [None if t.grad is None else hexed(t.grad) for t in x]
    except Exception:
        return None
    owner = x[0].untyped_storage().data_ptr()
    entry["out"] = [
        {"d": NAMES[o.dtype], "s": list(o.shape), "t": list(o.stride()), "b": hexed(o.detach()),
         "v": bool(o.numel()) and o.untyped_storage().data_ptr() == owner,
         "n": "" if o.grad_fn is None else type(o.grad_fn).__name__} for o in outs]
    entry["grads"] = grads
    return entry


def programs(count, seed):
    rng = random.Random(seed)
    torch.manual_seed(seed)
    result = []
    while len(result) < count:
        candidate = program(rng)
        entry = candidate and answered(*candidate)
        if entry: result.append(entry)
    return result


if __name__ == "__main__":
    fuzz = sys.argv[1:2] == ["--fuzz"]
    path = pathlib.Path(sys.argv[4]) if fuzz else OUT
    made = programs(int(sys.argv[2]), int(sys.argv[3])) if fuzz else programs(500, 1)
    lines = [json.dumps(c, separators=(",", ":")) for c in made]
    path.parent.mkdir(exist_ok=True)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(path, len(lines), path.stat().st_size)
