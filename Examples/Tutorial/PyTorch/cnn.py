import torch
import torch.nn as nn
import torch.optim as optim


class CNN(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        # 32 x 32 pixels become 16, 8 and 4.
        layers = []
        for inputs, outputs in [(3, 64), (64, 128), (128, 256)]:
            layers += [
                nn.Conv2d(inputs, outputs, kernel_size=3, padding=1),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
                nn.Conv2d(outputs, outputs, kernel_size=3, padding=1),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(kernel_size=2, stride=2),
            ]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * 4 * 4, 512),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(512, num_classes),
        )

    def forward(self, x):
        return self.classifier(self.features(x))


row("S82", "Three blocks of convolutions, and two linear layers")
torch.manual_seed(50)
model = CNN(num_classes=10)
print(model)
print(sum(p.numel() for p in model.parameters()))

row("S82", "From pictures to scores")
x = torch.randn(4, 3, 32, 32)
print(model.features(x).shape)
print(model(x).shape)

row("S82", "Some steps on one batch")
y = torch.tensor([1, 3, 5, 7])
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for step in range(4):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.3f}")
