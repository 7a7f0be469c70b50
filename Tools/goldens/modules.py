"""Writes Tests/TorchNNTests/Goldens/modules.json: what nested modules print, what their state dicts hold, what backward
hooks see, and what convolutions with padding modes and pools with indices compute."""

import json
import pathlib
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchNNTests/Goldens/modules.json"


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, stride=2, padding=3)
        self.layers = nn.Sequential(Block(8), Block(8))
        self.heads = nn.ModuleDict({"class": nn.Linear(8, 10), "box": nn.Sequential(nn.Linear(8, 4), nn.Sigmoid())})
        self.extra = nn.ModuleList([nn.Identity(), nn.Identity(), nn.Dropout(0.1)])
        self.scale = nn.Parameter(torch.ones(3))
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("cache", torch.zeros(3), persistent=False)


class Wrapper(Backbone):
    def __init__(self):
        super().__init__()
        self.AuxLogits = nn.Linear(8, 2)
        self.ln_1 = nn.Linear(2, 2)
        self.relu3_1 = nn.ReLU()
        self.tied = self.ln_1

    def extra_repr(self):
        return "depth=2"


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(1, 1)
        self.b = self.a
        self.list = nn.ModuleList([self.a, nn.ReLU()])


REPRS = [
    "Backbone()", "Wrapper()", "Shared()", "nn.MaxPool3d(2)", "nn.MaxPool3d((1, 2, 2), stride=2, padding=(0, 1, 1))",
    "nn.Sequential(nn.ModuleList([nn.ModuleList([nn.ReLU()]), nn.ModuleDict({'a': nn.Tanh()})]))",
    "nn.Sequential(OrderedDict([('block', nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(1, 1)))))]))",
    "nn.ModuleList([nn.ModuleList([nn.ReLU(), nn.ReLU()]), nn.ModuleList([nn.ReLU(), nn.ReLU()]), nn.ModuleList()])",
    "nn.Conv1d(2, 4, 3, padding=1, padding_mode='replicate')", "nn.Conv2d(1, 8, 3, padding='same', padding_mode='circular')",
    "nn.Conv3d(2, 4, (1, 2, 3), stride=(1, 2, 1), padding=(0, 1, 1), dilation=(1, 2, 1), groups=2, bias=False)",
    "nn.Conv2d(1, 8, 3, padding=1, padding_mode='reflect', bias=False)", "nn.Softmax(dim=-1)", "nn.Flatten(2, 3)",
    "nn.Sequential(nn.CrossEntropyLoss(weight=torch.ones(3)), nn.NLLLoss(), nn.L1Loss(reduction='sum'), nn.MSELoss())",
]


class Two(nn.Module):
    def forward(self, a, b):
        return a * 2, a * b


def plain(value):
    if isinstance(value, torch.Tensor):
        return value.tolist()
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def hooks():
    """Each case: what the hooks saw, in order, and the gradients of the leaves."""
    cases = {}

    def watched(module, log):
        module.register_full_backward_hook(lambda m, gi, go: log.append(["full", plain(gi), plain(go)]))
        module.register_full_backward_pre_hook(lambda m, go: log.append(["pre", plain(go)]))
        return module

    def leaves():
        return torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0])

    for name, loss in [("both", lambda x, y: x.sum() + y.sum()), ("second", lambda x, y: y.sum())]:
        log, (a, b) = [], leaves()
        loss(*watched(Two(), log)(a, b)).backward()
        cases["two " + name] = {"log": log, "grad": a.grad.tolist()}

    def linear():
        layer = nn.Linear(2, 1)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[0.5, -2.0]]))
            layer.bias.zero_()
        return layer

    log, layer = [], linear()
    watched(layer, log)(torch.tensor([[1.0, 3.0]])).sum().backward()
    cases["no input gradient"] = {"log": log, "grad": layer.weight.grad.tolist()}

    log, layer, x = [], linear(), torch.tensor([[1.0, 3.0]], requires_grad=True)
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0] * 10,))
    layer.register_full_backward_pre_hook(lambda m, go: (go[0] * 3,))
    watched(layer, log)(x).sum().backward()
    cases["replaced"] = {"log": log, "grad": x.grad.tolist(), "weight": layer.weight.grad.tolist()}

    log, x = [], torch.tensor([[1.0, 3.0]], requires_grad=True)
    model = nn.Sequential(watched(linear(), log), watched(nn.Tanh(), log), watched(nn.Identity(), log))
    (model(x).sum() + model(x * 2).sum()).backward()
    cases["nested, called twice"] = {"log": log, "grad": x.grad.tolist()}
    return cases


