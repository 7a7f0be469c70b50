"""Writes Tests/TorchNNTests/Goldens/layers.json: what the layers, pools and losses of torch.nn print, a Python expression
and its text each, and what a few of them compute that PyTorch's test database leaves out."""

import json
import pathlib

import torch
from torch import nn

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchNNTests/Goldens/layers.json"

REPRS = """
ELU(); ELU(0.5, inplace=True); CELU(); CELU(2.5, inplace=True); SELU(); SELU(inplace=True); GELU(); GELU('tanh')
GLU(); GLU(1); Hardshrink(); Hardshrink(0.25); Hardsigmoid(); Hardsigmoid(inplace=True); Hardswish(); Hardswish(True)
Hardtanh(); Hardtanh(-2.0, 0.5, inplace=True); LeakyReLU(); LeakyReLU(0.2, inplace=True); LogSigmoid()
Mish(); Mish(inplace=True); PReLU(); PReLU(3, init=0.5); ReLU6(); ReLU6(inplace=True); RReLU()
RReLU(0.1, 0.3, inplace=True); SiLU(); SiLU(inplace=True); Softmax2d(); Softmin(dim=1); Softplus(); Softplus(2.0, 10.0)
Softshrink(); Softshrink(0.25); Softsign(); Tanhshrink(); Threshold(0.1, 20.0); Threshold(0.5, 1.5, inplace=True)
BCELoss(); BCEWithLogitsLoss(); CosineEmbeddingLoss(); CTCLoss(); GaussianNLLLoss(); HingeEmbeddingLoss(); HuberLoss()
KLDivLoss(); MarginRankingLoss(); MultiLabelMarginLoss(); MultiLabelSoftMarginLoss(); MultiMarginLoss()
PoissonNLLLoss(); SmoothL1Loss(); SoftMarginLoss(); TripletMarginLoss(); TripletMarginWithDistanceLoss()
TripletMarginWithDistanceLoss(distance_function=nn.CosineSimilarity(dim=0))
TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(1))
LinearCrossEntropyLoss(5, 4)
LinearCrossEntropyLoss(5, 4, out_features=(3, 2), bias=True, reduction='sum', ignore_index=1, label_smoothing=0.1)
AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10]); AdaptiveLogSoftmaxWithLoss(8, 20, [4], div_value=2.0, head_bias=True)
AdaptiveAvgPool1d(3); AdaptiveAvgPool2d((3, None)); AdaptiveAvgPool3d([2, 3, 4]); AdaptiveAvgPool2d(None)
AdaptiveMaxPool1d(3); AdaptiveMaxPool2d((3, None)); AdaptiveMaxPool3d(2)
AvgPool1d(2); AvgPool1d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)
AvgPool2d(2); AvgPool2d((2, 3), stride=(1, 2), padding=1, ceil_mode=True, count_include_pad=False, divisor_override=3)
AvgPool3d(2); AvgPool3d((1, 2, 2), stride=2, padding=(0, 1, 1), divisor_override=2)
LPPool1d(2.0, 3); LPPool1d(1.5, 3, stride=2, ceil_mode=True); LPPool2d(2.0, (2, 3)); LPPool3d(3.0, 2, stride=(1, 2, 1))
MaxPool1d(2, return_indices=True); MaxPool1d(3, stride=1, ceil_mode=True)
MaxUnpool1d(2); MaxUnpool1d(3, stride=2, padding=1); MaxUnpool2d((2, 3)); MaxUnpool2d(3, stride=2, padding=1); MaxUnpool3d(2)
Dropout1d(); Dropout2d(0.25, inplace=True); Dropout3d(0.1); AlphaDropout(0.3); FeatureAlphaDropout(inplace=True)
Unflatten(1, (2, 3)); Unflatten(-1, [2, -1]); Fold((4, 5), (2, 2)); Fold(4, 2, dilation=2, padding=1, stride=(2, 1))
Unfold((2, 3)); Unfold(2, dilation=2, padding=(1, 0), stride=3)
EmbeddingBag(6, 3); EmbeddingBag(6, 3, max_norm=1.0, norm_type=1.5, scale_grad_by_freq=True, mode='sum')
EmbeddingBag(6, 3, mode='max', include_last_offset=True, padding_idx=-2)
Embedding.from_pretrained(torch.ones(4, 2)); Embedding.from_pretrained(torch.ones(4, 2), padding_idx=-1, max_norm=2.0)
EmbeddingBag.from_pretrained(torch.ones(4, 2), mode='sum')
ParameterList([torch.ones(3), torch.ones(2, 2, dtype=torch.float64)]); ParameterList()
ParameterDict({'left': torch.ones(3), 'right': torch.ones(1)}); ParameterDict()
Sequential(nn.ParameterList([torch.ones(3)]), nn.ReLU())
"""


def reprs():
    expressions = [e.strip() for line in REPRS.strip().splitlines() for e in line.split("; ")]
    scope = {"nn": nn, "torch": torch}
    return {e: repr(eval("nn." + e, scope)) for e in expressions}


def main():
    golden = {"torch": torch.__version__.split("+")[0], "reprs": reprs()}
    OUT.write_text("{" + ",\n".join(json.dumps(k) + ":" + json.dumps(v, indent=1) for k, v in golden.items()) + "}\n")
    print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
