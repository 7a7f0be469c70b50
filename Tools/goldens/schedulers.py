"""Writes Tests/TorchNNTests/Goldens/schedulers.json: learning rates and state dicts of PyTorch's schedulers.

Each run takes steps of two groups; before step `touched` the rates are changed by hand. `states` holds the state dict
after making the scheduler and in the middle; infinities are texts. `functions`, `utils` and `average` hold what
torch.nn.utils and torch.optim.swa_utils give.
"""

import json
import math
import pathlib
import warnings

import torch
from torch import nn
from torch.optim import lr_scheduler as S
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchNNTests/Goldens/schedulers.json"
STEPS, TOUCHED, MIDDLE = 14, 5, 7

RUNS = [
    ("SGD", S.StepLR, {"step_size": 3, "gamma": 0.5}),
    ("SGD", S.MultiStepLR, {"milestones": [2, 4, 4, 9], "gamma": 0.3}),
    ("SGD", S.ConstantLR, {"factor": 0.25, "total_iters": 6}),
    ("SGD", S.LinearLR, {"start_factor": 0.2, "end_factor": 0.8, "total_iters": 8}),
    ("SGD", S.ExponentialLR, {"gamma": 0.8}),
    ("SGD", S.PolynomialLR, {"total_iters": 9, "power": 1.5}),
    ("SGD", S.CosineAnnealingLR, {"T_max": 4, "eta_min": 0.01}),
    ("SGD", S.CosineAnnealingWarmRestarts, {"T_0": 2, "T_mult": 2, "eta_min": 0.01}),
    ("SGD", S.CyclicLR, {"base_lr": [0.01, 0.02], "max_lr": 0.1, "step_size_up": 3, "step_size_down": 2,
                         "mode": "triangular2"}),
    ("Adam", S.CyclicLR, {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "mode": "exp_range", "gamma": 0.9}),
    ("Adam", S.OneCycleLR, {"max_lr": [0.1, 0.3], "total_steps": 20}),
    ("SGD", S.OneCycleLR, {"max_lr": 0.1, "epochs": 4, "steps_per_epoch": 5, "three_phase": True, "pct_start": 0.4,
                           "anneal_strategy": "linear", "cycle_momentum": False}),
    ("SGD", S.ReduceLROnPlateau, {"factor": 0.5, "patience": 1, "cooldown": 1, "min_lr": [0.001, 0.05]}),
    ("SGD", S.ReduceLROnPlateau, {"mode": "max", "patience": 2, "threshold": 0.1, "threshold_mode": "abs"}),
    ("SGD", SWALR, {"swa_lr": 0.05, "anneal_epochs": 6}),
    ("SGD", SWALR, {"swa_lr": [0.05, 0.01], "anneal_epochs": 0, "anneal_strategy": "linear"}),
    ("SGD", S.LambdaLR, {}),
    ("SGD", S.MultiplicativeLR, {}),
    ("SGD", S.ChainedScheduler, {}),
    ("SGD", S.SequentialLR, {"milestones": [3, 8]}),
]


def metric(step):
    return [1.0, 0.8, 0.81, 0.82, 0.7, 0.7, 0.7, 0.7, 0.69, 0.9, 1.0, 1.2, 1.3, 1.3][step]


def plain(value):
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def make(optimizer, kind, kwargs):
    if kind is S.LambdaLR:
        return kind(optimizer, [lambda e: 0.9**e, lambda e: 1 / (1 + e)])
    if kind is S.MultiplicativeLR:
        return kind(optimizer, lambda e: 0.5 if e % 3 == 0 else 1.0)
    if kind is S.ChainedScheduler:
        return kind([S.ConstantLR(optimizer, factor=0.1, total_iters=4), S.ExponentialLR(optimizer, gamma=0.9)])
    if kind is S.SequentialLR:
        members = [S.LinearLR(optimizer, start_factor=0.1, total_iters=3), S.CosineAnnealingLR(optimizer, T_max=5),
                   S.StepLR(optimizer, step_size=2, gamma=0.5)]
        return kind(optimizer, members, **kwargs)
    return kind(optimizer, **kwargs)


def run(optimizer_name, kind, kwargs):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.4, 0.2)]
    options = {"momentum": 0.9} if optimizer_name == "SGD" else {}
    optimizer = getattr(torch.optim, optimizer_name)(groups, lr=0.1, **options)
    scheduler = make(optimizer, kind, kwargs)

    def momenta():
        return [g["momentum"] if "momentum" in g else g["betas"][0] for g in optimizer.param_groups]

    rates, moments, states = [[g["lr"] for g in optimizer.param_groups]], [momenta()], [plain(scheduler.state_dict())]
    for step in range(STEPS):
        if step == TOUCHED:
            for group in optimizer.param_groups:
                group["lr"] *= 1.5
        optimizer.step()
        scheduler.step(metric(step)) if kind is S.ReduceLROnPlateau else scheduler.step()
        rates.append([g["lr"] for g in optimizer.param_groups])
        moments.append(momenta())
        if step == MIDDLE:
            states.append(plain(scheduler.state_dict()))
    options = plain([{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups])
    return {"optimizer": optimizer_name, "name": kind.__name__, "kwargs": kwargs, "rates": rates, "momenta": moments,
            "states": states, "groups": options}


def bits(t):
    return [f"{v & 0xFFFFFFFF:08x}" for v in t.detach().reshape(-1).view(torch.int32).tolist()]


def utils():
    """Norms of gradients drawn from seed 3, in float32 and float64, and the gradients after clipping, as bits."""
    results = []
    for scale in (0.01, 1.0, 100.0):
        for norm_type in (2.0, 1.0, float("inf"), 3.0, 0.5):
            torch.manual_seed(3)
            grads = [torch.randn(*shape) * scale for shape in ((40, 30), (7,), (3, 5, 11))]
            ps = [torch.zeros_like(g).requires_grad_() for g in grads] + [torch.zeros(2, requires_grad=True)]
            for p, g in zip(ps, grads):
                p.grad = g.clone()
            norm = nn.utils.clip_grad_norm_(ps, 1.5, norm_type)
            exact = nn.utils.get_total_norm([g.double() for g in grads], norm_type).item()
            results.append({"scale": scale, "norm_type": str(norm_type), "norm": bits(norm), "exact": exact,
                            "clipped": [bits(p.grad.reshape(-1)[:6]) for p in ps[:3]]})
    return results


def average():
    """A layer's weights along a path, averaged both ways."""
    results = {}
    for name, avg_fn in (("swa", None), ("ema", get_ema_multi_avg_fn(0.9))):
        torch.manual_seed(5)
        model = nn.Linear(3, 2)
        averaged = AveragedModel(model, multi_avg_fn=avg_fn)
        for i in range(5):
            with torch.no_grad():
                for p in model.parameters():
                    p.mul_(0.7).add_(0.1 * (i + 1))
            averaged.update_parameters(model)
        results[name] = {"keys": list(averaged.state_dict()), "n": int(averaged.n_averaged),
                         "values": [bits(v) for k, v in averaged.state_dict().items() if k != "n_averaged"]}
    return results


def main():
    warnings.simplefilter("ignore")
    runs = [json.dumps(run(*r), separators=(",", ":")) for r in RUNS]
    norms = [json.dumps(r, separators=(",", ":")) for r in utils()]
    OUT.write_text(
        '{"torch":' + json.dumps(torch.__version__.split("+")[0]) + ',\n"runs":[\n' + ",\n".join(runs)
        + '\n],\n"utils":[\n' + ",\n".join(norms) + '\n],\n"average":' + json.dumps(average()) + "}\n")
    print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
