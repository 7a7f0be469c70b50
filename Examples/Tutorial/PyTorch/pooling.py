import torch
import torch.nn as nn


class MeanOverSpace(nn.Module):
    def forward(self, x):
        return x.mean(dim=[2, 3])


row("S58", "The largest, and the mean, of each window")
x = torch.arange(16.0).view(1, 1, 4, 4)
maxpool = nn.MaxPool2d(kernel_size=2, stride=2)
avgpool = nn.AvgPool2d(kernel_size=2, stride=2)
print(maxpool)
print(maxpool(x))
print(avgpool)
print(avgpool(x))
print(torch.equal(nn.MaxPool2d(2)(x), maxpool(x)))

row("S58", "Any size becomes one of your choice")
adapool = nn.AdaptiveAvgPool2d((1, 1))
print(adapool)
print(adapool(x))
print(nn.AdaptiveAvgPool2d((2, 3))(torch.zeros(8, 64, 9, 13)).shape)

row("S59", "The mean of each channel")
maps = torch.arange(24.0).view(2, 3, 2, 2)
print(maps.mean(dim=[2, 3]))

row("S83", "The same as a module")
pool = MeanOverSpace()
print(pool)
print(pool(maps))
model = nn.Sequential(nn.Conv2d(3, 4, 1), pool, nn.Linear(4, 2))
print(model)
print(model(maps).shape)
