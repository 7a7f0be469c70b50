import torch
import torch.nn as nn
import torch.optim as optim


class LSTMModel(nn.Module):
    def __init__(self, vocab_size, embed_size, hidden_size, num_layers, num_classes, bidirectional=False):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional)
        self.fc = nn.Linear(hidden_size * (2 if bidirectional else 1), num_classes)

    def forward(self, x):
        lstm_out, (h_n, c_n) = self.lstm(self.embedding(x))
        return self.fc(lstm_out[:, -1, :])


class GRUModel(nn.Module):
    def __init__(self, vocab_size, embed_size, hidden_size, num_layers, num_classes):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.gru = nn.GRU(embed_size, hidden_size, num_layers, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(hidden_size * 2, num_classes)

    def forward(self, x):
        gru_out, h_n = self.gru(self.embedding(x))
        return self.fc(gru_out[:, -1, :])


class TextClassifier(nn.Module):
    def __init__(self, vocab_size, embed_size, hidden_size, num_classes):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        lstm_out, (h_n, _) = self.lstm(self.embedding(x))
        return self.fc(lstm_out[:, -1, :])


# Whether the second word from the end is one of the first half of the vocabulary.
def learn(model):
    x = torch.randint(0, 40, (64, 7))
    y = (x[:, -2] < 20).long()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for step in range(12):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 4 == 3:
            print(f"loss {loss.item():.3f}")
    print(f"{model(x).argmax(1).eq(y).sum().item()} of 64")


row("S84", "An LSTM, forwards")
torch.manual_seed(70)
model = LSTMModel(vocab_size=40, embed_size=16, hidden_size=24, num_layers=1, num_classes=2)
print(model)
learn(model)

row("S85", "Two layers, both ways")
torch.manual_seed(71)
model = LSTMModel(
    vocab_size=40, embed_size=16, hidden_size=24, num_layers=2, num_classes=2, bidirectional=True
)
print(model)
learn(model)

row("S86", "A GRU, both ways")
torch.manual_seed(72)
model = GRUModel(vocab_size=40, embed_size=16, hidden_size=24, num_layers=2, num_classes=2)
print(model)
learn(model)

row("S87", "The text classifier")
torch.manual_seed(73)
model = TextClassifier(vocab_size=40, embed_size=16, hidden_size=24, num_classes=2)
print(model)
learn(model)
