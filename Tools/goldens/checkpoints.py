"""Writes Tests/TorchTests/Goldens/checkpoints: small files of torch.save, and expected.json with what torch holds of them.

Every value is described as JSON: {"tensor": {dtype, shape, stride, offset, storage, grad, values}} and so on, where
"storage" numbers the storages of one file in the order of their first use and "values" are the elements' bytes in hex,
row by row. Scalars and arrays of NumPy are described as the values and tensors that they become.

lpips/*.pth are weights of the package lpips 0.1.4, unchanged, with its licence; they are read here and not written.
"""

import collections
import io
import json
import pathlib
import pickle
import struct
import sys
import zipfile

import numpy as np
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
        if isinstance(v, np.ndarray):
            # The array stays alive in the value, so that its address is its own.
            key = self.storages.setdefault(id(v), len(self.storages))
            t = torch.from_numpy(v.astype(v.dtype.newbyteorder("="), order="K", copy=False))
            # What strides an array of nothing has, NumPy leaves to chance.
            t = t if t.numel() else torch.empty(v.shape, dtype=t.dtype)
            return self(t) | {"tensor": self(t)["tensor"] | {"storage": key}}
        if isinstance(v, np.dtype):
            return {"dtype": f"torch.{v.name}"}
        if isinstance(v, (np.generic, np.bool_)):
            return self(v.item())
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


def arrays():
    a = np.arange(6, dtype="<i4").reshape(2, 3)
    return {
        "array": a, "again": a, "big": a.astype(">i2"), "fortran": np.asfortranarray(a.astype("f8")),
        "double": np.float64(0.1), "float": np.float32(0.1), "half": np.float16(-6e-8), "nan": np.float16("nan"),
        "int": np.int64(-5), "short": np.int16(-300), "byte": np.uint8(200), "swapped": np.dtype(">i4").type(7),
        "huge": np.uint64(2**63), "bool": np.bool_(True), "complex": np.complex64(1 - 2j),
        "text": np.str_("h\u00e9\U0001f642"), "bytes": np.bytes_(b"a\0b"), "number": np.array(2.5, "f4"),
        "flags": np.array([True, False]), "empty": np.zeros((2, 0, 3), "f2"), "dtype": np.dtype("f4"),
        "nested": [np.float64(1.5), {"x": np.ones(2, "f4")}],
    }


class Pickle:
    """Pickles as old versions of torch wrote them, which this one reads and does not write."""

    @staticmethod
    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    @classmethod
    def storage(cls, kind, key, count, view=None):
        part = b"N" if view is None else b"(" + cls.text(view[0]) + bytes([75, view[1], 75, view[2]]) + b"t"
        return (b"(" + cls.text("storage") + f"ctorch\n{kind}\n".encode() + cls.text(key) + cls.text("cpu")
                + bytes([75, count]) + part + b"tQ")

    @staticmethod
    def place(offset, size, stride=1):
        return bytes([75, offset, 75, size, 0x85, 75, stride, 0x85])

    @classmethod
    def tensor(cls, storage, *place):
        return b"ctorch._utils\n_rebuild_tensor\n(" + storage + cls.place(*place) + b"tR"

    @classmethod
    def dictionary(cls, **values):
        return b"\x80\x02}(" + b"".join(cls.text(k) + v for k, v in values.items()) + b"u."


