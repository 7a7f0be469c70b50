import os

import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

row("S72", "A folder for each class, numbered in the order of their names")
colours = {"cherry": (200, 20, 40), "lemon": (240, 220, 40), "olive": (110, 120, 30)}
for name, colour in colours.items():
    os.makedirs(f"data/train/{name}")
    for side in (40, 56):
        Image.new("RGB", (side, 48), colour).save(f"data/train/{name}/{side}.png")

transform = transforms.Compose([transforms.Resize(32), transforms.CenterCrop(32), transforms.ToTensor()])
dataset = ImageFolder("data/train", transform=transform)
print(len(dataset))
print(*dataset.classes)
print(dataset.class_to_idx["olive"])
for path, label in dataset.samples:
    print(path, label)

row("S72", "A sample")
x, y = dataset[2]
print(x.shape, y)
print(x[:, 0, 0] * 255)

row("S72", "In batches")
torch.manual_seed(16)
for x, y in DataLoader(dataset, batch_size=4, shuffle=True, num_workers=2):
    print(x.shape, y)
