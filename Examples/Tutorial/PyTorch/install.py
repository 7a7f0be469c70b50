import numpy as np
import torch
from PIL import Image
from torch import nn

row("S1", "The version, and whether there is a GPU")
# pip install torch; the wheels with and without CUDA are different ones
print("there is a version:", len(torch.__version__) > 0)
print("a GPU:", torch.cuda.is_available())

row("S2", "Numbers and pictures beside the tensors")
# numpy, pandas: tables; matplotlib: plots; scikit-learn: metrics; pillow: pictures; tqdm: progress bars
heights = np.array([1.62, 1.75, 1.81, 1.70])
print(heights.mean())
picture = Image.new("RGB", (48, 32), (255, 128, 0))
print(picture.size, picture.mode)

row("S3", "The graph is whatever ran")
x = torch.tensor([1.0, 3.0], requires_grad=True)
y, doublings = x, 0
while y.norm() < 50:
    y, doublings = y * 2, doublings + 1
y.sum().backward()
print(doublings, x.grad)

row("S3", "From training to serving")
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
model.eval().requires_grad_(False)
answer = model(torch.ones(1, 4))
print(answer.shape, answer.requires_grad)

row("S4", "One small network for each kind of task")
pictures = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
print("classify pictures:", pictures(torch.rand(2, 3, 32, 32)).shape)
words, reader = nn.Embedding(500, 16), nn.GRU(16, 32, batch_first=True)
out, h_n = reader(words(torch.randint(0, 500, (2, 7))))
print("read sentences:", out.shape)
policy = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2), nn.Softmax(dim=1))
print("choose actions:", policy(torch.rand(5, 4)).argmax(dim=1).shape)
painter = nn.Sequential(nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
print("paint from noise:", painter(torch.randn(2, 16, 7, 7)).shape)
memory, forecast = nn.LSTM(1, 24, batch_first=True), nn.Linear(24, 1)
out, (h_n, c_n) = memory(torch.rand(3, 30, 1))
print("forecast a series:", forecast(out[:, -1]).shape)
