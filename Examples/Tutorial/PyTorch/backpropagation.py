import torch
from torch import nn, optim

row("S47", "The five parts of a training step")
torch.manual_seed(0)
model = nn.Linear(3, 1)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
criterion = nn.MSELoss()
inputs = torch.randn(16, 3)
targets = inputs @ torch.tensor([[2.0], [-1.0], [0.5]]) + 3

outputs = model(inputs)  # 1. forward
loss = criterion(outputs, targets)  # 2. how wrong it is
optimizer.zero_grad()  # 3. forget the last gradients
loss.backward()  # 4. new gradients
print(model.weight.grad)
print(model.weight.detach())
optimizer.step()  # 5. a step downhill
print(model.weight.detach())

row("S51", "What zero_grad leaves")
optimizer.zero_grad()
print(model.weight.grad is None)
criterion(model(inputs), targets).backward()
optimizer.zero_grad(set_to_none=False)
print(model.weight.grad)

row("S47", "The same in a loop")
for epoch in range(5):
    for start in range(0, 16, 4):
        x, y = inputs[start : start + 4], targets[start : start + 4]
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f}")
print(model.bias.detach())
