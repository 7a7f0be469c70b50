import torch
import torch.nn as nn

row("S64", "Each as a layer")
x = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
for layer in [nn.ReLU(), nn.LeakyReLU(negative_slope=0.01), nn.Sigmoid(), nn.Tanh(), nn.GELU()]:
    print(layer)
    print(layer(x))

row("S64", "Softmax: each row becomes shares of 1")
scores = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
shares = nn.Softmax(dim=1)(scores)
print(shares)
print(shares.argmax(dim=1))

row("S64", "In place, for the sake of memory")
y = torch.tensor([-1.0, 4.0])
print(nn.ReLU(inplace=True)(y) is y)
print(y)

row("S64", "As functions and as methods")
print(torch.relu(x))
print(nn.functional.leaky_relu(x, negative_slope=0.1))
print(x.sigmoid())

row("S64", "In a model")
torch.manual_seed(3)
model = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2))
print(model)
print(model(torch.ones(1, 6)))
