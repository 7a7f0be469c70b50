"""Reads the file of SaveTests, Tests/TorchTests/Goldens/saved/archive.pt, with torch's defaults, and wants its values.

    saved.py            reads the committed file
    saved.py FILE       reads another one
"""

import collections
import pathlib
import sys
import zipfile

import torch
import torch.utils.serialization

PATH = pathlib.Path(__file__).parents[2] / "Tests/TorchTests/Goldens/saved/archive.pt"
path = sys.argv[1] if len(sys.argv) > 1 else PATH

assert zipfile.ZipFile(path).testzip() is None
torch.utils.serialization.config.load.calculate_storage_offsets = True
for options in {}, {"mmap": True}:
    file = torch.load(path, **options)
    tensors = file["tensors"]
    assert len(tensors) == 10
    for name, tensor in tensors.items():
        assert tensor.dtype == getattr(torch, name) and tensor.tolist() == [0, 1, 1], name
        assert tensor.data_ptr() % 64 == 0 or not options, name
    base = torch.arange(12.0).reshape(3, 4)
    assert torch.equal(file["base"], base)
    assert torch.equal(file["turned"], base.t()) and file["turned"].stride() == (1, 4)
    assert torch.equal(file["row"], base[1]) and file["row"].storage_offset() == 4
    assert file["row"].untyped_storage().data_ptr() == file["base"].untyped_storage().data_ptr()
    assert type(file["parameter"]) is torch.nn.Parameter and file["parameter"].tolist() == [1, 2]
    assert file["parameter"].requires_grad and not file["base"].requires_grad
    assert file["empty"].shape == (0, 3) and file["empty"].stride() == (3, 1)
    assert file["ints"] == [0, -1, 255, 65536, 2**40, -(2**63)] and file["big"] == 2**64 - 1
    assert file["float"] == 0.1 and file["none"] is None and file["yes"] is True and file["text"] == "Grüße 🙂"
    assert file["bytes"] == b"\x00\x01\xff" and file["no bytes"] == b""
    assert file["set"] == {3} and type(file["size"]) is torch.Size and file["size"] == (2, 3)
    assert file["device"] == torch.device("cpu") and file["gpu"] == torch.device("cuda", 1)
    assert file["dtype"] is torch.bfloat16 and file["tuple"] == (1, (), (1, 2, 3, 4)) and file["complex"] == 1.5 - 2j
    assert type(file["counter"]) is collections.Counter and file["counter"] == {1: 1, 3: 2}
    assert type(file["ordered"]) is collections.OrderedDict and list(file["ordered"]) == ["z", "a"]
    assert type(file["state"]) is collections.OrderedDict and file[7] == "int key" and file["list"] == []
    assert list(file)[:4] == ["tensors", "base", "turned", "row"] and list(file)[-2:] == [7, "list"]
print(f"{path}: torch {torch.__version__} reads what was saved")
