import torch

row("S29", "The chain whose last step does not fit")
x = torch.arange(12).reshape(3, 4)
x = x.unsqueeze(0)
x = x.squeeze()
x = x.transpose(0, 1)
print(x.shape)
try:
    x.permute(1, 0, 2)
except RuntimeError:
    print("x has two dimensions, the step wants three")

row("S29", "The chain as it was meant")
x = torch.arange(12).reshape(3, 4).unsqueeze(0)
print(x.permute(1, 0, 2).shape)
print(x.squeeze().permute(1, 0).shape)
