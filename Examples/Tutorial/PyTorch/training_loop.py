import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm


class SimpleNet(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        return self.fc2(self.relu(self.fc1(x)))


# Noise around one point for each class.
def clouds(count):
    y = torch.randint(0, 4, (count,))
    return TensorDataset(centres[y] + torch.randn(count, 20), y)


row("S80", "A small network")
torch.manual_seed(30)
model = SimpleNet(input_size=20, hidden_size=32, num_classes=4)
print(model)
centres = torch.randn(4, 20)
train_loader = DataLoader(clouds(320), batch_size=32, shuffle=True)
val_loader = DataLoader(clouds(96), batch_size=32)

row("S74", "A loss, an optimizer, a schedule, a device")
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = model.to(device)
print(device)

row("S74", "Training and validation")


def train():
    model.train()
    loss_sum, correct, total = 0.0, 0, 0
    for x, y in train_loader:
        x, y = x.to(device), y.to(device)
        output = model(x)
        loss = criterion(output, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item()
        _, predicted = output.max(1)
        total += y.size(0)
        correct += predicted.eq(y).sum().item()
    return loss_sum / len(train_loader), 100.0 * correct / total


def validate():
    model.eval()
    loss_sum, correct, total = 0.0, 0, 0
    with torch.no_grad():
        for x, y in val_loader:
            x, y = x.to(device), y.to(device)
            output = model(x)
            loss_sum += criterion(output, y).item()
            _, predicted = output.max(1)
            total += y.size(0)
            correct += predicted.eq(y).sum().item()
    return loss_sum / len(val_loader), 100.0 * correct / total


row("S76", "What it prints")
num_epochs = 3
for epoch in range(num_epochs):
    train_loss, train_acc = train()
    print(f"Epoch {epoch + 1}: Train Loss: {train_loss:.4f}, Train Acc: {train_acc:.2f}%")
    val_loss, val_acc = validate()
    print(f"Val Loss: {val_loss:.4f}, Val Acc: {val_acc:.2f}%")
    scheduler.step()
print(f"{scheduler.get_last_lr()[0]:.4f}")

row("S75", "A bar that tells how far it is")
# On standard error: Epoch 1/1: 100%|##########| 10/10 [00:00<00:00, ...it/s, loss=0.0104, acc=...]
bar = tqdm(train_loader, desc="Epoch 1/1", leave=False)
correct, total = 0, 0
for x, y in bar:
    with torch.no_grad():
        output = model(x)
    correct += output.argmax(1).eq(y).sum().item()
    total += y.size(0)
    bar.set_postfix({"loss": f"{criterion(output, y).item():.4f}", "acc": f"{100.0 * correct / total:.2f}%"})
print(f"{correct} of {total}")
