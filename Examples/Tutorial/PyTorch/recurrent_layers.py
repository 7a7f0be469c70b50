import torch
import torch.nn as nn


class LastWord(nn.Module):
    def __init__(self, vocab_size, embed_size, hidden_size, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, 2)

    def forward(self, x):
        out, (h_n, c_n) = self.lstm(self.embedding(x))
        return self.fc(out[:, -1, :])


row("S65", "RNN: the outputs of all steps, and the last state")
torch.manual_seed(5)
rnn = nn.RNN(input_size=4, hidden_size=3, num_layers=2, batch_first=True, bidirectional=False)
print(rnn)
x = torch.randn(2, 5, 4)  # two sequences of five steps
out, h_n = rnn(x)
print(out.shape, h_n.shape)
print(out[:, -1])
print(torch.equal(out[:, -1], h_n[-1]))

row("S65", "Its weights")
for name, param in rnn.named_parameters():
    print(f"{name}: {param.shape}")

row("S66", "LSTM: a state of two parts")
lstm = nn.LSTM(input_size=4, hidden_size=3, num_layers=2, batch_first=True, bidirectional=False, dropout=0.5)
print(lstm)
lstm.eval()
out, (h_n, c_n) = lstm(x)
print(out.shape, h_n.shape, c_n.shape)
print(c_n[-1])

row("S66", "Dropout between two layers")
# With one layer there is no place between two, and PyTorch warns of it.
lstm.train()
torch.manual_seed(6)
out, _ = lstm(x)
print(out[0, -1])

row("S67", "GRU, in both directions")
gru = nn.GRU(input_size=4, hidden_size=3, num_layers=2, batch_first=True, bidirectional=True)
print(gru)
out, h_n = gru(x)
print(out.shape, h_n.shape)
print(out[0, -1])

row("S67", "Going on from a state")
first, h = gru(x[:, :2])
second, h = gru(x[:, 2:], h)
print(second.shape)

row("S84", "An LSTM that classifies by its last step")
torch.manual_seed(7)
model = LastWord(vocab_size=50, embed_size=8, hidden_size=16, num_layers=1)
print(model)
words = torch.randint(0, 50, (3, 6))
print(words)
print(model(words))
