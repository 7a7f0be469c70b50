import torch
import torch.nn as nn

row("S56", "A filter that finds edges")
edge = nn.Conv2d(1, 1, kernel_size=3, bias=False)
with torch.no_grad():
    edge.weight.copy_(torch.tensor([[[[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]]]))
picture = torch.tensor([0.0, 0, 0, 5, 5, 5]).repeat(4, 1)
print(picture)
print(edge(picture.view(1, 1, 4, 6)).detach())

row("S56", "A layer, and what stride and padding do to the size")
conv = nn.Conv2d(in_channels=3, out_channels=16, kernel_size=3, stride=1, padding=1)
print(conv)
print(conv.weight.shape)
print(conv.bias.shape)
photos = torch.randn(8, 3, 32, 32)
print(conv(photos).shape)
print(nn.Conv2d(3, 16, 3, stride=2, padding=1)(photos).shape)
print(nn.Conv2d(3, 16, 5)(photos).shape)

row("S57", "A transposed convolution makes pictures larger")
up = nn.ConvTranspose2d(in_channels=16, out_channels=8, kernel_size=2, stride=2)
print(up)
print(up(conv(photos)).shape)
twice = nn.ConvTranspose2d(1, 1, kernel_size=2, stride=2, bias=False)
with torch.no_grad():
    twice.weight.fill_(1)
print(twice(torch.tensor([[[[1.0, 2], [3, 4]]]])).detach())

row("S60", "Flatten keeps the batch")
print(nn.Flatten()(torch.zeros(8, 16, 7, 7)).shape)
print(nn.Flatten(0)(torch.zeros(8, 16, 7, 7)).shape)

row("S81", "A small network for pictures of 28 x 28")
torch.manual_seed(21)
model = nn.Sequential(
    nn.Conv2d(3, 32, kernel_size=3, stride=1, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(kernel_size=2, stride=2),  # 14 x 14
    nn.Conv2d(32, 64, kernel_size=3, stride=1, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(kernel_size=2, stride=2),  # 7 x 7
    nn.Flatten(),
    nn.Linear(64 * 7 * 7, 128),
    nn.ReLU(),
    nn.Linear(128, 10),
)
print(model)
print(sum(p.numel() for p in model.parameters()))
print(model(torch.randn(2, 3, 28, 28)))