def padding():
    cases = []
    for kind, shape, options in [
        (nn.Conv1d, (2, 2, 7), {"kernel_size": 3, "padding": 2}), (nn.Conv1d, (2, 7), {"kernel_size": 4, "padding": "same"}),
        (nn.Conv2d, (1, 2, 5, 6), {"kernel_size": 3, "padding": (1, 2), "stride": 2}),
        (nn.Conv2d, (1, 2, 5, 6), {"kernel_size": (2, 3), "padding": "same", "dilation": 2}),
        (nn.Conv3d, (1, 2, 4, 3, 5), {"kernel_size": 3, "padding": 1}),
    ]:
        for mode in ["zeros", "reflect", "replicate", "circular"]:
            conv = kind(2, 2, padding_mode=mode, **options).double()
            with torch.no_grad():
                for p in conv.parameters():
                    p.copy_(((torch.arange(p.numel()) * 7 % 11).double() / 5 - 1).view_as(p))
            n = torch.Size(shape).numel()
            x = ((torch.arange(n) * 5 % 13).double() / 4).view(shape).requires_grad_()
            y = conv(x)
            (y * y).sum().backward()
            cases.append({"kind": kind.__name__, "shape": shape, "mode": mode, **options, "outShape": list(y.shape),
                          "out": y.flatten().tolist(), "grad": x.grad.flatten().tolist()})
    return cases


def pools():
    cases = []
    for dims, shape, options in [
        (1, (2, 2, 9), {"kernel_size": 3}), (1, (2, 9), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
        (2, (1, 2, 5, 6), {"kernel_size": 2}), (2, (2, 5, 6), {"kernel_size": (3, 2), "stride": 1, "padding": (1, 0)}),
        (2, (1, 1, 7, 7), {"kernel_size": 3, "stride": 2, "dilation": 2, "ceil_mode": True}),
        (3, (1, 2, 4, 5, 6), {"kernel_size": 2}), (3, (2, 4, 5, 6), {"kernel_size": (2, 3, 2), "stride": 2, "padding": 1}),
        (3, (1, 1, 5, 5, 5), {"kernel_size": 2, "stride": 2, "ceil_mode": True}),
    ]:
        n = torch.Size(shape).numel()
        x = ((torch.arange(n) * 29 % 53).float()).view(shape).requires_grad_()
        pool = [F.max_pool1d_with_indices, F.max_pool2d_with_indices, F.max_pool3d_with_indices][dims - 1]
        y, indices = pool(x, **options)
        (y * y).sum().backward()
        cases.append({"dims": dims, "shape": shape, **options, "outShape": list(y.shape), "out": y.flatten().tolist(),
                      "indices": indices.flatten().tolist(), "grad": x.grad.flatten().tolist()})
    return cases


def main():
    scope = dict(globals())
    wrapper = Wrapper()
    golden = {
        "torch": torch.__version__.split("+")[0], "reprs": {e: repr(eval(e, scope)) for e in REPRS},
        "stateKeys": list(wrapper.state_dict()), "parameters": [n for n, _ in wrapper.named_parameters()],
        "buffers": [n for n, _ in wrapper.named_buffers()], "modules": [n for n, _ in wrapper.named_modules()],
        "children": [n for n, _ in wrapper.named_children()], "sharedModules": [n for n, _ in Shared().named_modules()],
        "sharedKeys": list(Shared().state_dict()),
        "hooks": hooks(), "padding": padding(), "pools": pools(),
    }
    OUT.write_text("{" + ",\n".join(json.dumps(k) + ":" + json.dumps(v, separators=(",", ":")) for k, v in golden.items())
                   + "}\n")
    print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
