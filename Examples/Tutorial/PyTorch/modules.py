import torch
from torch import nn


class DigitNet(nn.Module):
    def __init__(self, pixels, width, digits):
        super().__init__()
        self.widen = nn.Linear(pixels, width)
        self.act = nn.ReLU()
        self.decide = nn.Linear(width, digits)

    def forward(self, image):
        return self.decide(self.act(self.widen(image)))


row("S35", "A module is its layers")
torch.manual_seed(5)
model = DigitNet(pixels=16, width=6, digits=3)
print(len(list(model.children())))

row("S36", "forward, and calling a model")
batch = torch.randn(2, 16)
print(model(batch))

row("S37", "Printing a model")
print(model)

row("S38", "Parameters and their names")
for name, parameter in model.named_parameters():
    print(f"{name}: {parameter.shape}")
print(sum(parameter.numel() for parameter in model.parameters()))

row("S40", "Layers in sequence")
chain = nn.Sequential(nn.Linear(16, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3))
print(chain)
print(chain[3])

row("S41", "Training and evaluation mode")
chain.train()
print(chain[2](torch.ones(8)))
chain.eval()
print(chain[2](torch.ones(8)))
print(chain.training, chain[2].training)

row("S42", "Moving a model")
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model.to(device)
print(model(batch.to(device)).shape)
model.double()
print(model.widen.weight.dtype)
model.float()

row("S80", "The small network for handwritten digits")
torch.manual_seed(1)
net = DigitNet(pixels=784, width=128, digits=10)
for name, parameter in net.named_parameters():
    print(f"{name}: {parameter.shape}")
scores = net(torch.randn(64, 784))
print(scores.shape)
print(scores[0, :4])
