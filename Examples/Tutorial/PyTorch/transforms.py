import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional as VF


def gradient(height, width):
    y = torch.arange(height).view(-1, 1) * 255 // (height - 1)
    x = torch.arange(width).view(1, -1) * 255 // (width - 1)
    return Image.fromarray(torch.stack([x + 0 * y, y + 0 * x, (x + y) // 2], dim=2).to(torch.uint8).numpy())


row("S70", "A picture in a file")
gradient(60, 80).save("slope.png")
picture = Image.open("slope.png")
print(picture.mode, picture.width, picture.height)

row("S70", "From a picture to what a network takes")
transform = transforms.Compose([
    transforms.Resize(32),  # the shorter side
    transforms.CenterCrop(28),
    transforms.ToTensor(),
    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
])
print(transform)
x = transform(picture)
print(x.shape, x.dtype)
print(x[:, 0, :4])

row("S70", "Step by step")
small = transforms.Resize(32)(picture)
print(small.width, small.height)
print(VF.pil_to_tensor(small)[0, 0, :6])
print(transforms.ToTensor()(small)[0, 0, :6])

row("S71", "At random, the same for the same seed")
augment = transforms.Compose([
    transforms.RandomResizedCrop(24),
    transforms.RandomHorizontalFlip(),
    transforms.RandomRotation(15),
    transforms.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2),
    transforms.ToTensor(),
    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
])
torch.manual_seed(14)
for _ in range(3):
    x = augment(picture)
    print(x.shape)
    print(x[0, 12, 10:14])

row("S71", "One step alone")
torch.manual_seed(15)
crop = transforms.RandomCrop(2)
for _ in range(2):
    print(VF.pil_to_tensor(crop(picture))[:2])

row("S70", "Three colours from -1 to 1")
half = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
x = half(picture)
print(x.min(), x.max())
