"""Writes Tests/TorchTests/Goldens/checkpoints: small files of torch.save, and expected.json with what torch holds of them.

Every value is described as JSON: {"tensor": {dtype, shape, stride, offset, storage, grad, values}} and so on, where
"storage" numbers the storages of one file in the order of their first use and "values" are the elements' bytes in hex,
row by row.
"""

import collections
import io
import json
import pathlib
import sys
import zipfile

import torch
from torch import nn

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchTests/Goldens/checkpoints"
DTYPES = "uint8 int8 int16 int32 int64 float16 float32 float64 bool bfloat16".split()


def hexes(t):
    t = t.detach().contiguous().clone().reshape(-1)
    return bytes(t.view(torch.uint8).tolist()).hex() if t.numel() else ""


class Describer:
    def __init__(self):
        self.storages = {}

    def __call__(self, v):
        if v is None:
            return {"none": True}
        if isinstance(v, torch.Tensor):
            key = self.storages.setdefault(v.untyped_storage()._cdata, len(self.storages))
            return {
                "tensor": {
                    "dtype": str(v.dtype).removeprefix("torch."), "shape": list(v.shape), "stride": list(v.stride()),
                    "offset": v.storage_offset(), "storage": key, "grad": v.requires_grad, "values": hexes(v),
                }
            }
        if isinstance(v, bool):
            return {"bool": v}
        if isinstance(v, int):
            return {"int": str(v)}
        if isinstance(v, float):
            return {"double": v.hex()}
        if isinstance(v, complex):
            return {"complex": [v.real.hex(), v.imag.hex()]}
        if isinstance(v, str):
            return {"string": v}
        if isinstance(v, (bytes, bytearray)):
            return {"bytes": bytes(v).hex()}
        if isinstance(v, torch.Size):
            return {"size": list(v)}
        if isinstance(v, torch.device):
            return {"device": str(v)}
        if isinstance(v, torch.dtype):
            return {"dtype": str(v)}
        if isinstance(v, list):
            return {"list": [self(x) for x in v]}
        if isinstance(v, tuple):
            return {"tuple": [self(x) for x in v]}
        if isinstance(v, set):
            return {"set": [self(x) for x in v]}
        if isinstance(v, dict):
            return {"dict": [[self(k), self(x)] for k, x in v.items()]}
        raise TypeError(type(v))


def tensors():
    torch.manual_seed(3)
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    weight = torch.randn(3, 4)
    state = collections.OrderedDict()
    for name in DTYPES:
        dtype = getattr(torch, name)
        state[f"dtype.{name}"] = (torch.tensor([[0, 1, 2], [3, 100, 7]]) % 2 == 1) if name == "bool" else (
            torch.tensor([[0, 1, 2], [3, 100, 7]]).to(dtype) / 3 if dtype.is_floating_point
            else torch.tensor([[0, 1, 2], [3, 100, 7]]).to(dtype))
    state["special"] = torch.tensor([float("nan"), float("inf"), -0.0, 1e-45, 3.4e38])
    state["base"] = base
    state["base.turned"] = base.transpose(0, 2)
    state["base.part"] = base[1, 1:, ::2]
    state["base.number"] = base[1, 2, 3]
    state["expanded"] = torch.tensor([5.0]).expand(4, 3)
    state["scalar"] = torch.tensor(2.5, dtype=torch.float64)
    state["empty"] = torch.empty(0, 3)
    state["empty.part"] = torch.zeros(3, 4)[3:, 4:]
    state["channels.last"] = torch.randn(1, 2, 2, 2).to(memory_format=torch.channels_last)
    state["tied.a"] = weight
    state["tied.b"] = weight
    state["parameter"] = nn.Parameter(torch.randn(2))
    state["frozen"] = nn.Parameter(torch.randn(2), requires_grad=False)
    state["wants.grad"] = torch.ones(2, requires_grad=True)
    state["ключ \"q\"\n"] = torch.tensor([1])
    return state


def net():
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sequential(nn.PReLU(), nn.Linear(3, 1, bias=False)))


def training():
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(2):
        loss = model(torch.randn(4, 2)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {
        "epoch": 7, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
        "loss": loss.item(), "best": loss.detach(), "name": "run 1", "notes": None, "done": False,
    }


def values():
    shared = [1, 2]
    return {
        "ints": [0, 1, -1, 255, 256, 65535, 65536, -(2**31), 2**31, 2**63 - 1, -(2**63)],
        "big": [2**63, -(2**63) - 1, 2**100, -(2**100)],
        "floats": [0.5, -0.0, 1e300, float("inf")], "complex": 1.5 - 2j, "texts": ["", "a", "Grüße 🙂", "x" * 300],
        "bytes": b"\x00\x01\xff", "bytearray": bytearray(b"ab"), "no bytes": b"", "set": {3}, "tuple": (), "nested": (1, (2, [3, {4: (5, 6, 7, 8)}])),
        "size": torch.Size([2, 3]), "no size": torch.Size([]), "device": torch.device("cpu"), "gpu": torch.device("cuda:1"),
        "dtype": torch.float16, "complex dtype": torch.complex64, "shared": [shared, shared],
        1: "int key", None: "none key", (1, 2): "tuple key", "counter": collections.Counter("aab"),
        "ordered": collections.OrderedDict([("z", 1), ("a", 2)]), True is None: "bool key",
    }


def save(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    expected = {}

    def write(name, data, value):
        (OUT / f"{name}.pt").write_bytes(data)
        expected[name] = Describer()(value)

    write("tensors", save(tensors()), tensors())
    write("training", save(training()), training())
    write("values", save(values()), values())
    for protocol in 3, 4, 5:
        value = {"weights": tensors()["base.part"], "values": values()}
        write(f"protocol{protocol}", save(value, pickle_protocol=protocol), value)
    model = net()
    write("whole", save(model), model.state_dict())

    # The same tensors as a big-endian machine writes them: torch swaps on saving when it is told to pretend.
    small = {"f": torch.tensor([1.5, -2.0]), "i": torch.arange(3)[1:], "h": torch.tensor([1, 2], dtype=torch.float16),
             "d": torch.tensor(0.1, dtype=torch.float64), "b": torch.tensor([True, False])}
    little = zipfile.ZipFile(io.BytesIO(save(small)))
    sizes = [v.element_size() for v in small.values()]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as big:
        for info in little.infolist():
            data = little.read(info)
            folder, _, name = info.filename.partition("/")
            if name == "byteorder":
                data = b"big"
            elif name.startswith("data/"):
                size = sizes[int(name.removeprefix("data/"))]
                data = b"".join(data[i:i + size][::-1] for i in range(0, len(data), size))
            big.writestr(info.filename, data)
    loaded = torch.load(io.BytesIO(file.getvalue()))
    assert all(torch.equal(loaded[k], small[k]) for k in small), "torch reads the patched file differently"
    write("bigendian", file.getvalue(), small)

    # Packed by another program.
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for info in little.infolist():
            packed.writestr(info.filename, little.read(info))
    write("deflated", file.getvalue(), small)

    # What is not read, each by its own error.
    (OUT / "legacy.pt").write_bytes(save({"a": torch.ones(2)}, _use_new_zipfile_serialization=False))
    (OUT / "complex.pt").write_bytes(save({"c": torch.ones(2, dtype=torch.complex64), "f": torch.ones(2)}))
    (OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print({p.name: p.stat().st_size for p in sorted(OUT.iterdir())}, torch.__version__, file=sys.stderr)


main()
