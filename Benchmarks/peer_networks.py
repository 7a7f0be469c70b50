"""The PyTorch side of the networks of Benchmarks/TorchBench: `NAME@VARIANT` is the same work as a user may also write it."""

import torch
from torch import nn

BATCHES = 4


class TextClassifier(nn.Module):
    def __init__(self, words, embed_size, hidden_size, classes):
        super().__init__()
        self.embedding = nn.Embedding(words, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden_size, classes)

    def forward(self, x):
        return self.fc(self.lstm(self.embedding(x))[0][:, -1])


class SequenceClassifier(nn.Module):
    def __init__(self, d_model, heads, feed_forward, layers, classes):
        super().__init__()
        layer = nn.TransformerEncoderLayer(d_model, heads, feed_forward, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.fc = nn.Linear(d_model, classes)

    def forward(self, x):
        return self.fc(self.encoder(x).mean(dim=1))


class PhotoClassifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        layers = []
        for inputs, outputs in ((3, 64), (64, 128), (128, 256)):
            for first in (inputs, outputs):
                layers += [nn.Conv2d(first, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(256 * 4 * 4, 512), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(512, classes)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def vision(name):
    def make():
        import torchvision

        return getattr(torchvision.models, name)()

    return make


def photos(count, size):
    return lambda: torch.randn(count, 3, size, size)


def words():
    return torch.randint(0, 10_000, (32, 100))


def vectors():
    return torch.randn(8, 100, 512)


def photo_classifier():
    return PhotoClassifier(10)


def text():
    return TextClassifier(10_000, 128, 256, 2)


def sequence():
    return SequenceClassifier(512, 8, 2048, 6, 10)


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def adam(rate):
    return lambda parameters: torch.optim.Adam(parameters, lr=rate)


def in_format(x, channels_last):
    return x.contiguous(memory_format=torch.channels_last) if channels_last and x.dim() == 4 else x


def training(inputs, classes, make, optimizer, half=False, channels_last=False, compiled=False):
    def prepare():
        torch.manual_seed(0)
        model = make()
        if channels_last:
            model = model.to(memory_format=torch.channels_last)
        descent = optimizer(model.parameters())
        criterion = nn.CrossEntropyLoss()
        batches = []
        for _ in range(BATCHES):
            x = in_format(inputs(), channels_last)
            batches.append((x, torch.randint(0, classes, (x.shape[0],))))
        called = torch.compile(model) if compiled else model

        def step(batch):
            x, y = batches[batch]
            descent.zero_grad()
            if half:
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    loss = criterion(called(x), y)
            else:
                loss = criterion(called(x), y)
            loss.backward()
            descent.step()
            return loss

        return step, lambda: sum(step(batch).item() for batch in range(BATCHES))

    return prepare


def prediction(inputs, make, channels_last=False, compiled=False):
    def prepare():
        torch.manual_seed(0)
        model = make().eval()
        if channels_last:
            model = model.to(memory_format=torch.channels_last)
        batches = [in_format(inputs(), channels_last) for _ in range(BATCHES)]
        called = torch.compile(model) if compiled else model

        def step(batch):
            with torch.no_grad():
                return called(batches[batch])

        def checksum():
            return sum(step(batch).to(torch.float64).abs().mean().item() for batch in range(BATCHES))

        return step, checksum

    return prepare


def workloads():
    found = {}

    def add(name, kind, *arguments, **options):
        """The workload, and the ways in which PyTorch may be quicker."""
        found[name] = kind(*arguments, **options)
        if arguments[0] not in (words, vectors):
            found[name + "@channels_last"] = kind(*arguments, **options, channels_last=True)
            found[name + "@channels_last_compiled"] = kind(*arguments, **options, channels_last=True, compiled=True)
        found[name + "@compiled"] = kind(*arguments, **options, compiled=True)

    small, large = photos(32, 32), photos(8, 224)
    add("cnn_train", training, small, 10, photo_classifier, sgd)
    add("cnn_infer", prediction, small, photo_classifier)
    add("resnet18_train", training, large, 10, vision("resnet18"), sgd)
    add("resnet18_infer", prediction, large, vision("resnet18"))
    add("resnet18_infer_b1", prediction, photos(1, 224), vision("resnet18"))
    for batch in (1, 8):
        add(f"mobilenetv2_infer_b{batch}", prediction, photos(batch, 224), vision("mobilenet_v2"))
    add("bilstm_train", training, words, 2, text, adam(0.001))
    add("bilstm_infer", prediction, words, text)
    add("transformer_train", training, vectors, 10, sequence, adam(0.0001))
    add("transformer_infer", prediction, vectors, sequence)
    add("cnn_bf16_train", training, small, 10, photo_classifier, sgd, half=True)
    add("transformer_bf16_train", training, vectors, 10, sequence, adam(0.0001), half=True)
    return found
