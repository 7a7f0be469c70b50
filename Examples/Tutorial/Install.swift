// What a first program needs, what stands for Python's companions, and what the promises look like in code.

import Torch
import TorchNN
import TorchVision

let install: Section = .init("install", "Installation") {
  row("S1", "The version, and whether there is a GPU")
  // One package, with or without a GPU: .package(url: "URL-OF-THIS-REPOSITORY", from: "0.1.0").
  // From the shell: ./run --version
  print("there is a version: \(!Torch.version.isEmpty)")
  print("a GPU: \(CUDA.isAvailable)")

  row("S2", "Numbers and pictures beside the tensors")
  // Tensors do NumPy's work. TorchUtils: TextTable, LineChart and HeatMap, ConfusionMatrix and Metrics, ProgressBar.
  // TorchVision: Image.
  let heights = Tensor([1.62, 1.75, 1.81, 1.70], dtype: .float64)
  print(heights.mean().item())
  let colour = Tensor([255, 128, 0], dtype: .uint8)
  let picture = Image(pixels: colour.expand(32, 48, 3), mode: .rgb)
  print((picture.width, picture.height), picture.mode)

  row("S3", "The graph is whatever ran")
  let x = Tensor([1.0, 3.0], requiresGrad: true)
  var y = x, doublings = 0
  while y.norm().item() < 50 {
    y = y * 2
    doublings += 1
  }
  y.sum().backward()
  print(doublings, x.grad!)

  row("S3", "From training to serving")
  // The program that trained is the one that serves, without Python; frozen, a model answers many threads at once.
  let model = Sequential(Linear(4, 8), Tanh(), Linear(8, 2)).frozen()
  let answer = model(.ones(1, 4))
  print(answer.shape, answer.requiresGrad)

  row("S4", "One small network for each kind of task")
  let pictures = Sequential(Conv2d(3, 8, kernelSize: 3), ReLU(), AdaptiveAvgPool2d(1), Flatten(), Linear(8, 10))
  print("classify pictures: \(pictures(.rand(2, 3, 32, 32)).shape)")
  let words = Embedding(500, 16), reader = GRU(16, 32, batchFirst: true)
  let (read, _) = reader(words(.randint(0, 500, [2, 7])))
  print("read sentences: \(read.shape)")
  let policy = Sequential(Linear(4, 16), ReLU(), Linear(16, 2), Softmax(dim: 1))
  print("choose actions: \(policy(.rand(5, 4)).argmax(dim: 1).shape)")
  let painter = Sequential(
    ConvTranspose2d(16, 8, kernelSize: 4, stride: 2, padding: 1), ReLU(), Conv2d(8, 1, kernelSize: 3, padding: 1))
  print("paint from noise: \(painter(.randn(2, 16, 7, 7)).shape)")
  let memory = LSTM(1, 24, batchFirst: true), forecast = Linear(24, 1)
  let (seen, _) = memory(.rand(3, 30, 1))
  print("forecast a series: \(forecast(seen[0..., -1]).shape)")
}
