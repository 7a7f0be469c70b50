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
AdaptiveAvgPool1d(3); AdaptiveAvgPool2d((3, None)); AdaptiveAvgPool3d((2, 3, 4)); AdaptiveAvgPool1d((3,))
AdaptiveMaxPool1d(3); AdaptiveMaxPool2d((3, None)); AdaptiveMaxPool3d(2)
AvgPool1d(2); AvgPool1d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)
AvgPool2d(2); AvgPool2d((2, 3), stride=(1, 2), padding=1, ceil_mode=True, count_include_pad=False, divisor_override=3)
AvgPool3d(2); AvgPool3d((1, 2, 2), stride=2, padding=(0, 1, 1), divisor_override=2)
LPPool1d(2.0, 3); LPPool1d(1.5, 3, stride=2, ceil_mode=True); LPPool2d(2.0, (2, 3)); LPPool3d(3.0, 2, stride=(1, 2, 1))
MaxPool1d(2, return_indices=True); MaxPool1d(3, stride=1, ceil_mode=True)
MaxUnpool1d(2); MaxUnpool1d(3, stride=2, padding=1); MaxUnpool2d((2, 3)); MaxUnpool2d(3, stride=2, padding=1); MaxUnpool3d(2)
FractionalMaxPool2d(2, output_size=3); FractionalMaxPool3d((1, 2, 2), output_ratio=0.5)
Dropout1d(); Dropout2d(0.25, inplace=True); Dropout3d(0.1); AlphaDropout(0.3); FeatureAlphaDropout(inplace=True)
Unflatten(1, (2, 3)); Unflatten(-1, (2, -1)); Fold((4, 5), (2, 2)); Fold(4, 2, dilation=2, padding=1, stride=(2, 1))
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


def numbers(*shape):
    """Numbers of a formula that the Swift side writes down again."""
    n = torch.Size(shape).numel()
    return ((torch.arange(n) * 7 % 23 - 11).double() / 6).view(shape)


def values():
    """Each starts from seed 7 and makes a list of tensors, all float64."""
    torch.set_default_dtype(torch.float64)
    words, starts = torch.tensor([1, 2, 4, 5, 4, 3, 2, 0]), torch.tensor([0, 3, 3, 6])
    labels = torch.tensor([0, 5, 9, 3, 19, 1])

    def trained(layer, *inputs):
        """The output, then the gradients of the parameters of the sum of its square."""
        out = layer(*inputs)
        (out * out).sum().backward()
        return [out] + [p.grad for p in layer.parameters()]

    def adaptive():
        layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10], div_value=2.0, head_bias=True)
        x = numbers(6, 8).requires_grad_()
        output, loss = layer(x, labels)
        (loss + output[1]).backward()
        single, _ = layer(x[2], labels[2])
        return [output, loss, x.grad, *[p.grad for p in layer.parameters()], layer.log_prob(x), layer.predict(x), single]

    def unpooled():
        pool, undo = nn.MaxPool2d(2, stride=2, return_indices=True), nn.MaxUnpool2d(2, stride=2)
        even, odd = pool(numbers(1, 2, 4, 6)), pool(numbers(1, 2, 5, 7))
        return [*odd, undo(*even), undo(*odd, output_size=[5, 7])]

    def adaptive_places():
        return list(nn.AdaptiveMaxPool2d((2, 3), return_indices=True)(numbers(1, 2, 5, 7)))

    cases = {
        "prelu": lambda: trained(nn.PReLU(3), numbers(2, 3, 2)),
        "rrelu": lambda: [nn.RReLU()(numbers(3, 5)), nn.RReLU(0.1, 0.5).eval()(numbers(3, 5))],
        "dropout1d": lambda: [nn.Dropout1d(0.4)(numbers(3, 5)), nn.Dropout1d(0.4).eval()(numbers(3, 5))],
        "dropout3d": lambda: [nn.Dropout3d(0.4)(numbers(2, 3, 1, 2, 2))],
        "featureAlphaDropout": lambda: [nn.FeatureAlphaDropout(0.4, inplace=True)(numbers(2, 3, 4))],
        "bag": lambda: trained(nn.EmbeddingBag(6, 3), words.view(2, 4)),
        "bagOffsets": lambda: trained(nn.EmbeddingBag(6, 3, padding_idx=4), words, starts),
        "bagLastOffset": lambda: trained(nn.EmbeddingBag(6, 3, mode="max", include_last_offset=True), words,
                                         torch.tensor([0, 3, 3, 8])),
        "bagWeights": lambda: trained(nn.EmbeddingBag(6, 3, mode="sum", max_norm=1.0), words, starts, numbers(8)),
        "gaussian": lambda: [nn.GaussianNLLLoss(full=True)(numbers(3, 4), numbers(4, 3).t(), 0.5)],
        "triplet": lambda: [nn.TripletMarginWithDistanceLoss(distance_function=nn.CosineSimilarity(), swap=True)(
            numbers(3, 4), numbers(4, 3).t(), numbers(3, 4) + 1), nn.TripletMarginWithDistanceLoss(
            distance_function=lambda a, b: (a - b).abs().sum(1), margin=3.0, reduction="sum")(
            numbers(3, 4), numbers(4, 3).t(), numbers(3, 4) + 1)],
        "linearCrossEntropy": lambda: trained(
            nn.LinearCrossEntropyLoss(5, 4, out_features=(2,), bias=True, ignore_index=1, label_smoothing=0.1,
                                      weight=torch.tensor([1.0, 2.0, 0.5, 3.0])), numbers(3, 5),
            torch.tensor([[0, 1], [2, 3], [3, 3]])),
        "linearProbabilities": lambda: trained(nn.LinearCrossEntropyLoss(5, 4, reduction="none"), numbers(3, 5),
                                               numbers(3, 4).softmax(1)),
        "fractional": lambda: [*nn.FractionalMaxPool2d((2, 3), output_size=(3, 4), return_indices=True)(numbers(2, 2, 7, 9)),
                               *nn.FractionalMaxPool3d(2, output_ratio=0.5, return_indices=True)(numbers(2, 5, 7, 9)),
                               *nn.FractionalMaxPool2d(2, output_size=1, return_indices=True)(numbers(1, 3, 3))],
        "adaptive": adaptive, "unpooled": unpooled, "adaptivePlaces": adaptive_places,
    }
    found = {}
    for name, case in cases.items():
        torch.manual_seed(7)
        found[name] = [{"shape": list(t.shape), "values": t.double().flatten().tolist()} for t in case()]
    return found


def main():
    golden = {"torch": torch.__version__.split("+")[0], "reprs": reprs()}
    text = ",\n".join(json.dumps(k) + ":" + json.dumps(v, indent=1) for k, v in golden.items())
    found = ",\n ".join(json.dumps(k) + ":" + json.dumps(v, separators=(",", ":")) for k, v in values().items())
    OUT.write_text("{" + text + ',\n"values":{\n ' + found + "}}\n")
    print(OUT, OUT.stat().st_size)


if __name__ == "__main__":
    main()
