"""PyTorch's side of what networks are built of: the same names, operands and order of drawing as Workloads+Layers.swift."""

import torch
from torch.nn import functional as F


def normal(*shapes):
    return lambda: [torch.randn(shape) for shape in shapes]


def last(*shapes):
    return lambda: [torch.randn(shape).contiguous(memory_format=torch.channels_last) for shape in shapes]


IMAGE = (8, 64, 56, 56)
HEADS = (4, 8, 128, 64)
LONG = (1, 8, 1024, 64)

ENTRIES = {
    "conv2d_3x3": (normal(IMAGE, (64, 64, 3, 3), (64,)), lambda x, w, b: F.conv2d(x, w, b, padding=1)),
    "conv2d_first": (normal((8, 3, 224, 224), (64, 3, 7, 7)), lambda x, w: F.conv2d(x, w, stride=2, padding=3)),
    "conv2d_mnist": (normal((64, 1, 28, 28), (32, 1, 3, 3), (32,)), F.conv2d),
    "conv2d_1x1": (normal((8, 256, 14, 14), (512, 256, 1, 1)), F.conv2d),
    "conv2d_depthwise": (normal((8, 128, 28, 28), (128, 1, 3, 3)), lambda x, w: F.conv2d(x, w, padding=1, groups=128)),
    "conv2d_dilated": (normal((4, 64, 32, 32), (64, 64, 3, 3)), lambda x, w: F.conv2d(x, w, padding=2, dilation=2)),
    "conv2d_channels_last": (last(IMAGE, (64, 64, 3, 3)), lambda x, w: F.conv2d(x, w, padding=1)),
    "conv1d": (normal((16, 64, 1024), (64, 64, 3)), lambda x, w: F.conv1d(x, w, padding=1)),
    "conv3d": (normal((2, 16, 16, 32, 32), (32, 16, 3, 3, 3)), lambda x, w: F.conv3d(x, w, padding=1)),
    "conv_transpose2d": (
        normal((8, 64, 28, 28), (64, 32, 4, 4)),
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1),
    ),
    "max_pool2d": (normal((8, 64, 112, 112)), lambda x: F.max_pool2d(x, 3, 2, 1)),
    "max_pool2d_2": (normal((64, 32, 26, 26)), lambda x: F.max_pool2d(x, 2)),
    "avg_pool2d": (normal(IMAGE), lambda x: F.avg_pool2d(x, 2)),
    "adaptive_avg_pool2d_1": (normal((8, 512, 7, 7)), lambda x: F.adaptive_avg_pool2d(x, 1)),
    "adaptive_avg_pool2d_7": (normal((8, 64, 30, 30)), lambda x: F.adaptive_avg_pool2d(x, 7)),
    "nearest": (normal((8, 64, 28, 28)), lambda x: F.interpolate(x, scale_factor=2.0)),
    "bilinear": (
        normal((8, 64, 28, 28)),
        lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False),
    ),
    "pad_zeros": (normal(IMAGE), lambda x: F.pad(x, (1, 1, 1, 1))),
    "pad_reflect": (normal(IMAGE), lambda x: F.pad(x, (2, 2, 2, 2), mode="reflect")),
    "batch_norm": (normal(IMAGE, (64,), (64,)), lambda x, w, b: F.batch_norm(x, None, None, w, b, True)),
    "batch_norm_eval": (
        normal(IMAGE, (64,), (64,)),
        lambda x, w, b: F.batch_norm(x, torch.zeros(64), torch.ones(64), w, b, False),
    ),
    "layer_norm": (normal((512, 768), (768,), (768,)), lambda x, w, b: F.layer_norm(x, (768,), w, b)),
    "group_norm": (normal(IMAGE, (64,), (64,)), lambda x, w, b: F.group_norm(x, 32, w, b)),
    "instance_norm": (normal(IMAGE), F.instance_norm),
    "rms_norm": (normal((512, 768), (768,)), lambda x, w: F.rms_norm(x, (768,), w)),
    "linear": (normal((128, 512), (512, 512), (512,)), F.linear),
    "embedding": (
        lambda: [torch.randn(50_000, 256), torch.randint(0, 50_000, (64, 128))],
        lambda w, i: F.embedding(i, w),
    ),
    "attention": (normal(HEADS, HEADS, HEADS), F.scaled_dot_product_attention),
    "attention_causal": (
        normal(HEADS, HEADS, HEADS),
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    ),
    "attention_long": (normal(LONG, LONG, LONG), F.scaled_dot_product_attention),
    "softmax": (normal((512, 1024)), lambda x: F.softmax(x, -1)),
    "gelu": (normal((512, 3072)), F.gelu),
    "silu": (normal((512, 3072)), F.silu),
    "glu": (normal((512, 3072)), F.glu),
    "cross_entropy_10": (lambda: [torch.randn(64, 10), torch.randint(0, 10, (64,))], F.cross_entropy),
    "cross_entropy_10k": (lambda: [torch.randn(256, 10_000), torch.randint(0, 10_000, (256,))], F.cross_entropy),
    "mse_loss": (normal((512, 512), (512, 512)), F.mse_loss),
    "bce_with_logits": (
        lambda: [torch.randn(512, 512), torch.rand(512, 512)],
        lambda x, t: F.binary_cross_entropy_with_logits(x, t.detach()),
    ),
    "smooth_l1_loss": (normal((512, 512), (512, 512)), F.smooth_l1_loss),
    "kl_div": (
        lambda: [torch.randn(512, 512), torch.rand(512, 512)],
        lambda x, t: F.kl_div(x, t.detach(), reduction="batchmean"),
    ),
    "normalize": (normal((512, 768)), F.normalize),
    "cosine_similarity": (normal((512, 768), (512, 768)), F.cosine_similarity),
    "dropout": (normal((512, 3072)), lambda x: F.dropout(x, 0.1)),
}


def workloads(function):
    """All of them, made by `function(inputs, work)`."""
    made = {}
    for name, (inputs, work) in ENTRIES.items():

        def forward(*operands, work=work):
            with torch.no_grad():
                return work(*operands)

        def with_slope(inputs=inputs, forward=forward):
            """The operands as leaves, and last what the result's gradient is."""
            operands = inputs()
            slope = torch.randn(forward(*operands).shape)
            return (*(x.requires_grad_() if x.is_floating_point() else x for x in operands), slope)

        def step(*operands, work=work):
            *operands, slope = operands
            with torch.enable_grad():
                wanted = [x for x in operands if x.requires_grad]
                return torch.autograd.grad(work(*operands), wanted, slope, allow_unused=True)[0]

        made[name] = function(lambda inputs=inputs: tuple(inputs()), forward)
        made[name + "_step"] = function(with_slope, step)
    return made
