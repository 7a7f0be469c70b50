"""Writes Tests/TorchNNTests/Goldens/networks.json: the tutorial's models and their kin, trained for 20 steps in PyTorch.

Each run: seed 0, model, one batch drawn from the same stream, 20 steps on it. Recorded are checksums of the first weights
and of the data, and the losses: in float32, for convolutional nets also in float64 and the spread of float32 over one and
two threads with oneDNN on and off.
"""

import json
import pathlib

import torch
from torch import nn

from spine import record

OUT = pathlib.Path(__file__).parents[2] / "Tests/TorchNNTests/Goldens/networks.json"


class CNN(nn.Module):
    def __init__(self, widths, num_classes, places=4, hidden=32):
        super().__init__()
        layers, last = [], 3
        for width in widths:
            for inputs in (last, width):
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            layers.append(nn.MaxPool2d(2, 2))
            last = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(last * places, hidden), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x):
        return self.classifier(self.features(x))


class GlobalAvgPool(nn.Module):
    def forward(self, x):
        return x.mean(dim=[2, 3])


class Recurrent(nn.Module):
    def __init__(self, kind, vocab, embed, hidden, classes, **options):
        super().__init__()
        self.kind = kind.lower()
        self.embedding = nn.Embedding(vocab, embed)
        setattr(self, self.kind, getattr(nn, kind)(embed, hidden, batch_first=True, **options))
        self.fc = nn.Linear(hidden * (2 if options.get("bidirectional") else 1), classes)

    def forward(self, x):
        return self.fc(getattr(self, self.kind)(self.embedding(x))[0][:, -1, :])


class SelfAttention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.size, self.heads, self.head_dim = size, heads, size // heads
        self.values = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.keys = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.queries = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.fc_out = nn.Linear(heads * self.head_dim, size)

    def forward(self, values, keys, query, mask):
        def split(x):
            return x.reshape(x.shape[0], x.shape[1], self.heads, self.head_dim)

        v, k, q = self.values(split(values)), self.keys(split(keys)), self.queries(split(query))
        energy = torch.einsum("nqhd,nkhd->nhqk", [q, k])
        if mask is not None:
            energy = energy.masked_fill(mask == 0, float("-1e20"))
        attention = torch.softmax(energy / (self.size**0.5), dim=3)
        return self.fc_out(torch.einsum("nhql,nlhd->nqhd", [attention, v]).reshape(query.shape))


class TransformerBlock(nn.Module):
    def __init__(self, size, heads, dropout, expansion):
        super().__init__()
        self.attention = SelfAttention(size, heads)
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.feed_forward = nn.Sequential(nn.Linear(size, expansion * size), nn.ReLU(), nn.Linear(expansion * size, size))
        self.dropout = nn.Dropout(dropout)

    def forward(self, value, key, query, mask):
        x = self.dropout(self.norm1(self.attention(value, key, query, mask) + query))
        return self.dropout(self.norm2(self.feed_forward(x) + x))


class Encoder(nn.Module):
    def __init__(self, vocab, size, layers, heads, expansion, dropout, length):
        super().__init__()
        self.word_embedding, self.position_embedding = nn.Embedding(vocab, size), nn.Embedding(length, size)
        self.layers = nn.ModuleList([TransformerBlock(size, heads, dropout, expansion) for _ in range(layers)])
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask):
        places = torch.arange(x.shape[1]).expand(x.shape)
        out = self.dropout(self.word_embedding(x) + self.position_embedding(places))
        for layer in self.layers:
            out = layer(out, out, out, mask)
        return out


class DecoderBlock(nn.Module):
    def __init__(self, size, heads, expansion, dropout):
        super().__init__()
        self.attention = SelfAttention(size, heads)
        self.norm = nn.LayerNorm(size)
        self.transformer_block = TransformerBlock(size, heads, dropout, expansion)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, value, key, src_mask, trg_mask):
        query = self.dropout(self.norm(self.attention(x, x, x, trg_mask) + x))
        return self.transformer_block(value, key, query, src_mask)


class Decoder(nn.Module):
    def __init__(self, vocab, size, layers, heads, expansion, dropout, length):
        super().__init__()
        self.word_embedding, self.position_embedding = nn.Embedding(vocab, size), nn.Embedding(length, size)
        self.layers = nn.ModuleList([DecoderBlock(size, heads, expansion, dropout) for _ in range(layers)])
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, enc, src_mask, trg_mask):
        places = torch.arange(x.shape[1]).expand(x.shape)
        out = self.dropout(self.word_embedding(x) + self.position_embedding(places))
        for layer in self.layers:
            out = layer(out, enc, enc, src_mask, trg_mask)
        return out


class Seq2Seq(nn.Module):
    def __init__(self, src_vocab, trg_vocab, size, layers, expansion, heads, dropout, length):
        super().__init__()
        self.encoder = Encoder(src_vocab, size, layers, heads, expansion, dropout, length)
        self.decoder = Decoder(trg_vocab, size, layers, heads, expansion, dropout, length)
        self.fc_out = nn.Linear(size, trg_vocab)

    def forward(self, src, trg):
        mask = torch.tril(torch.ones(trg.shape[1], trg.shape[1])).expand(trg.shape[0], 1, -1, -1)
        return self.fc_out(self.decoder(trg, self.encoder(src, None), None, mask)).flatten(0, 1)


