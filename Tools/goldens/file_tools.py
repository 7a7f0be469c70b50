"""Writes Tests/TorchFilesTests/Goldens: files for `inspect` and `convert`. layers.pt is a whole model of many kinds of layers and
layers.txt how Python prints it; run.pt a checkpoint with an optimizer; two.pt one with two models.
*.inspect.txt are ours, looked at by a person: INSPECT_GOLDENS=write swift test ... --filter InspectTests writes them anew.
"""

import collections
import pathlib
import sys

import torch
from torch import nn

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchFilesTests/Goldens"


def layers():
    torch.manual_seed(1)
    return nn.Sequential(collections.OrderedDict(
        stem=nn.Sequential(
            nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1),
            nn.Conv2d(4, 4, 3, groups=4, dilation=2, padding="same"), nn.ConvTranspose2d(4, 2, 2, stride=2, output_padding=1),
            nn.Conv1d(2, 2, 1, padding=1, padding_mode="reflect"),
        ),
        pools=nn.ModuleList([nn.AdaptiveAvgPool2d((1, 1)), nn.AdaptiveAvgPool2d(1), nn.AvgPool2d(2)]),
        equal=nn.ModuleList([nn.Linear(2, 2) for _ in range(3)] + [nn.Linear(2, 1, bias=False)]),
        norms=nn.ModuleDict({
            "layer": nn.LayerNorm(5), "group": nn.GroupNorm(2, 4), "rms": nn.RMSNorm(3), "instance": nn.InstanceNorm2d(3),
            "plain": nn.BatchNorm1d(3, affine=False),
        }),
        texts=nn.Sequential(
            nn.Embedding(10, 3, padding_idx=0), nn.Embedding(4, 2, max_norm=1.0),
            nn.LSTM(3, 2, 2, batch_first=True, bidirectional=True), nn.GRU(3, 2), nn.RNN(2, 2, dropout=0.5, num_layers=2),
            nn.LSTMCell(2, 2), nn.MultiheadAttention(4, 2), nn.TransformerEncoderLayer(4, 2, 3),
        ),
        acts=nn.Sequential(
            nn.ReLU(), nn.LeakyReLU(0.2), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Softmax(dim=1), nn.LogSoftmax(-1), nn.Flatten(),
            nn.Unflatten(1, (2, 3)), nn.Identity(), nn.Hardtanh(), nn.ReLU6(), nn.ELU(), nn.PReLU(), nn.Sigmoid(), nn.Tanh(),
            nn.Softplus(), nn.GLU(), nn.Dropout(0.25), nn.Dropout2d(), nn.AlphaDropout(0.1),
        ),
        shapes=nn.Sequential(
            nn.Upsample(scale_factor=2), nn.PixelShuffle(2), nn.ZeroPad2d(1), nn.ConstantPad1d(2, 3.5), nn.ReflectionPad2d((1, 2, 1, 0)),
            nn.Bilinear(2, 2, 1),
        ),
        loss=nn.CrossEntropyLoss(),
    ))


def run():
    torch.manual_seed(2)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    model[0].bias.requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    for _ in range(2):
        loss = model(torch.randn(8, 4)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return {
        "epoch": 2, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(), "loss": loss.item(), "history": [round(0.5 ** i, 6) for i in range(40)],
        "config": {"name": "small", "classes": ["cat", "dog"], "size": torch.Size([4]), "dtype": torch.float32, "best": None},
    }


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    model = layers()
    torch.save(model, OUT / "layers.pt")
    (OUT / "layers.txt").write_text(f"{model}\n")
    torch.save(run(), OUT / "run.pt")
    base = torch.arange(12.0).reshape(3, 4)
    state = {"module.w": base, "module.turned": base.t(), "module.row": base[1], "module.tied": base, "module.n": torch.tensor(3)}
    torch.save({"model": state, "ema": {"w": torch.ones(2)}}, OUT / "two.pt")
    torch.save({"state_dict": {"w": torch.ones(2)}, "epoch": 3}, OUT / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.jit.script(nn.Linear(1, 1)).save(OUT / "script.pt")
    # Every module is the next one twice: a small file of 2^40 places.
    model = nn.Identity()
    for _ in range(40):
        model = nn.Sequential(model, model)
    torch.save(model, OUT / "doubling.pt")
    print({p.name: p.stat().st_size for p in sorted(OUT.iterdir())}, torch.__version__, file=sys.stderr)


main()
