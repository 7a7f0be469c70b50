import torch
from torch import nn

row("S43", "Cross entropy: scores and the right class")
torch.manual_seed(2)
scores = torch.randn(4, 3)
labels = torch.tensor([0, 2, 1, 1])
criterion = nn.CrossEntropyLoss()
print(criterion(scores, labels))
print(nn.CrossEntropyLoss(reduction="none")(scores, labels))
print(-scores.softmax(dim=1)[torch.arange(4), labels].log().mean())

row("S44", "Binary cross entropy from logits")
logits = torch.tensor([1.5, -0.5, 0.0])
answers = torch.tensor([1.0, 0.0, 1.0])
binary = nn.BCEWithLogitsLoss()
print(binary(logits, answers))
print(binary(logits.unsqueeze(1), answers.unsqueeze(1)))

row("S45", "The squared error")
guess = torch.tensor([2.0, 4.5, -1.0])
truth = torch.tensor([2.5, 4.0, 1.0])
print(nn.MSELoss()(guess, truth))

row("S46", "The absolute error")
print(nn.L1Loss()(guess, truth))
print(nn.L1Loss(reduction="sum")(guess, truth))
