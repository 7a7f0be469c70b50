"""Writes the fuzzer's seeds, Tests/Fuzz/corpus/*/seed-*: small files that PyTorch, Python and NumPy wrote, one folder a reader.

What the fuzzer itself found is kept beside them (Tools/fuzz/run --keep); this script leaves it alone. Legacy files name
storages by their addresses, so that those differ each time.
"""

import collections
import gzip
import io
import json
import pathlib
import pickle
import struct
import sys
import tarfile
import zipfile

import numpy
import torch
from torch import nn

OUT = pathlib.Path(__file__).parents[2] / "Tests/Fuzz/corpus"
PICTURES = pathlib.Path(__file__).parents[2] / "Tests/TorchVisionTests/Goldens/images"
FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/TorchTests/Goldens/checkpoints"


def write(reader, name, content):
    folder = OUT / reader
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(content)


def wide(value):
    """The same with every tensor in a storage of 64 bytes, which is what the pickle reader's archive has."""
    if isinstance(value, torch.Tensor):
        count = 64 // value.element_size()
        storage = torch.zeros(count, dtype=value.dtype)
        view = storage.as_strided(value.shape, value.stride(), 0)
        return nn.Parameter(view) if isinstance(value, nn.Parameter) else view
    if type(value) in (dict, collections.OrderedDict):
        return type(value)((key, wide(part)) for key, part in value.items())
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)(wide(part) for part in value)
    if isinstance(value, nn.Module):
        for module in value.modules():
            for part in module._parameters, module._buffers:
                part.update(wide(part))
    return value


