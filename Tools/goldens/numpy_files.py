"""Writes Tests/TorchTests/Goldens/numpy: arrays.json with files of numpy.save in hex and what torch.from_numpy makes of
them, and two archives, stored.npz and packed.npz.

"same" says that a tensor with these values and strides is written to the very bytes of the file.
"""

import io
import json
import pathlib
import struct
import sys

import numpy as np
import torch

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchTests/Goldens/numpy"


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def hand(header, data, version=1):
    """A file around a header by hand, as other programs write them."""
    text = header.encode()
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    cases = {}

    def add(name, file, same=False):
        array = np.load(io.BytesIO(file))
        t = torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="K", copy=False))
        # The bytes of the elements row by row.
        values = t.contiguous().clone().reshape(-1)
        cases[name] = {
            "file": file.hex(), "dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape),
            "stride": list(t.stride()), "same": same,
            "values": bytes(values.view(torch.uint8).tolist()).hex() if t.numel() else "",
        }

    for code in "?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8":
        a = np.array([[0, 1, 2], [3, 100, 7]]).astype(code)
        add(f"{code}", npy(a), same=True)
        add(f"{code} fortran", npy(np.asfortranarray(a)), same=True)
        if a.dtype.itemsize > 1:
            add(f"{code} big", npy(a.astype(">" + code)))
            add(f"{code} big fortran", npy(np.asfortranarray(a.astype(">" + code))))
    add("number", npy(np.array(2.5)), same=True)
    add("none", npy(np.zeros((2, 0, 3), "f4")), same=True)
    add("row", npy(np.arange(1000, dtype="i2")[:7]), same=True)
    add("one by", npy(np.ones((1, 3, 1))), same=True)
    add("four", npy(np.asfortranarray(np.arange(24.0).reshape(2, 3, 1, 4))), same=True)
    add("many", npy(np.ones((1,) * 20, "i1")), same=True)
    add("special", npy(np.array([np.nan, np.inf, -0.0, 5e-324])), same=True)
    add("version 2", npy(np.arange(3.0), (2, 0)))
    add("version 3", npy(np.arange(3.0), (3, 0)))
    add("python 2", hand("{'descr': '<i4', 'fortran_order': False, 'shape': (2L,), }", b"\1\0\0\0\2\0\0\0"))
    add("other order", hand("{ \"shape\" :( 2 ,1, ),'fortran_order':True,\n'descr':'|u1'}", b"\1\2"))
    add("no spaces", hand("{'descr':'<i2','fortran_order':False,'shape':()}", b"\1\2", 2))
    add("more behind", npy(np.arange(3, dtype="u1")) + b"xyz")
    (OUT / "arrays.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")

    named = {"weight": np.arange(6, dtype="f4").reshape(2, 3), "a/b": np.asfortranarray(np.eye(2)), "flags": np.array([True]),
             "number": np.array(7), "ключ": np.zeros(0)}
    with open(OUT / "stored.npz", "wb") as file:
        np.savez(file, **named)
    with open(OUT / "packed.npz", "wb") as file:
        np.savez_compressed(file, np.ones(1000, "i8"), **named)
    print({p.name: p.stat().st_size for p in sorted(OUT.iterdir())}, np.__version__, torch.__version__, file=sys.stderr)


main()
