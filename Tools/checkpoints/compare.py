"""The half of Tools/checkpoints/compare that asks PyTorch: checkpoint-dump's lines against a walk of the same file."""

import json
import pickle
import struct
import subprocess
import sys

import numpy as np
import torch

SAFETENSORS = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}
KNOWN = set(SAFETENSORS.values())


class Difference(Exception):
    pass


class Walk:
    """Does the walk of checkpoint-dump and holds each step against what it wrote."""

    def __init__(self, stream):
        self.stream, self.storages, self.kept, self.tensors, self.bytes = stream, {}, [], 0, 0
        self.note = ""

    def expect(self, place, *words):
        wanted = " ".join([self.hex(place.encode()), *map(str, words)])
        found = self.stream.readline().decode().rstrip("\n")
        if found != wanted:
            raise Difference(f"at {place or '/'}: PyTorch has {' '.join(map(str, words))}, here is {found[:300]}")

    @staticmethod
    def hex(data):
        return "x" + bytes(data).hex()

    @staticmethod
    def double(value):
        return struct.pack(">d", value).hex()

    def tensor(self, place, t, identity=None):
        identity = identity or ("torch", t.untyped_storage()._cdata)
        number = self.storages.setdefault(identity, len(self.storages))
        self.kept.append(t)
        flat = torch.empty(t.numel(), dtype=t.dtype)
        flat.copy_(t.detach().reshape(-1))
        data = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        text = lambda values: str(list(values)).replace(" ", "")
        self.expect(
            place, "tensor", str(t.dtype).removeprefix("torch."), text(t.shape), text(t.stride()), t.storage_offset(),
            str(t.requires_grad).lower(), number, len(data))
        if self.stream.read(len(data)) != data:
            raise Difference(f"at {place or '/'}: elements differ")
        self.tensors += 1
        self.bytes += len(data)

    def state(self, place, items):
        self.expect(place, "state", len(items))
        for key, t in items.items():
            self.tensor(f"{place}/{key}", t)

    def value(self, place, v):
        if v is None:
            self.expect(place, "none")
        elif isinstance(v, torch.Tensor):
            if v.layout == torch.strided and v.dtype in KNOWN and not v.is_quantized:
                self.tensor(place, v)
            else:
                self.expect(place, "unknown" if v.layout == torch.strided and not v.is_quantized else "object")
        elif isinstance(v, np.ndarray):
            try:
                t = tensor_of(v)
            except TypeError:
                t = None
            if t is not None and t.dtype in KNOWN:
                self.kept.append(v)
                self.tensor(place, t, ("numpy", id(v)))
            else:
                self.expect(place, "unknown")
        elif isinstance(v, np.generic) and not isinstance(v, (np.datetime64, np.timedelta64, np.longdouble, np.void)):
            self.value(place, v.item())
        elif isinstance(v, bool):
            self.expect(place, "bool", str(v).lower())
        elif isinstance(v, int):
            if -(2**63) <= v < 2**63:
                self.expect(place, "int", v)
            else:
                self.expect(place, "big", self.hex(pickle.encode_long(v)))
        elif isinstance(v, float):
            self.expect(place, "double", self.double(v))
        elif isinstance(v, complex):
            self.expect(place, "complex", self.double(v.real), self.double(v.imag))
        elif isinstance(v, str):
            self.expect(place, "string", self.hex(v.encode()))
        elif isinstance(v, (bytes, bytearray)):
            self.expect(place, "bytes", self.hex(v))
        elif isinstance(v, torch.Size):
            self.expect(place, "size", str(list(v)).replace(" ", ""))
        elif isinstance(v, torch.device):
            self.expect(place, "device", v)
        elif isinstance(v, torch.dtype):
            self.expect(place, "dtype", v)
        elif isinstance(v, np.dtype):
            self.expect(place, "dtype", f"the NumPy dtype {v.name}")
        elif isinstance(v, (set, frozenset)):
            self.expect(place, "set", len(v))
        elif type(v) in (list, tuple):
            self.expect(place, type(v).__name__, len(v))
            for i, item in enumerate(v):
                self.value(f"{place}/{i}", item)
        elif isinstance(v, dict):
            self.expect(place, "dictionary", len(v))
            for i, (key, item) in enumerate(v.items()):
                self.value(f"{place}/{i}.key", key)
                self.value(f"{place}/{i}", item)
        elif isinstance(v, torch.nn.Module):
            self.state(place, v.state_dict())
        else:
            self.expect(place, "object")

    def file(self, path):
        if path.endswith(".npy"):
            self.tensor("", tensor_of(np.load(path)))
        elif path.endswith(".npz"):
            with np.load(path) as arrays:
                self.state("", {k: tensor_of(arrays[k]) for k in arrays.files})
        elif path.endswith(".safetensors"):
            self.state("", safetensors(path))
        else:
            try:
                value = torch.load(path, map_location="cpu", weights_only=True)
                self.expect("", "weights only")
            except pickle.UnpicklingError:
                value = torch.load(path, map_location="cpu", weights_only=False)
                # More opcodes are read here than by PyTorch's reader of weights; none of them can do anything.
                found = self.stream.readline().decode().strip()
                self.note = "" if found == "x any class" else " (PyTorch only with weights_only=False)"
            self.value("", value)
        self.expect("", "end")


def tensor_of(array):
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="), order="K")
    t = torch.from_numpy(array)
    # What strides an array of nothing has, NumPy leaves to chance.
    return t if t.numel() else torch.empty(array.shape, dtype=t.dtype)


def safetensors(path):
    data = open(path, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    result = {}
    # In the order of their bytes, as safetensors.torch.load_file has them.
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = (8 + size + x for x in entry["data_offsets"])
        dtype = SAFETENSORS[entry["dtype"]]
        flat = torch.frombuffer(bytearray(data[start:end]), dtype=dtype) if end > start else torch.empty(0, dtype=dtype)
        result[name] = flat.reshape(entry["shape"])
    return result


def main():
    program, *paths = sys.argv[1:]
    if not paths:
        sys.exit("usage: Tools/checkpoints/compare FILE...")
    wrong = 0
    for path in paths:
        with subprocess.Popen([program, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            walk = Walk(process.stdout)
            try:
                walk.file(path)
                print(f"equal    {path}: {walk.tensors} tensors of {walk.bytes} bytes{walk.note}")
            except Exception as error:
                wrong += 1
                process.kill()
                words = process.stderr.read().decode().strip()
                print(f"DIFFERS  {path}: {error}" + (f"; here: {words}" if words else ""))
    sys.exit(1 if wrong else 0)


main()
