import torch
import torch.nn as nn
import torch.optim as optim


def make():
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))


row("S78", "The weights in a file")
torch.manual_seed(40)
x = torch.randn(16, 6)
y = torch.randint(0, 3, (16,))


def step(model, optimizer):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


model = make()
torch.save(model.state_dict(), "weights.pth")
for name, tensor in torch.load("weights.pth").items():
    print(name, tensor.shape)

row("S78", "Into a model of the same make")
other = make()
print(torch.equal(other(x), model(x)))
keys = other.load_state_dict(torch.load("weights.pth"))
print(len(keys.missing_keys), len(keys.unexpected_keys))
other.eval()
print(torch.equal(other(x), model(x)))

row("S78", "A model of another make says what does not fit")
try:
    nn.Sequential(nn.Linear(6, 8)).load_state_dict(torch.load("weights.pth"))
except RuntimeError:
    # Error(s) in loading state_dict for Sequential: Unexpected key(s) in state_dict: "2.weight", "2.bias".
    print("does not fit")

row("S77", "A whole model in a file")
# The file names classes of Python, which may run anything: load refuses it unless told that the file is trusted.
torch.save(model, "model.pth")
again = torch.load("model.pth", weights_only=False)
print(again)
print(torch.equal(again(x), model(x)))

row("S79", "A checkpoint: all that goes on from here")
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(3):
    loss = step(model, optimizer)
torch.save(
    {
        "epoch": epoch,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": loss,
    },
    "checkpoint.pth",
)
print(step(model, optimizer))
print(step(model, optimizer))

row("S79", "Going on")
model = make()
optimizer = optim.Adam(model.parameters(), lr=0.1)
checkpoint = torch.load("checkpoint.pth")
model.load_state_dict(checkpoint["model_state_dict"])
optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
epoch = checkpoint["epoch"]
loss = checkpoint["loss"]
print(epoch)
print(loss)  # the tensor comes back with its requires_grad: save loss.item() for a number
print(step(model, optimizer))
print(step(model, optimizer))
