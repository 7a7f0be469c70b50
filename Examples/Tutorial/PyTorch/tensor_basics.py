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
    print(on_gpu.device)
else:
    print("no GPU")
