"""Writes Tests/TorchTests/Goldens/safetensors: files of the Python package `safetensors`, which ours must equal byte by byte, and
files that it reads though no writer of ours makes them. SafetensorsGoldenTests.swift says what each holds.
"""

import json
import pathlib
import struct
import sys

import safetensors
import torch
from safetensors.torch import load_file, save_file

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchTests/Goldens/safetensors"
DTYPES = "uint8 int8 int16 int32 int64 float16 float32 float64 bool bfloat16".split()


def counted(dtype, *shape):
    count = torch.Size(shape).numel()
    return torch.arange(count).to(getattr(torch, dtype)).reshape(shape)


def raw(name, header, data):
    text = json.dumps(header).encode()
    path = OUT / f"{name}.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return load_file(path)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    tensors = {f"dtype.{name}": counted(name, 2, 3) for name in reversed(DTYPES)}
    tensors |= {
        "b": counted("float32", 1), "B": counted("float32", 2), "empty": counted("float32", 0, 3), "scalar": torch.tensor(2.5),
        "10": counted("int64", 1), "9": counted("int64", 1), "ключ \"q\"\\\n\t\b\f\x01\x7f/": counted("int64", 2),
        "Ä": counted("uint8", 1), "z": counted("uint8", 1),
    }
    save_file(tensors, OUT / "all.safetensors", metadata={"format": "pt"})
    save_file({"w": counted("float32", 2, 2)}, OUT / "plain.safetensors")
    save_file({}, OUT / "none.safetensors")
    save_file({
        "a": counted("float32", 2), "u16": counted("uint16", 2), "u32": counted("uint32", 2), "u64": counted("uint64", 2),
        "c64": counted("complex64", 2), "f8": counted("float8_e4m3fn", 2), "f8e5m2": counted("float8_e5m2", 2),
        "f4": torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
    }, OUT / "strange.safetensors")

    # float32 after one byte, in a header that is not padded either; extra fields; the header in another order than the data.
    loaded = raw("crooked", {
        "f": {"dtype": "F32", "shape": [3], "data_offsets": [1, 13], "note": 1},
        "__metadata__": None,
        "u": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
    }, b"\x07" + struct.pack("<3f", 1.5, -2.0, 3.25))
    assert loaded["f"].tolist() == [1.5, -2.0, 3.25] and loaded["u"].item() == 7
    print({p.name: p.stat().st_size for p in sorted(OUT.iterdir())}, safetensors.__version__, file=sys.stderr)


main()