def saved(value, **options):
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def tar(kind):
    """A folder, a file in it, and one with a long name; a time with a fraction where there is a place for it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=kind) as archive:
        folder = tarfile.TarInfo("d")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name in "d/f", "d/" + "n" * 60 + "/" + "m" * 60:
            file = tarfile.TarInfo(name)
            file.size = 3
            file.mtime = 1.5 if kind == tarfile.PAX_FORMAT else 1
            archive.addfile(file, io.BytesIO(b"abc"))
    # Two blocks of zeros end it; the rest fills a tape.
    return stream.getvalue().rstrip(b"\0") + bytes(-len(stream.getvalue().rstrip(b"\0")) % 512 + 1024)


def pickle_of(file):
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return next(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))


def values():
    return {
        "epoch": 3, "loss": 0.5, "name": "net", "flags": (True, False, None), "raw": b"\x00\xff", "big": 1 << 70,
        "size": torch.Size([2, 3]), "device": torch.device("cuda:1"), "dtype": torch.bfloat16, "set": {1, 2},
        "complex": 1 + 2j, "order": collections.OrderedDict(a=1), "count": collections.Counter("aab"),
        "array": bytearray(b"xyz"), 7: [[], [[]], {}],
    }


def tensors():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    return {
        "base": base, "turned": base.t(), "part": base[1:, ::2], "bool": torch.tensor([True, False]),
        "half": torch.ones(2, dtype=torch.bfloat16), "parameter": nn.Parameter(torch.ones(2)), "empty": torch.empty(0, 3),
    }


def training(make=torch.optim.Adam):
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    optimizer = make(model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    model(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    scheduler.step()
    return {
        "epoch": 1, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()
    }


def safetensors(header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def zipped(*entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def tar(name):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(name))
    return stream.getvalue()[:1024]


def formats():
    """A file of each kind that is told from the others."""
    array = io.BytesIO()
    numpy.save(array, numpy.zeros(2, dtype=numpy.float32))
    return {
        "zip": saved({"a": torch.zeros(2)}),
        "legacy": saved({"a": 1}, _use_new_zipfile_serialization=False),
        "old-version": zipped(("a/data.pkl", pickle.dumps({}, 2)), ("a/.data/version", "3\n"), ("a/byteorder", "big")),
        "script": zipped(("net/data.pkl", pickle.dumps({}, 2)), ("net/constants.pkl", b"."), ("net/code/", b"")),
        "npz": zipped(("a.npy", array.getvalue())), "keras": zipped(("model.weights.h5", b"")),
        "zip-of-weights": zipped(("net.pth", b"")), "other-zip": zipped(("x", b"")), "npy": array.getvalue(),
        "safetensors": safetensors({}, b""), "index": b' {"weight_map": {}}', "tar": tar("x"), "torch01": tar("sys_info"),
        "lfs": b"version https://git-lfs.github.com/spec/v1\n", "gzip": gzip.compress(b"x", mtime=0), "gguf": b"GGUF\3\0\0\0",
        "page": b"\n<!DOCTYPE html><html></html>", "pickle": pickle.dumps([1], 4), "text": b"hello\n",
    }


def main():
    torch.manual_seed(0)
    # The legacy format keeps the source of modules; the seeds carry none of it.
    torch.serialization.get_source_lines_and_file = lambda *_, **__: (["pass\n"], 1, "net.py")
    files = {
        "values": values(), "tensors": tensors(), "training": training(), "numpy": {
            "scalar": numpy.float64(1.5), "array": numpy.arange(4, dtype=numpy.int16).reshape(2, 2),
            "flag": numpy.bool_(True),
        },
        "model": nn.Sequential(collections.OrderedDict(one=nn.Linear(1, 1), two=nn.BatchNorm1d(1))),
    }
    for name, value in files.items():
        file = saved(value)
        write("checkpoint", name, file)
        write("checkpoint", f"legacy-{name}", saved(value, _use_new_zipfile_serialization=False))
        write("pickle", name, pickle_of(saved(wide(value))))
    for name in "Adam", "SGD", "Rprop":
        options = {"Adam": {"amsgrad": True}, "SGD": {"lr": 0.1, "momentum": 0.9}}.get(name, {})
        state = training(lambda parameters: getattr(torch.optim, name)(parameters, **options))
        write("training", name, pickle_of(saved(wide(state))))
    # A list that holds itself.
    state = wide(training())
    circle = []
    circle.append(circle)
    state["optimizer"]["state"][0].update(circle=circle)
    state["scheduler"].update(circle=circle)
    write("training", "circle", pickle_of(saved(state)))
    for protocol in 3, 4, 5:
        write("pickle", f"protocol{protocol}", pickle_of(saved(values(), pickle_protocol=protocol)))
    for name in "bigendian", "deflated":
        write("checkpoint", name, (FIXTURES / f"{name}.pt").read_bytes())

    write("safetensors", "two", safetensors(
        {"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
         "b": {"dtype": "BOOL", "shape": [3], "data_offsets": [8, 11]},
         "c": {"dtype": "BF16", "shape": [], "data_offsets": [11, 13]}}, bytes(13)))
    write("safetensors", "none", safetensors({}, b""))
    write("safetensors", "empty", safetensors({"e": {"dtype": "I64", "shape": [0, 4], "data_offsets": [0, 0]}}, b""))
    for name, places in ("two", {"a": "one", "c": "two"}), ("all", {"b": "one", "c": "two", "a": "one"}), ("none", {}):
        places = {key: f"{file}.safetensors" for key, file in places.items()}
        write("index", name, json.dumps({"metadata": {"total_size": 12}, "weight_map": places}).encode())
    write("index", "strange", b' {"weight_map": {"a": "one.safetensors", "x": "../two.safetensors", "c": 1}}')
    for name, content in formats().items():
        write("format", name, content)
    write("json", "all", rb'{"a":[1,-2.5e3,true,false,null,"x\u00e9\ud83d\ude00\n\\\"\/"],"b":{"":{}},"c":0}')
    write("json", "number", b" 9223372036854775807 ")

    def idx(kind, sizes, data):
        return bytes([0, 0, kind, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes) + data

    write("idx", "bytes", idx(8, [2, 3], bytes(6)))
    write("idx", "floats", idx(0x0d, [2], struct.pack(">2f", 1, 2)))
    write("idx", "doubles", idx(0x0e, [1, 1], struct.pack(">d", 1)))
    write("idx", "packed", gzip.compress(idx(0x0b, [2, 2], bytes(8)), mtime=0))
    write("csv", "plain", b'epoch,"a,""b""",loss\n1,,0.5\n2,nan,inf\n3,1e-5,-inf\n')
    write("jsonl", "plain", b'{"epoch":1,"loss":"nan"}\n{"epoch":2,"loss":-1.5e-3,"x":"-inf"}\n')

    write("tar", "gnu", tar(tarfile.GNU_FORMAT))
    write("tar", "ustar", tar(tarfile.USTAR_FORMAT))
    write("tar", "pax", tar(tarfile.PAX_FORMAT))
    write("tar", "packed", gzip.compress(tar(tarfile.GNU_FORMAT), mtime=0))

    # The least of each kind.
    for kind in "png-0-1", "png-3-4-interlaced", "png-2-16", "png-0-16", "png-6-8-interlaced":
        write("image", kind, (PICTURES / f"{kind}.png").read_bytes())
    for kind in "jpeg", "bmp", "portable":
        for path in sorted(PICTURES.glob(f"{kind}-*"), key=lambda path: path.stat().st_size)[:12]:
            write("image", path.stem, path.read_bytes())

    for order, dtype, shape in ("C", "<f4", (2, 3)), ("F", ">i8", (3, 2)), ("C", "|b1", (2,)), ("C", "<f2", ()):
        stream = io.BytesIO()
        numpy.save(stream, numpy.zeros(shape, dtype=dtype, order=order))
        name = f"{order}{dtype[1:]}"
        write("npy", name, stream.getvalue())
    for name, save in ("stored", numpy.savez), ("packed", numpy.savez_compressed):
        stream = io.BytesIO()
        save(stream, a=numpy.arange(3, dtype=numpy.float32), b=numpy.ones((2, 2), dtype=numpy.int64, order="F"))
        write("npz", name, stream.getvalue())


if __name__ == "__main__":
    sys.exit(main())
