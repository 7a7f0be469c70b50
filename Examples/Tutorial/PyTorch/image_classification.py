import hashlib
import os
import pickle

import torch
import torch.nn as nn
import torch.optim as optim
from torchvision import transforms
from torchvision.datasets import CIFAR10


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


# A stand-in of the true files, 20 pictures in each: class c has stripes of c + 1 columns.
def write_stripes(folder):
    os.makedirs(f"{folder}/cifar-10-batches-py")
    names = "plane car bird cat deer dog frog horse ship truck".split()
    sums = {}
    for number, file in enumerate([f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]):
        torch.manual_seed(number)
        labels = torch.arange(20) % 10
        stripes = torch.arange(32) // (labels.view(20, 1, 1, 1) + 1) % 2 * 150
        pictures = stripes.expand(20, 3, 32, 32) + torch.randint(0, 100, (20, 3, 32, 32))
        batch = {"data": pictures.to(torch.uint8).view(20, 3072).numpy(), "labels": labels.tolist()}
        content = pickle.dumps(batch)
        open(f"{folder}/cifar-10-batches-py/{file}", "wb").write(content)
        sums[file] = hashlib.md5(content).hexdigest()
    content = pickle.dumps({"label_names": names})
    open(f"{folder}/cifar-10-batches-py/batches.meta", "wb").write(content)
    # torchvision wants the sums of the true files, unless it is told others.
    CIFAR10.train_list = [[file, sums[file]] for file in sums if file != "test_batch"]
    CIFAR10.test_list = [["test_batch", sums["test_batch"]]]
    CIFAR10.meta = {"filename": "batches.meta", "key": "label_names", "md5": hashlib.md5(content).hexdigest()}


row("S73", "The data")
write_stripes("./data")
transform = transforms.Compose([
    transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
])
trainset = CIFAR10(root="./data", train=True, transform=transform)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=10, shuffle=True, num_workers=2)
testset = CIFAR10(root="./data", train=False, transform=transform)
testloader = torch.utils.data.DataLoader(testset, batch_size=10, shuffle=False, num_workers=2)
print(len(trainloader), len(testloader))

row("S82", "The network on its device")
torch.manual_seed(60)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = CNN(num_classes=10).to(device)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
print(sum(p.numel() for p in model.parameters()), device)

row("S76", "The training tells its loss now and then")
for epoch in range(2):
    running_loss = 0.0
    for i, (inputs, labels) in enumerate(trainloader, 0):
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if i % 5 == 4:
            print(f"[{epoch + 1}, {i + 1}] loss: {running_loss / 5:.1f}")
            running_loss = 0.0
print("Finished Training")

row("S82", "How many pictures it reads right")
model.eval()
correct = 0
with torch.no_grad():
    for inputs, labels in testloader:
        correct += model(inputs.to(device)).argmax(1).eq(labels.to(device)).sum().item()
print(f"{correct} of {len(testset)}")
