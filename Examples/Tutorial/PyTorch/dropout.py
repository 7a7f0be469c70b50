import torch
import torch.nn as nn

row("S62", "Half of the numbers become 0, the others twice as large")
torch.manual_seed(4)
dropout = nn.Dropout(p=0.5)
print(dropout)
x = torch.ones(2, 8)
print(dropout(x))
print(dropout(x))

row("S62", "Whole channels")
dropout2d = nn.Dropout2d(p=0.5)
print(dropout2d)
print(dropout2d(torch.ones(1, 4, 2, 2)))

row("S62", "Only while training")
model = nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 2))
print(model)
sample = torch.ones(1, 6)
model.train()
print(torch.equal(model(sample), model(sample)))
model.eval()
print(torch.equal(model(sample), model(sample)))
print(dropout.eval()(x))
