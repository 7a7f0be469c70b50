"""Writes Tests/TorchNNTests/Goldens/functional.json: what functions of torch.nn.functional give that PyTorch's test
database leaves out or draws for, with the gradient of their input. Each starts from seed 7 and a formula's numbers."""

import json
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchNNTests/Goldens/functional.json"


def numbers(shape, dtype=torch.float64):
    n = torch.Size(shape).numel()
    return ((torch.arange(n) * 7 % 23 - 11).double() / 6).view(shape).to(dtype)


def grid(*shape):
    return numbers(shape) * 0.7


labels = torch.tensor([[1, 2, 2], [3, 1, 0]])
bags = torch.tensor([0, 2, 1, 3, 3, 2])
starts = torch.tensor([0, 2, 2, 5])

CASES = {
    "selu": ([3, 5], lambda x: F.selu(x)),
    "celuNegative": ([3, 5], lambda x: F.celu(x, -0.75)),
    "rrelu": ([3, 5], lambda x: F.rrelu(x, 0.1, 0.4, training=True)),
    "rreluStrided": ([3, 5], lambda x: F.rrelu(x.t(), 0.1, 0.4, training=True)),
    "gumbel": ([3, 5], lambda x: F.gumbel_softmax(x, tau=0.7)),
    "gumbelHard": ([3, 5], lambda x: F.gumbel_softmax(x, hard=True, dim=0)),
    "gumbelSingle": ([3, 5], lambda x: F.gumbel_softmax(x.float(), tau=0.7).double()),
    "dropout1d": ([3, 5], lambda x: F.dropout1d(x, 0.4)),
    "dropout2d": ([2, 3, 2, 2], lambda x: F.dropout2d(x, 0.4)),
    "dropout3d": ([2, 3, 2, 1, 2], lambda x: F.dropout3d(x, 0.4)),
    "alphaDropout": ([3, 5], lambda x: F.alpha_dropout(x, 0.4, training=True)),
    "featureAlphaDropout": ([2, 3, 4], lambda x: F.feature_alpha_dropout(x, 0.4, training=True)),
    "lpPool1d": ([1, 2, 7], lambda x: F.lp_pool1d(x, 2, 3, stride=2, ceil_mode=True)),
    "lpPool2d": ([1, 1, 4, 4], lambda x: F.lp_pool2d(x.abs() + 0.1, 1.5, (2, 3), stride=1)),
    "lpPool3d": ([1, 1, 3, 3, 2], lambda x: F.lp_pool3d(x.abs() + 0.1, 3, 2, stride=1)),
    "lpPoolInf": ([1, 2, 7], lambda x: F.lp_pool1d(x, float("inf"), 3)),
    "fold": ([2, 12, 6], lambda x: F.fold(x, (4, 5), (2, 3), dilation=(1, 2), padding=(0, 1), stride=(2, 1))),
    "foldOverlap": ([8, 4], lambda x: F.fold(x, (3, 3), 2)),
    "affineGrid2d": ([2, 2, 3], lambda x: F.affine_grid(x, [2, 1, 3, 4], align_corners=False)),
    "affineGrid3d": ([1, 3, 4], lambda x: F.affine_grid(x, [1, 1, 2, 1, 3], align_corners=True)),
    "tripletDistance": (
        [3, 4],
        lambda x: F.triplet_margin_with_distance_loss(
            x, x.flip(0), x * 0.5, distance_function=lambda a, b: (a - b).abs().sum(1), swap=True
        ),
    ),
    "pdist3": ([4, 3], lambda x: F.pdist(x, 3.0)),
    "cdistBatch": ([2, 4, 3], lambda x: torch.cdist(x, x[0] * 0.5 + 0.1)),
    "cdistProduct": ([30, 3], lambda x: torch.cdist(x, x.flip(0)[:4] * 0.5 + 0.1)),
    "ctcMean": ([6, 2, 4], lambda x: F.ctc_loss(x.log_softmax(-1), labels, [6, 5], [3, 2])),
    "ctcEmpty": (
        [4, 3, 4],
        lambda x: F.ctc_loss(
            x.log_softmax(-1), torch.tensor([1, 1, 1, 2]), [4, 2, 3], [0, 3, 1], reduction="none", zero_infinity=True
        ),
    ),
    "ctcSingle": ([5, 4], lambda x: F.ctc_loss(x.log_softmax(-1), labels[0, :2], torch.tensor(5), torch.tensor(2), blank=3)),
    "bagMean": ([4, 3], lambda x: F.embedding_bag(bags, x, starts, padding_idx=1, scale_grad_by_freq=True)),
    "bagMax": ([4, 3], lambda x: F.embedding_bag(bags, x, starts, mode="max")),
    "bagSum": ([4, 3], lambda x: F.embedding_bag(bags.view(3, 2), x, mode="sum", per_sample_weights=x.flatten()[:6].view(3, 2))),
    "localResponse": ([2, 5, 3], lambda x: F.local_response_norm(x, 3, alpha=0.5)),
    "bilinear": ([3, 4], lambda x: F.bilinear(x, x[:, :2], numbers([2, 4, 2]), x[0, :2])),
}
for mode in ["bilinear", "nearest", "bicubic"]:
    for padding in ["zeros", "border", "reflection"]:
        for align in [False, True]:
            name = f"grid.{mode}.{padding}.{'align' if align else 'edge'}"
            CASES[name] = (
                [1, 2, 4, 3],
                lambda x, m=mode, p=padding, a=align: F.grid_sample(x, grid(1, 3, 4, 2), m, p, a),
            )
            CASES[name + ".grid"] = (
                [1, 3, 4, 2],
                lambda x, m=mode, p=padding, a=align: F.grid_sample(numbers([1, 2, 4, 3]), x * 0.7, m, p, a),
            )
            CASES[name + ".volume"] = (
                [1, 2, 2, 3, 3],
                lambda x, m=mode, p=padding, a=align: F.grid_sample(x, grid(1, 2, 2, 2, 3), m, p, a),
            )


def main():
    result = {}
    for name, (shape, f) in CASES.items():
        torch.manual_seed(7)
        x = numbers(shape).requires_grad_()
        y = f(x)
        (y * numbers(y.shape)).sum().backward()
        result[name] = {
            "output": y.detach().flatten().tolist(), "shape": list(y.shape), "gradient": x.grad.flatten().tolist(),
            "next": torch.rand(1, dtype=torch.float64).tolist(),
        }
    OUT.write_text("{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in result.items()) + "\n}\n")


main()
