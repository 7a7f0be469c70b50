"""Writes Tests/TorchBackendTests/Goldens/topk.json: which of many equal elements torch.topk takes, and in what order.

The elements come from a formula that the test knows too; a case records a checksum over the indices and the first ones."""

import json
import pathlib

import torch

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchBackendTests/Goldens/topk.json"
DTYPES = ["float32", "float64", "float16", "int64", "int32", "uint8"]


def elements(n, kinds, twist, dtype):
    values = [(i * i * 7 + i * twist + i // 3) % kinds for i in range(n)]
    x = torch.tensor(values, dtype=torch.int64).to(getattr(torch, dtype))
    if x.is_floating_point():
        x[torch.tensor([i for i in range(n) if i % 11 == 5], dtype=torch.int64)] = float("nan")
        x = torch.where(x == 3, torch.tensor(-0.0, dtype=x.dtype), x)
    return x


def main():
    cases = []
    for dtype in DTYPES:
        for n, k in [(1, 1), (5, 2), (17, 17), (64, 1), (100, 3), (130, 2), (300, 100), (1000, 10), (1000, 999), (3000, 40)]:
            for kinds, twist in [(2, 1), (7, 3), (50, 13)]:
                for largest in [True, False]:
                    indices = elements(n, kinds, twist, dtype).topk(k, largest=largest).indices.tolist()
                    checksum = 0
                    for index in indices:
                        checksum = (checksum * 31 + index) % 1_000_003
                    cases.append([dtype, n, k, kinds, twist, int(largest), checksum, indices[:4]])
    OUT.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
