import torch
from torch import nn

row("S39", "A linear layer")
torch.manual_seed(8)
fc = nn.Linear(in_features=4, out_features=2)
print(fc)
print(fc.weight.detach())
print(fc.bias.detach())
x = torch.tensor([[1.0, 0.0, 2.0, -1.0]])
print(fc(x))
print(torch.equal(fc(x), x @ fc.weight.T + fc.bias))

row("S39", "The last dimension is what it maps")
print(fc(torch.zeros(7, 3, 4)).shape)
print(nn.Linear(4, 2, bias=False))

row("S40", "Three of them in sequence")
model = nn.Sequential(
    nn.Linear(784, 256),
    nn.ReLU(),
    nn.Linear(256, 128),
    nn.ReLU(),
    nn.Linear(128, 10),
)
print(model)
print(model(torch.randn(32, 784)).shape)
print(sum(parameter.numel() for parameter in model.parameters()))
