"""Writes Tests/TorchNNTests/Goldens/optim.json: where PyTorch's optimizers take a parameter, with every option.

The objective is sum((p - 1)^2 + 0.3 p) over 37 numbers from -1.5 to 2.1; runs are ten steps long. `continued` holds a
state dict in the middle of a run of two groups, and where the run goes from there.
"""

import json
import pathlib

import torch
from torch.optim import (
    ASGD, LBFGS, SGD, Adadelta, Adafactor, Adagrad, Adam, Adamax, AdamW, Muon, NAdam, RAdam, RMSprop, Rprop)

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

# With a shape, the parameter is a matrix of the first numbers.
MORE = [
    (Adadelta, {}), (Adadelta, {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    (Adagrad, {}), (Adagrad, {"lr": 0.1, "lr_decay": 0.2, "initial_accumulator_value": 0.3, "eps": 1e-3}),
    (Adagrad, {"lr": 0.1, "weight_decay": 0.2, "maximize": True}),
    (Adamax, {}), (Adamax, {"lr": 0.05, "betas": (0.6, 0.8), "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    (ASGD, {}), (ASGD, {"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "t0": 3, "weight_decay": 0.1}),
    (ASGD, {"lr": 0.05, "t0": 0, "maximize": True}),
    (NAdam, {}), (NAdam, {"lr": 0.05, "betas": (0.6, 0.8), "eps": 1e-3, "momentum_decay": 0.3}),
    (NAdam, {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True, "maximize": True}),
    (NAdam, {"lr": 0.05, "weight_decay": 0.3}),
    (RAdam, {}), (RAdam, {"lr": 0.05, "betas": (0.6, 0.9), "eps": 1e-3, "weight_decay": 0.3}),
    (RAdam, {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True, "maximize": True}),
    (RMSprop, {}), (RMSprop, {"lr": 0.05, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.5}),
    (RMSprop, {"lr": 0.02, "centered": True}),
    (RMSprop, {"lr": 0.02, "centered": True, "momentum": 0.9, "maximize": True}),
    (Rprop, {}), (Rprop, {"lr": 0.3, "etas": (0.4, 1.7), "step_sizes": (0.01, 0.6)}),
    (Rprop, {"lr": 0.3, "maximize": True}),
    (Adafactor, {}), (Adafactor, {"lr": 0.5, "eps": (1e-3, 0.1), "d": 2.0, "weight_decay": 0.1, "beta2_decay": -0.5}),
    (Adafactor, {"shape": (5, 7)}), (Adafactor, {"lr": 0.5, "maximize": True, "shape": (2, 3, 6)}),
    (Muon, {"shape": (5, 7)}), (Muon, {"lr": 0.02, "nesterov": False, "momentum": 0.5, "shape": (9, 4)}),
    (Muon, {"lr": 0.02, "adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.0, "ns_steps": 3, "shape": (3, 12)}),
]


def start(dtype, shape=(37,)):
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float64) / 10 - 1.5).to(dtype).reshape(shape).requires_grad_()


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
    options = dict(options)
    p = start(dtype, options.pop("shape", (37,)))
    optimizer = kind([p], **options)
    for _ in range(10):
        step(optimizer, [p])
    return {"param": p.flatten().tolist(), "state": plain(optimizer.state_dict())}


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


def lbfgs(options, dtype):
    """Three steps down Rosenbrock's valley; the state after each, and a run that goes on from the first one's."""
    p = torch.tensor([-1.2, 1.0, 0.5, -0.7, 0.3, 1.9], dtype=dtype).requires_grad_()
    q = torch.tensor([[0.4], [-0.6]], dtype=dtype).requires_grad_()
    optimizer = LBFGS([p, q], **options)
    sign = -1 if options.get("maximize") else 1

    def closure():
        optimizer.zero_grad()
        valley = 100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2
        loss = sign * (valley.sum() + ((q - 2) ** 4).sum() + (p[0] * q).sum())
        loss.backward()
        return loss

    steps = []
    for _ in range(3):
        loss = optimizer.step(closure).item()
        state = plain(optimizer.state_dict())
        steps.append({"loss": loss, "params": [p.tolist(), q.flatten().tolist()], "state": state})
    return steps


def main():
    torch.set_printoptions(precision=17)
    runs = [
        {"kind": kind.__name__, "options": options, "float64": run(kind, options, torch.float64),
         "float32": run(kind, options, torch.float32)["param"]}
        for kind, options in RUNS + MORE
    ]
    more = [
        {"kind": kind.__name__, "options": options, **continued(kind, options)}
        for kind, options in [(SGD, {"lr": 0.1, "momentum": 0.9}), (Adam, {"lr": 0.05, "amsgrad": True}),
                              (AdamW, {"lr": 0.05}),
                              (Adadelta, {"lr": 0.5}), (Adagrad, {"lr": 0.1, "initial_accumulator_value": 0.2}),
                              (Adamax, {"lr": 0.05}), (ASGD, {"lr": 0.05, "t0": 2}), (NAdam, {"lr": 0.05}),
                              (RAdam, {"lr": 0.05, "betas": (0.6, 0.9)}), (RMSprop, {"lr": 0.02, "momentum": 0.5}),
                              (Rprop, {"lr": 0.1}), (Adafactor, {"lr": 0.3})]
    ]
    valleys = [
        {"options": options, "steps": lbfgs(options, torch.float64)}
        for options in [{"max_iter": 4, "lr": 0.01, "history_size": 9},
                        {"max_iter": 3, "history_size": 9, "line_search_fn": "strong_wolfe"},
                        {"max_iter": 6, "history_size": 2, "line_search_fn": "strong_wolfe", "maximize": True},
                        {"max_iter": 20, "max_eval": 7, "history_size": 4, "line_search_fn": "strong_wolfe"}]
    ]
    lines = [json.dumps(r, separators=(",", ":")) for r in runs]
    downs = [json.dumps(r, separators=(",", ":")) for r in valleys]
    ends = [json.dumps(r, separators=(",", ":")) for r in more]
    OUT.write_text(
        '{"torch":' + json.dumps(torch.__version__.split("+")[0]) + ',\n"runs":[\n' + ",\n".join(lines)
        + '\n],\n"continued":[\n' + ",\n".join(ends)
        + '\n],\n"lbfgs":[\n' + ",\n".join(downs) + "\n]}\n")
    print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