def legacy(value, storages=(), little_endian=True):
    """A file around the pickle of a value and (key, format of struct, numbers)."""
    head = [0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": little_endian, "type_sizes": {}}]
    data = b"".join(struct.pack(f"<q{len(v)}{f}", len(v), *v) for _, f, v in storages)
    return b"".join(pickle.dumps(x, 2) for x in head) + value + pickle.dumps([k for k, _, _ in storages], 2) + data


def old_legacy():
    """Parts of storages, tensors and parameters made by their classes."""
    p = Pickle
    whole, none = p.storage("FloatStorage", "k", 6), b"ccollections\nOrderedDict\n)R"
    part, other = p.storage("FloatStorage", "k", 6, ("v", 2, 3)), p.storage("LongStorage", "n", 2)
    parameter = b"ctorch.nn.parameter\nParameter\n"
    return legacy(
        p.dictionary(
            whole=p.tensor(whole, 0, 6), part=p.tensor(part, 0, 3), part_again=p.tensor(part, 1, 2),
            every_second=p.tensor(whole, 0, 3, 2), ints=p.tensor(other, 0, 2),
            new=b"ctorch\nFloatTensor\n)\x81(" + whole + p.place(1, 2) + b"tb",
            reduced=b"ctorch\nTensor\n)R(" + whole + p.place(3, 1) + b"tb",
            parameter=parameter + p.tensor(whole, 0, 2) + b"\x85R\x88\x89" + none + b"\x87b",
            frozen=parameter + p.tensor(whole, 0, 2) + b"\x85\x81\x89\x89" + none + b"\x87b",
            older=parameter + p.tensor(whole, 0, 2) + b"\x85R(" + p.tensor(whole, 4, 2) + b"N" + none + b"\x89\x89tb",
        ),
        [("k", "f", [1, 2, 3, 4, 5, 6]), ("n", "q", [7, -8])])


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

    # The format before torch 1.6.
    old = {"_use_new_zipfile_serialization": False}
    write("legacy", save(tensors(), **old), tensors())
    write("legacy-training", save(training(), **old), training())
    write("legacy-values", save(values(), **old), values())
    # This format keeps where the classes' sources lie. Whose machine that was is nobody's business; the length must stay.
    prefix = sys.prefix.encode()
    write("legacy-whole", save(model, **old).replace(prefix, b"/opt/python"[: len(prefix)].ljust(len(prefix), b"x")),
          model.state_dict())
    # torch writes little-endian numbers everywhere and does not look at this flag.
    big = save(small, **old)
    flag = big.index(b"little_endian") + len("little_endian") + 2
    assert big[flag:flag + 1] == b"\x88"
    big = big[:flag] + b"\x89" + big[flag + 1:]
    write("legacy-bigendian", big, torch.load(io.BytesIO(big)))
    write("legacy-old", old_legacy(), torch.load(io.BytesIO(old_legacy())))
    empty = torch.empty(0)
    empties = [empty, empty.view(torch.int32)]
    write("empties", save(empties), torch.load(io.BytesIO(save(empties))))
    write("legacy-empties", save(empties, **old), empties)
    for protocol in 0, 1:
        texts = values() | {"letters": "a\\b'\"\n\t\x7f\x80\u0101"}
        del texts["size"], texts["no size"], texts["device"], texts["gpu"], texts["dtype"], texts["complex dtype"]
        file = legacy(pickle.dumps(texts, protocol))
        write(f"legacy-protocol{protocol}", file, torch.load(io.BytesIO(file), weights_only=False))
    # As Python 2 wrote them: str in quotes, long with its letter, octal and other escapes.
    file = legacy(b"(dp0\nS'a\\x41\\n\\'\\101'\np1\nL-12345678901234567890L\nsg1\nI-7\nsS\"b\"\nF-1.5e3\ns.")
    write("legacy-python2", file, torch.load(io.BytesIO(file), weights_only=False))
    for key in "alex", "vgg", "squeeze":
        expected[f"lpips/{key}"] = Describer()(torch.load(OUT / f"lpips/{key}.pth", map_location="cpu"))

    # Values of NumPy, which weights_only refuses.
    write("numpy", save(arrays()), arrays())
    write("numpy5", save(arrays(), pickle_protocol=5), arrays())
    before = save(arrays(), **old).replace(b"numpy._core.", b"numpy.core.")
    write("legacy-numpy", before, torch.load(io.BytesIO(before), weights_only=False))
    for data in save(arrays()), before:
        try:
            torch.load(io.BytesIO(data))
            raise AssertionError("torch reads values of NumPy without being told to")
        except pickle.UnpicklingError:
            pass
    unknown = {"u2": np.ones(2, "u2"), "c8": np.ones(2, "c8"), "texts": np.array(["a"]), "objects": np.array([None, 1]),
               "records": np.zeros(1, [("a", "f4")]), "date": np.datetime64("2020-01-01"), "f": np.ones(2, "f4"),
               "long": np.longdouble(1), "type": np.float64}
    (OUT / "numpy-unknown.pt").write_bytes(save(unknown))

    # What is not read, each by its own error.
    (OUT / "complex.pt").write_bytes(save({"c": torch.ones(2, dtype=torch.complex64), "f": torch.ones(2)}))
    (OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print({p.name: p.stat().st_size for p in sorted(OUT.glob("*.pt"))}, torch.__version__, file=sys.stderr)


main()
