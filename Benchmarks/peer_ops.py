"""PyTorch's side of the table of single ops: the same names, operands and order of drawing as Workloads+Table.swift."""

import torch
from torch.nn import functional as F

SIZES = [("1k", 32), ("64k", 256), ("4m", 2048)]


def one(work):
    return lambda n: [torch.randn(n, n)], work


def two(work):
    return lambda n: [torch.randn(n, n), torch.randn(n, n)], work


def positive(work):
    return lambda n: [torch.rand(n, n) + 0.5], work


def positives(work):
    return lambda n: [torch.rand(n, n) + 0.5, torch.rand(n, n) + 0.5], work


def wholes(work):
    return lambda n: [torch.randint(1, 100, (n, n)), torch.randint(1, 100, (n, n))], work


def masks(work):
    return lambda n: [torch.randn(n, n) > 0, torch.randn(n, n) > 0], work


def indexed(work):
    return lambda n: [torch.randn(n, n), torch.randint(0, n, (n, n))], work


ENTRIES = {
    "abs": one(torch.abs),
    "neg": one(torch.neg),
    "relu": one(torch.relu),
    "sigmoid": one(torch.sigmoid),
    "tanh": one(torch.tanh),
    "exp": one(torch.exp),
    "expm1": one(torch.expm1),
    "sin": one(torch.sin),
    "cos": one(torch.cos),
    "tan": one(torch.tan),
    "atan": one(torch.atan),
    "erf": one(torch.erf),
    "floor": one(torch.floor),
    "round": one(torch.round),
    "sign": one(torch.sign),
    "square": one(torch.square),
    "gelu": one(F.gelu),
    "silu": one(F.silu),
    "isnan": one(torch.isnan),
    "clamp": one(lambda x: x.clamp(-1, 1)),
    "pow3": one(lambda x: x.pow(3)),
    "add_number": one(lambda x: x + 2),
    "log": positive(torch.log),
    "log1p": positive(torch.log1p),
    "sqrt": positive(torch.sqrt),
    "rsqrt": positive(torch.rsqrt),
    "reciprocal": positive(torch.reciprocal),
    "pow_number": positive(lambda x: x.pow(2.5)),
    "add": two(torch.add),
    "sub": two(torch.sub),
    "mul": two(torch.mul),
    "div": two(torch.div),
    "maximum": two(torch.maximum),
    "atan2": two(torch.atan2),
    "lt": two(torch.lt),
    "eq": two(torch.eq),
    "pow": positives(torch.pow),
    "remainder": positives(torch.remainder),
    "fmod": positives(torch.fmod),
    "add_int64": wholes(torch.add),
    "mul_int64": wholes(torch.mul),
    "floor_divide_int64": wholes(torch.floor_divide),
    "bitwise_and": wholes(torch.bitwise_and),
    "logical_and": masks(torch.logical_and),
    "logical_not": masks(lambda x, _: x.logical_not()),
    "where": (lambda n: [torch.randn(n, n) > 0, torch.randn(n, n), torch.randn(n, n)], torch.where),
    "masked_fill": (lambda n: [torch.randn(n, n), torch.randn(n, n) > 0], lambda x, m: x.masked_fill(m, 3)),
    "masked_select": (lambda n: [torch.randn(n, n), torch.randn(n, n) > 0], torch.masked_select),
    "nonzero": masks(lambda x, _: x.nonzero()),
    "gather": indexed(lambda x, i: x.gather(1, i)),
    "scatter": indexed(lambda x, i: x.scatter(1, i, 2)),
    "index_select": indexed(lambda x, i: x.index_select(0, i[0])),
    "sum": one(torch.sum),
    "sum_dim0": one(lambda x: x.sum(0)),
    "sum_dim1": one(lambda x: x.sum(1)),
    "mean_dim0": one(lambda x: x.mean(0)),
    "max": one(torch.max),
    "max_dim0": one(lambda x: x.max(0).values),
    "max_dim1": one(lambda x: x.max(1).values),
    "argmax": one(torch.argmax),
    "argmax_dim1": one(lambda x: x.argmax(1)),
    "std": one(torch.std),
    "var_dim1": one(lambda x: x.var(1)),
    "var_dim0": one(lambda x: x.var(0)),
    "prod_dim1": positive(lambda x: x.prod(1)),
    "logsumexp_dim1": one(lambda x: x.logsumexp(1)),
    "any": masks(lambda x, _: x.logical_and(x.logical_not()).any()),
    "all_dim1": masks(lambda x, _: x.all(1)),
    "sum_int64": wholes(lambda x, _: x.sum()),
    "softmax_dim1": one(lambda x: x.softmax(1)),
    "softmax_dim0": one(lambda x: x.softmax(0)),
    "log_softmax_dim1": one(lambda x: x.log_softmax(1)),
    "cumsum_dim1": one(lambda x: x.cumsum(1)),
    "cumsum_dim0": one(lambda x: x.cumsum(0)),
    "sort_dim1": one(lambda x: x.sort(1).values),
    "topk_dim1": one(lambda x: x.topk(5, 1).values),
    "cat_dim0": two(lambda x, y: torch.cat([x, y], 0)),
    "cat_dim1": two(lambda x, y: torch.cat([x, y], 1)),
    "stack": two(lambda x, y: torch.stack([x, y])),
    "flip": one(lambda x: x.flip(0, 1)),
    "repeat": one(lambda x: x.repeat(2, 1)),
    "contiguous": one(lambda x: x.t().contiguous()),
    "clone": one(torch.clone),
    "to_float64": one(lambda x: x.to(torch.float64)),
    "to_bfloat16": one(lambda x: x.to(torch.bfloat16)),
    "to_int64": one(lambda x: x.to(torch.int64)),
    "int64_to_float32": wholes(lambda x, _: x.to(torch.float32)),
}


def workloads(function):
    """All of them, made by `function(inputs, work)`."""
    made = {}
    for size, side in SIZES:
        for turned in (False, True):
            for name, (inputs, work) in ENTRIES.items():

                def operands(inputs=inputs, side=side, turned=turned):
                    return tuple(x.t() if turned else x for x in inputs(side))

                made[f"{name}_{size}{'_t' if turned else ''}"] = function(operands, work)
    return made