class Classifier(nn.Module):
    """torch.nn's own encoder over embeddings, with a padding mask."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30, 16)
        layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        return self.fc(self.encoder(self.embedding(x), src_key_padding_mask=x < 3).mean(dim=1))


class Translator(nn.Module):
    """torch.nn's own transformer, causal, norms first."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30, 16)
        self.transformer = nn.Transformer(16, 2, 1, 1, 32, dropout=0.2, norm_first=True)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        x = self.embedding(x).transpose(0, 1)
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[0])
        return self.fc(self.transformer(x, x, tgt_mask=mask, tgt_is_causal=True).mean(dim=0))


def tokens(vocab, count, length, classes):
    return lambda: ([torch.randint(0, vocab, (count, length))], torch.randint(0, classes, (count,)))


def images():
    return [torch.randn(8, 3, 16, 16)], torch.randint(0, 10, (8,))


def attended():
    x = torch.randn(4, 6, 16)
    return [x, x, x, None], torch.randn(4, 6, 16)


RUNS = {
    "cnn": (lambda: CNN([8, 16, 16], 10), images, True),
    "globalAvgPool": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2), GlobalAvgPool(),
            nn.Linear(12, 10),
        ),
        images,
        True,
    ),
    "lstm": (lambda: Recurrent("LSTM", 50, 12, 16, 2, num_layers=2), tokens(50, 8, 9, 2), False),
    "lstmBoth": (
        lambda: Recurrent("LSTM", 50, 12, 16, 2, num_layers=2, bidirectional=True), tokens(50, 8, 9, 2), False),
    "lstmDropout": (lambda: Recurrent("LSTM", 50, 12, 16, 2, num_layers=3, dropout=0.4), tokens(50, 8, 9, 2), False),
    "gruBoth": (lambda: Recurrent("GRU", 50, 12, 16, 2, num_layers=2, bidirectional=True), tokens(50, 8, 9, 2), False),
    "rnn": (lambda: Recurrent("RNN", 50, 12, 16, 2, num_layers=2), tokens(50, 8, 9, 2), False),
    "selfAttention": (lambda: SelfAttention(16, 4), attended, False),
    "transformerBlock": (lambda: TransformerBlock(16, 4, 0.1, 2), attended, False),
    "seq2seq": (
        lambda: Seq2Seq(20, 30, 16, 2, 4, 4, 0.1, 12),
        lambda: (
            [torch.randint(0, 20, (4, 7)), torch.randint(0, 30, (4, 6))],
            torch.randint(0, 30, (24,)),
        ),
        False,
    ),
    "classifier": (Classifier, tokens(30, 8, 7, 5), False),
    "translator": (Translator, tokens(30, 8, 7, 5), False),
}


FULL_SIZE = {
    "cnn": lambda: CNN([64, 128, 256], 10, places=16, hidden=512),
    "lstm": lambda: Recurrent("LSTM", 10000, 128, 256, 2, num_layers=2),
    "lstmBoth": lambda: Recurrent("LSTM", 10000, 128, 256, 2, num_layers=2, bidirectional=True),
    "gruBoth": lambda: Recurrent("GRU", 10000, 128, 256, 2, num_layers=2, bidirectional=True),
    "textClassifier": lambda: Recurrent("LSTM", 10000, 128, 256, 2),
    "transformerBlock": lambda: TransformerBlock(512, 8, 0.1, 4),
    "seq2seq": lambda: Seq2Seq(1000, 1200, 256, 2, 4, 8, 0, 100),
}


def total(t):
    """The sum of the bit patterns, which a single wrong bit changes."""
    return int(t.detach().view(torch.int32).to(torch.int64).sum())


def train(make, draw, dtype=torch.float32):
    torch.manual_seed(0)
    model = make()
    first = {name: record(p)["fnv"] for name, p in model.named_parameters()}
    inputs, target = draw()
    model.to(dtype)
    inputs = [x.to(dtype) if x is not None and x.is_floating_point() else x for x in inputs]
    target = target.to(dtype) if target.is_floating_point() else target
    criterion = nn.MSELoss() if target.is_floating_point() else nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = criterion(model(*inputs), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return first, losses


def main():
    torch.set_num_threads(1)
    result = {}
    for name, (make, draw, is_convolutional) in RUNS.items():
        weights, losses = train(make, draw)
        result[name] = {"weights": weights, "losses": losses}
        if not is_convolutional:
            continue
        result[name]["float64"] = train(make, draw, torch.float64)[1]
        others = []
        for threads in (1, 2):
            for onednn in (True, False):
                torch.set_num_threads(threads)
                with torch.backends.mkldnn.flags(enabled=onednn):
                    others.append(train(make, draw)[1])
        torch.set_num_threads(1)
        result[name]["spread"] = [max(column) - min(column) for column in zip(*others)]
    result["fullSize"] = {}
    for name, make in FULL_SIZE.items():
        torch.manual_seed(0)
        result["fullSize"][name] = {key: total(p) for key, p in make().named_parameters()}
    OUT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
