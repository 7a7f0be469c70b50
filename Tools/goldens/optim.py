"""Writes Tests/TorchNNTests/Goldens/optim.json: where PyTorch's optimizers take a parameter, with every option.

The objective is sum((p - 1)^2 + 0.3 p) over 37 numbers from -1.5 to 2.1; runs are ten steps long. `continued` holds a
state dict in the middle of a run of two groups, and where the run goes from there.
"""

import json
import pathlib

import torch
from torch.optim import SGD, Adam, AdamW

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchNNTests/Goldens/optim.json"

RUNS = [
    (SGD, {}), (SGD, {"lr": 0.1}), (SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, {"lr": 0.01, "momentum": 0.9, "dampening": 0.5}), (SGD, {"lr": 0.05, "weight_decay": 0.1}),
    (SGD, {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.1, "nesterov": True}),
    (SGD, {"lr": 0.01, "momentum": 0.5, "dampening": 0.25, "weight_decay": 0.2, "maximize": True}),
    (SGD, {"lr": 0.1, "foreach": True}), (SGD, {"lr": 0.1, "momentum": 0.9, "fused": True}),
    (Adam, {}), (Adam, {"lr": 0.05}), (Adam, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3}),
    (Adam, {"lr": 0.05, "weight_decay": 0.1}), (Adam, {"lr": 0.3, "amsgrad": True}),
    (Adam, {"lr": 0.05, "maximize": True}), (Adam, {"lr": 0.05, "weight_decay": 0.1, "amsgrad": True, "maximize": True}),
    (Adam, {"lr": 0.05, "betas": (0.0, 0.5)}),
    (AdamW, {}), (AdamW, {"lr": 0.05}), (AdamW, {"lr": 0.05, "weight_decay": 0.5}),
    (AdamW, {"lr": 0.3, "amsgrad": True, "maximize": True}),
    (AdamW, {"lr": 0.05, "betas": (0.7, 0.8), "eps": 0.01, "weight_decay": 0.0}),
]


def start(dtype):
    return (torch.arange(37, dtype=torch.float64) / 10 - 1.5).to(dtype).requires_grad_()


def step(optimizer, params):
    optimizer.zero_grad()
    sum(((p - 1) ** 2 + p * 0.3).sum() for p in params).backward()
    optimizer.step()


def plain(value):
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return value


def run(kind, options, dtype):
    p = start(dtype)
    optimizer = kind([p], **options)
    for _ in range(10):
        step(optimizer, [p])
    return {"param": p.tolist(), "state": plain(optimizer.state_dict())}


def continued(kind, options):
    """Two groups, the second added after two steps with a learning rate of its own."""
    p, q = start(torch.float64), start(torch.float64)
    optimizer = kind([p], **options)
    for _ in range(2):
        step(optimizer, [p, q])
    optimizer.add_param_group({"params": [q], "lr": 0.02})
    for _ in range(3):
        step(optimizer, [p, q])
    state, middle = plain(optimizer.state_dict()), [p.tolist(), q.tolist()]
    for _ in range(3):
        step(optimizer, [p, q])
    return {"middle": middle, "state": state, "end": [p.tolist(), q.tolist()]}


def main():
    torch.set_printoptions(precision=17)
    runs = [
        {"kind": kind.__name__, "options": options, "float64": run(kind, options, torch.float64),
         "float32": run(kind, options, torch.float32)["param"]}
        for kind, options in RUNS
    ]
    more = [
        {"kind": kind.__name__, "options": options, **continued(kind, options)}
        for kind, options in [(SGD, {"lr": 0.1, "momentum": 0.9}), (Adam, {"lr": 0.05, "amsgrad": True}),
                              (AdamW, {"lr": 0.05})]
    ]
    lines = [json.dumps(r, separators=(",", ":")) for r in runs]
    ends = [json.dumps(r, separators=(",", ":")) for r in more]
    OUT.write_text(
        '{"torch":' + json.dumps(torch.__version__.split("+")[0]) + ',\n"runs":[\n' + ",\n".join(lines)
        + '\n],\n"continued":[\n' + ",\n".join(ends) + "\n]}\n")
    print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
