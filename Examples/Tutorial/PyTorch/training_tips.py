import torch
from torch import nn, optim

row("S96", "Clipping gradients")
torch.manual_seed(96)
model = nn.Linear(4, 1)
(model(torch.randn(8, 4) * 10).pow(2).mean()).backward()
norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
print(f"{norm:.3f}")
print(f"{nn.utils.get_total_norm([p.grad for p in model.parameters()]):.3f}")

row("S97", "Early stopping")
torch.manual_seed(97)
x, noise = torch.randn(40, 12), torch.randn(40, 1)
y = x[:, :1] + noise
learnt, held = slice(0, 20), slice(20, 40)
model = nn.Sequential(nn.Linear(12, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = optim.Adam(model.parameters(), lr=0.01)
criterion = nn.MSELoss()
best, patience, bad = float("inf"), 5, 0
for epoch in range(1, 101):
    optimizer.zero_grad()
    loss = criterion(model(x[learnt]), y[learnt])
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        val_loss = criterion(model(x[held]), y[held]).item()
    if val_loss < best:
        best, bad = val_loss, 0
        torch.save(model.state_dict(), "best_model.pth")
    else:
        bad += 1
    if epoch % 5 == 0 or bad >= patience:
        print(f"epoch {epoch}: train {loss.item():.3f}, held out {val_loss:.3f}")
    if bad >= patience:
        print("Early stopping")
        break
model.load_state_dict(torch.load("best_model.pth"))
with torch.no_grad():
    print(f"best {criterion(model(x[held]), y[held]).item():.3f}")

row("S98", "An ensemble")
models = []
for seed in [2, 3, 4]:
    torch.manual_seed(seed)
    member = nn.Sequential(nn.Linear(12, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = optim.Adam(member.parameters(), lr=0.05)
    for _ in range(40):
        optimizer.zero_grad()
        criterion(member(x[learnt]), y[learnt]).backward()
        optimizer.step()
    models.append(member.eval())
with torch.no_grad():
    predictions = torch.stack([member(x[held]) for member in models])
    together = torch.mean(predictions, dim=0)
    for number, prediction in enumerate(predictions, start=1):
        print(f"model {number}: {criterion(prediction, y[held]).item():.3f}")
    print(f"together: {criterion(together, y[held]).item():.3f}")
