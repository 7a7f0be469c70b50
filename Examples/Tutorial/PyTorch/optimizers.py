import torch
from torch import nn, optim


def descend(make):
    """The losses of ten steps of an optimizer on one small problem."""
    torch.manual_seed(4)
    model = nn.Linear(2, 1)
    x = torch.randn(8, 2)
    y = x.sum(dim=1, keepdim=True) * 2 - 1
    optimizer = make(model.parameters())
    losses = []
    for step in range(10):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(" ".join(f"{loss:.4f}" for loss in losses[::3]))


row("S47", "SGD")
descend(lambda parameters: optim.SGD(parameters, lr=0.05))
descend(lambda parameters: optim.SGD(parameters, lr=0.05, momentum=0.9))

row("S48", "Adam")
descend(lambda parameters: optim.Adam(parameters, lr=0.1, betas=(0.9, 0.999)))

row("S49", "RMSprop")
descend(lambda parameters: optim.RMSprop(parameters, lr=0.05, alpha=0.99))

row("S50", "Adagrad")
descend(lambda parameters: optim.Adagrad(parameters, lr=0.3))

row("S51", "Some parameters only")
torch.manual_seed(4)
body, head = nn.Linear(4, 5), nn.Linear(5, 2)
network = nn.Sequential(body, nn.Tanh(), head)
before = [parameter.detach().clone() for parameter in network.parameters()]
head_only = optim.SGD(head.parameters(), lr=0.1)
head_only.zero_grad()
network(torch.ones(1, 4)).sum().backward()
head_only.step()
print([torch.equal(a, b) for a, b in zip(before, network.parameters())])

row("S51", "Another rate for each group")
optimizer = optim.SGD(
    [{"params": body.parameters(), "lr": 0.001}, {"params": head.parameters()}], lr=0.1, momentum=0.9)
for group in optimizer.param_groups:
    print(group["lr"], group["momentum"], len(group["params"]))

row("S48", "Printing an optimizer")
print(optim.Adam(network.parameters(), lr=0.001))
