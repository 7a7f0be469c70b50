import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


# config.py
class Config:
    batch_size = 16
    learning_rate = 0.05
    num_epochs = 5
    seed = 99


# dataset.py
class Rings(Dataset):
    """Points of the plane: is one within the circle?"""

    def __init__(self, count):
        self.points = torch.rand(count, 2) * 2 - 1
        self.labels = (self.points.pow(2).sum(dim=1) < 0.6).long()

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return self.points[index], self.labels[index]


# models.py
class RingNet(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, 2)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


# train.py
def train_one_epoch(model, dataloader, optimizer, criterion):
    model.train()
    total, count = 0.0, 0
    for batch_x, batch_y in dataloader:
        optimizer.zero_grad()
        loss = criterion(model(batch_x), batch_y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch_x)
        count += len(batch_x)
    return total / count


row("S99", "The four parts together")
torch.manual_seed(Config.seed)
rings = Rings(200)
loader = DataLoader(rings, batch_size=Config.batch_size, shuffle=True)
model = RingNet()
optimizer = optim.Adam(model.parameters(), lr=Config.learning_rate)
for epoch in range(1, Config.num_epochs + 1):
    avg_loss = train_one_epoch(model, loader, optimizer, nn.CrossEntropyLoss())
    print(f"Epoch {epoch}: Train Loss: {avg_loss:.4f}")
