import torch

row("S9", "A dtype of one's choice")
x = torch.tensor([1, 2, 3], dtype=torch.float32)
print(x)
print(torch.tensor([0, 1, 2], dtype=torch.bool))
print(torch.tensor([[1.5, -2.0], [0.25, 8.0]], dtype=torch.float64))

row("S10", "Zeros")
grid = torch.zeros(2, 3)
print(grid)
print(torch.zeros_like(x))

row("S11", "Ones")
print(torch.ones(2, 3))
print(torch.ones_like(grid, dtype=torch.int64))

row("S12", "The identity matrix")
print(torch.eye(3))

row("S13", "Memory as it comes")
raw = torch.empty(3, 4)
print(raw.shape, raw.dtype)
print(raw.fill_(7).sum())

row("S14", "Random numbers from a seed")
torch.manual_seed(11)
print(torch.randn(2, 3))
print(torch.rand(2, 3))
print(torch.randint(0, 10, (2, 5)))
torch.manual_seed(11)
print(torch.randn(2, 3))

row("S15", "Ranges")
print(torch.arange(2, 11, 3))
print(torch.arange(6))
print(torch.arange(0, 1, 0.25))

row("S16", "Evenly spaced numbers")
print(torch.linspace(-1, 1, 5))
