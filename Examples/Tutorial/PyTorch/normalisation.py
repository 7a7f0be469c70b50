import torch
import torch.nn as nn

row("S61", "A batch with mean 0 and deviation 1, feature by feature")
bn1d = nn.BatchNorm1d(num_features=2)
print(bn1d)
x = torch.tensor([[1.0, 10.0], [2.0, 30.0], [4.0, 20.0], [5.0, 50.0]])
print(bn1d(x))

row("S61", "What it remembers for evaluation")
print(bn1d.running_mean)
print(bn1d.running_var)
print(bn1d.num_batches_tracked)
bn1d.eval()
print(bn1d(x))

row("S61", "Pictures: one mean for each channel")
bn2d = nn.BatchNorm2d(num_features=3)
print(bn2d)
torch.manual_seed(2)
y = bn2d(torch.randn(4, 3, 5, 5) * 3 + 7)
print(y.std(dim=(0, 2, 3)))
for name, tensor in bn2d.state_dict().items():
    print(name, tensor)

row("S61", "LayerNorm: each sample by itself")
ln = nn.LayerNorm(normalized_shape=4)
print(ln)
print(ln(torch.tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 8.0]])))

row("S61", "Between a convolution and its curve")
model = nn.Sequential(
    nn.Conv2d(3, 16, kernel_size=3, padding=1),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
)
print(model)
print(model(torch.randn(2, 3, 8, 8)).shape)
