"""Trainings that stop in the middle and go on, in PyTorch: the twin of Tests/CheckpointProbe/Resume.swift.

    resume.py record            writes Tests/TorchNNTests/Goldens/resume/torch.pt, from which our test goes on
    resume.py check PROBE       lets the program PROBE (.build/release/checkpoint-probe) train and save, loads its file with
                                torch's defaults, goes on, and wants the losses of PROBE's run without a break; then the
                                same for the committed file swift.pt

Every case is an optimizer with another scheduler; model, scaler, average and random generator go through the file too.
"""

import io
import pathlib
import subprocess
import sys
import tempfile
import warnings

import torch
import torch.utils.serialization
from torch import nn
from torch.optim import lr_scheduler as s
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn

FOLDER = pathlib.Path(__file__).parents[2] / "Tests/TorchNNTests/Goldens/resume"
BEFORE = AFTER = 4
o = torch.optim
warnings.simplefilter("ignore")

CASES = {
    "sgd": (lambda p: o.SGD(p, lr=0.1), lambda x: SWALR(x, swa_lr=0.05, anneal_epochs=5)),
    "momentum": (
        lambda p: o.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True), lambda x: s.StepLR(x, step_size=3)),
    "adam": (lambda p: o.Adam(p, lr=0.01), lambda x: s.CosineAnnealingLR(x, T_max=6)),
    "adamw": (
        lambda p: o.AdamW(p, lr=0.01, amsgrad=True), lambda x: s.OneCycleLR(x, max_lr=0.05, total_steps=12)),
    "rmsprop": (
        lambda p: o.RMSprop(p, lr=0.01, momentum=0.9, centered=True),
        lambda x: s.MultiStepLR(x, milestones=[2, 5, 5], gamma=0.5)),
    "adagrad": (lambda p: o.Adagrad(p, lr=0.1, lr_decay=0.1), lambda x: s.ExponentialLR(x, gamma=0.9)),
    "adadelta": (lambda p: o.Adadelta(p), lambda x: s.LinearLR(x, total_iters=6)),
    "adamax": (lambda p: o.Adamax(p, lr=0.01), lambda x: s.PolynomialLR(x, total_iters=10, power=2)),
    "nadam": (lambda p: o.NAdam(p, lr=0.01), lambda x: s.CosineAnnealingWarmRestarts(x, T_0=3)),
    "radam": (lambda p: o.RAdam(p, lr=0.01), lambda x: s.ConstantLR(x, total_iters=5)),
    "asgd": (lambda p: o.ASGD(p, lr=0.05), lambda x: s.LambdaLR(x, lr_lambda=lambda e: 1 / (e + 1))),
    "rprop": (lambda p: o.Rprop(p, lr=0.01), lambda x: s.MultiplicativeLR(x, lr_lambda=lambda e: 0.9)),
    "adafactor": (
        lambda p: o.Adafactor(p, lr=0.05),
        lambda x: s.CyclicLR(x, base_lr=0.01, max_lr=0.1, step_size_up=3, cycle_momentum=False)),
    "muon": (
        lambda p: o.Muon([t for t in p if t.ndim == 2], lr=0.02),
        lambda x: s.SequentialLR(
            x, schedulers=[s.ConstantLR(x, total_iters=2), s.StepLR(x, step_size=2)], milestones=[3])),
    "chained": (
        lambda p: o.SGD(p, lr=0.1, momentum=0.5),
        lambda x: s.ChainedScheduler([s.ConstantLR(x, total_iters=5), s.ExponentialLR(x, gamma=0.9)])),
    "lbfgs": (
        lambda p: o.LBFGS(p, lr=0.1, max_iter=4, history_size=3),
        lambda x: s.ReduceLROnPlateau(x, factor=0.5, patience=0)),
}


