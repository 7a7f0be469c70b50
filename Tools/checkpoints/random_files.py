"""Writes files of torch.save, numpy.save and numpy.savez with random content, for Tools/checkpoints/compare:

    python Tools/checkpoints/random_files.py FOLDER [FIRST_SEED [COUNT]] && Tools/checkpoints/compare FOLDER/*
"""

import collections
import pathlib
import random
import sys

import numpy as np
import torch
from torch import nn

DTYPES = "uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 bool".split()


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        torch.manual_seed(seed)
        self.made = []

    def sizes(self, most=4):
        return [self.r.choice([0, 1, 1, 2, 3, 4, 5]) for _ in range(self.r.randrange(most + 1))]

    def tensor(self):
        r = self.r
        if self.made and r.random() < 0.4:
            t = r.choice(self.made)
            t = r.choice([lambda: t, lambda: t.detach(), lambda: t.detach().view(t.shape)])()
        else:
            dtype = getattr(torch, r.choice(DTYPES))
            bits = torch.randint(0, 256, [max(1, int(np.prod(self.sizes()))) * 16], dtype=torch.uint8)
            flat = bits > 127 if dtype == torch.bool else bits.view(dtype)
            t = flat[r.randrange(3):]
        t = t.detach()
        for _ in range(r.randrange(3)):
            if t.dim() == 1 and t.numel() % 2 == 0 and t.stride(0) == 1:
                t = t.view(2, -1)
            if t.dim() > 1:
                t = t.transpose(0, -1)
            if t.dim() and t.shape[0] > 1:
                t = r.choice([lambda: t[1:], lambda: t[::2], lambda: t[0], lambda: t[:0], lambda: t[None]])()
            if t.dim() and t.shape[0] and r.random() < 0.2:
                t = t[:1].expand(3, *t.shape[1:])
        if t.is_floating_point() and r.random() < 0.3:
            t = r.choice([lambda: nn.Parameter(t), lambda: nn.Parameter(t, False), lambda: t.requires_grad_()])()
        self.made.append(t)
        return t

    def text(self):
        return "".join(chr(self.r.choice([self.r.randrange(128), 0xE9, 0x43A, 0x1F642])) for _ in range(self.r.randrange(40)))

    def number(self):
        r = self.r
        return r.choice([
            r.randrange(-300, 300), r.randrange(-2**17, 2**17), r.randrange(-2**40, 2**40), r.randrange(-2**63, 2**63),
            r.randrange(-2**200, 2**200), r.random(), r.gauss(0, 1e30), float("nan"), -float("inf"), -0.0,
            complex(r.random(), -r.random()), True, False, None])

    def numpy(self):
        r = self.r
        code = r.choice("? u1 i1 i2 i4 i8 f2 f4 f8 c8 c16 u2 u4 u8 S3 U2".split())
        array = np.frombuffer(r.randbytes(32 * 16), "u1")[:r.randrange(33) * 16]
        dtype = np.dtype(code).newbyteorder(r.choice("<>"))
        if code == "U2":
            array = np.array([self.text()[:2] for _ in range(r.randrange(5))], dtype)
        elif code == "S3":
            array = np.array([r.randbytes(3) for _ in range(r.randrange(5))], dtype)
        else:
            array = array > 127 if code == "?" else array.view(dtype)
        if array.size % 2 == 0:
            array = array.reshape(2, -1)
        if r.random() < 0.3:
            array = np.asfortranarray(array)
        if array.size and r.random() < 0.5:
            return array.reshape(-1)[0]
        return r.choice([array, array, array.dtype]) if code[0] in "?uif" and code not in ("u2", "u4", "u8") else array

    def value(self, depth, numpy):
        r = self.r
        kind = r.randrange(12 if depth else 5)
        if kind < 2:
            return self.tensor()
        if kind == 2:
            return self.numpy() if numpy else self.number()
        if kind == 3:
            return r.choice([self.text(), r.randbytes(r.randrange(20)), bytearray(r.randbytes(3)), self.number()])
        if kind == 4:
            return r.choice([torch.Size(self.sizes()), torch.device("cpu"), torch.float16, torch.complex64, self.number()])
        items = [self.value(depth - 1, numpy) for _ in range(r.randrange(6))]
        if items and r.random() < 0.3:
            items.append(r.choice(items))
        if kind < 7:
            return items
        if kind < 9:
            return tuple(items)
        keys = [r.choice([self.text(), r.randrange(10), None, True, (1, "a"), 2.5]) for _ in items]
        return r.choice([dict, collections.OrderedDict])(zip(keys, items))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for seed in range(first, first + (int(sys.argv[3]) if len(sys.argv) > 3 else 100)):
        maker = Maker(seed)
        numpy = seed % 3 == 2
        value = {"value": [maker.value(4, numpy) for _ in range(4)]}
        for old in False, True:
            # One file has every storage under one dtype.
            try:
                torch.save(value, folder / f"{seed}-{'old' if old else 'zip'}.pt", pickle_protocol=maker.r.choice([2, 2, 3, 4, 5]),
                           _use_new_zipfile_serialization=not old)
            except RuntimeError as error:
                assert "different types" in str(error), error
                (folder / f"{seed}-{'old' if old else 'zip'}.pt").unlink()
        arrays = {}
        for i in range(4):
            t = maker.tensor().detach()
            t = t.float() if t.dtype == torch.bfloat16 else t
            array = t.numpy()
            arrays[f"a/{i}"] = array.astype(array.dtype.newbyteorder(maker.r.choice("<>")), order="K")
        np.save(folder / f"{seed}.npy", arrays["a/0"])
        maker.r.choice([np.savez, np.savez_compressed])(folder / f"{seed}.npz", **arrays)


main()
