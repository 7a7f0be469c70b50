import numpy as np
import torch

row("S5", "A tensor from a list")
x = torch.tensor([1, 2, 3, 4])
print(x)

row("S6", "Where it is, its shape, its type")
print(f"device: {x.device}")
print(f"shape: {x.shape}")
print(f"dtype: {x.dtype}")

row("S7", "On the GPU, where there is one")
if torch.cuda.is_available():
    on_gpu = torch.tensor([1, 2, 3], device="cuda")
    moved = x.cuda()
    print(on_gpu.device, moved.device)
else:
    print("no GPU")

row("S8", "Lists in and out")
prices = torch.tensor([2.5, 0.5, 4.0])
print(prices.tolist())
print(prices.sum().item())

row("S8", "Memory that both sides see")
numbers = np.array([3, 1, 4])
shared = torch.from_numpy(numbers)
shared[0] = 30
print(numbers.tolist())
numbers[1] = 10
print(shared)

row("S8", "NumPy's files")
np.save("pi.npy", shared.numpy())
print(torch.from_numpy(np.load("pi.npy")))
np.savez("both.npz", pi=shared.numpy(), prices=prices.numpy())
archive = np.load("both.npz")
print(archive["prices"].tolist(), torch.from_numpy(archive["pi"]).dtype)

row("S9", "Another dtype")
print(x.to(torch.float32))
print(x.half().dtype, x.double().dtype)
print(torch.tensor([0.4, 1.6, -2.9]).to(torch.int64))
