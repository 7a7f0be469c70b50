import os

import torch
from torch import nn, optim
from torchvision import datasets, models, transforms
from torchvision.utils import save_image

row("S94", "A network, and its last layer replaced")
torch.manual_seed(94)
# With the official weights: models.resnet18(weights="IMAGENET1K_V1"); the tutorial's pretrained=True is deprecated.
model = models.resnet18(weights=None)
for p in model.parameters():
    p.requires_grad = False
features = model.fc.in_features
model.fc = nn.Linear(features, 3)
print(features, model.fc)
print(", ".join(name for name, p in model.named_parameters() if p.requires_grad))

row("S94", "Only the new layer learns")
pictures = torch.rand(6, 3, 64, 64)
labels = torch.tensor([0, 1, 2, 0, 1, 2])
criterion = nn.CrossEntropyLoss()


def learn(optimizer, steps):
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        loss = criterion(model(pictures), labels)
        loss.backward()
        optimizer.step()
        print(f"step {step}: loss {loss.item():.3f}")


before = model.conv1.weight.clone()
learn(optim.SGD(model.fc.parameters(), lr=0.001, momentum=0.9), steps=3)
print(torch.equal(model.conv1.weight, before))

row("S94", "Then all of it, in smaller steps")
for p in model.parameters():
    p.requires_grad = True
learn(optim.SGD(model.parameters(), lr=0.0001, momentum=0.9), steps=2)
print(torch.equal(model.conv1.weight, before))

row("S95", "A folder of pictures")
torch.manual_seed(95)
for kind, level in [("dark", 0.2), ("light", 0.7)]:
    os.makedirs(f"data/train/{kind}", exist_ok=True)
    for number in range(4):
        save_image(torch.rand(3, 80, 90) * 0.3 + level, f"data/train/{kind}/{number}.png")
transform = transforms.Compose(
    [
        transforms.Resize(72),
        transforms.CenterCrop(64),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
train_set = datasets.ImageFolder("data/train", transform=transform)
print(", ".join(train_set.classes), len(train_set))

row("S95", "The network learns its classes")
loader = torch.utils.data.DataLoader(train_set, batch_size=4, shuffle=True)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = models.resnet18(weights=None)
model.fc = nn.Linear(model.fc.in_features, 2)
model = model.to(device)
optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
model.train()
losses = []
for epoch in range(1, 6):
    total = 0.0
    for inputs, targets in loader:
        inputs, targets = inputs.to(device), targets.to(device)
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss.item() * inputs.size(0)
    losses.append(total / len(train_set))
# So few pictures learn in leaps: the last digits of later losses differ from machine to machine.
print(f"Epoch 1: Train Loss: {losses[0]:.2f}")
print(losses[-1] < losses[0] * 0.8)