class Run:
    def __init__(self, name):
        torch.manual_seed(7)
        self.name = name
        self.model = nn.Sequential(nn.Linear(4, 6, bias=False), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
        if name == "lbfgs":
            self.model.double()
        optimizer, scheduler = CASES[name]
        self.optimizer = optimizer(list(self.model.parameters()))
        self.scheduler = scheduler(self.optimizer)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
        self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(0.9))

    def train(self, steps):
        losses = []
        for _ in range(steps):
            x, y = torch.randn(8, 4).to(self.model[0].weight.dtype), torch.randint(0, 3, (8,))

            def closure():
                self.optimizer.zero_grad()
                loss = nn.functional.cross_entropy(self.model(x), y)
                loss.backward()
                return loss

            if self.name == "lbfgs":
                loss = self.optimizer.step(closure)
            else:
                self.optimizer.zero_grad()
                loss = nn.functional.cross_entropy(self.model(x), y)
                self.scaler.scale(loss).backward()
                self.scaler.step(self.optimizer)
                self.scaler.update()
            if isinstance(self.scheduler, s.ReduceLROnPlateau):
                self.scheduler.step(loss.item())
            else:
                self.scheduler.step()
            self.average.update_parameters(self.model)
            losses.append(loss.item())
        return losses

    def average_sum(self):
        return sum(v.double().abs().sum().item() for v in self.average.state_dict().values())

    def saved(self):
        return {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(), "scaler": self.scaler.state_dict(),
            "average": self.average.state_dict(), "rng": torch.get_rng_state(),
        }

    def load(self, state):
        self.model.load_state_dict(state["model"], strict=True)
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.scaler.load_state_dict(state["scaler"])
        self.average.load_state_dict(state["average"], strict=True)
        torch.set_rng_state(state["rng"])


def record():
    file = {}
    for name in CASES:
        run = Run(name)
        first = run.train(BEFORE)
        memory = io.BytesIO()
        torch.save(run.saved(), memory)
        memory.seek(0)
        rest = run.train(AFTER)
        # torch's own break: what no reader can better.
        again = Run(name)
        again.load(torch.load(memory))
        assert again.train(AFTER) == rest, f"torch itself does not go on alike: {name}"
        memory.seek(0)
        file[name] = {"before": first, "after": rest, "averageSum": run.average_sum(), "state": torch.load(memory)}
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.save(file, FOLDER / "torch.pt")
    print((FOLDER / "torch.pt").stat().st_size, "bytes by torch", torch.__version__)


def layout(value, skip=()):
    """What a state is made of: kinds, keys, dtypes and shapes."""
    if isinstance(value, torch.Tensor):
        return ("tensor", value.dtype, tuple(value.shape))
    if isinstance(value, dict):
        return (type(value).__name__, {k: layout(v) for k, v in value.items() if k not in skip})
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [layout(v) for v in value])
    # Python code may write 0 for 0.0; both are numbers of the same meaning everywhere in torch.
    return "number" if type(value) in (int, float) else value


def check_file(path):
    file = torch.load(path)
    mapped = torch.load(path, mmap=True)
    torch.utils.serialization.config.load.calculate_storage_offsets = True
    computed = torch.load(path, mmap=True)
    torch.utils.serialization.config.load.calculate_storage_offsets = False
    worst = 0.0
    for name, part in file.items():
        run = Run(name)
        run.train(BEFORE)
        own = run.saved()
        assert part["state"]["model"]._metadata == own["model"]._metadata, name
        for key in own:
            ours, torchs = part["state"][key], own[key]
            assert layout(ours) == layout(torchs), f"{name} {key}:\n{layout(ours)}\n{layout(torchs)}"
        for group, wanted in zip(part["state"]["optimizer"]["param_groups"], own["optimizer"]["param_groups"]):
            assert list(group) == list(wanted), f"{name}: {list(group)} for {list(wanted)}"
        for other in mapped, computed:
            state = other[name]["state"]["model"]
            assert all(torch.equal(v, state[k]) for k, v in part["state"]["model"].items()), name
        run = Run(name)
        run.load(part["state"])
        found = run.train(AFTER) + [run.average_sum()]
        wanted = part["after"] + [part["averageSum"]]
        difference = max(abs(a - b) / max(abs(b), 1e-3) for a, b in zip(found, wanted))
        worst = max(worst, difference)
        print(f"  {name:10} {difference:.1e}")
        assert difference < 2e-5, name
    print(f"{path}: torch goes on from {len(file)} trainings; the largest relative difference is {worst:.1e}")


def check(probe):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/swift.pt"
        subprocess.run([probe, "train", path], check=True)
        check_file(path)
    if (FOLDER / "swift.pt").exists():
        check_file(FOLDER / "swift.pt")


if sys.argv[1:] == ["record"]:
    record()
elif len(sys.argv) == 3 and sys.argv[1] == "check":
    check(sys.argv[2])
else:
    sys.exit(__doc__)
