import torch
from torch import nn

row("S93", "The device, its half type and the scaler")
# The tutorial's torch.cuda.amp is torch.amp today; float16 wants the scaler, bfloat16 does not.
on_gpu = torch.cuda.is_available()
device = "cuda" if on_gpu else "cpu"
half = torch.float16 if on_gpu else torch.bfloat16
scaler = torch.amp.GradScaler(device, enabled=on_gpu)
print(scaler.is_enabled(), scaler.get_scale())

row("S93", "What runs in the half type")
torch.manual_seed(93)
model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4)).to(device)
inputs = torch.randn(64, 16, device=device)
labels = inputs[:, :4].argmax(dim=1)
criterion = nn.CrossEntropyLoss()
with torch.autocast(device, dtype=half):
    outputs = model(inputs)
    loss = criterion(outputs, labels)
print(outputs.dtype, loss.dtype, model[0].weight.dtype)
print(model(inputs).dtype)

row("S93", "The training loop")
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(1, 51):
    optimizer.zero_grad()
    with torch.autocast(device, dtype=half):
        loss = criterion(model(inputs), labels)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    if step % 10 == 0:
        print(f"step {step}: loss {loss.item():.2f}")
print(model[0].weight.grad.dtype)
