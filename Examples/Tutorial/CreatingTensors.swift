// Tensors of a dtype of one's choice, full of one number, random, or in a row.

import Torch

let creatingTensors: Section = .init("creating-tensors", "Creating tensors") {
  row("S9", "A dtype of one's choice")
  let x = Tensor([1, 2, 3], dtype: .float32)
  print(x)
  print(Tensor([0, 1, 2], dtype: .bool))
  print(Tensor([[1.5, -2.0], [0.25, 8.0]], dtype: .float64))

  row("S10", "Zeros")
  let grid = Tensor.zeros(2, 3)
  print(grid)
  print(Tensor.zeros(like: x))

  row("S11", "Ones")
  print(Tensor.ones(2, 3))
  print(Tensor.ones(like: grid, dtype: .int64))

  row("S12", "The identity matrix")
  print(Tensor.eye(3))

  row("S13", "Memory as it comes")
  let raw = Tensor.empty(3, 4)
  print(raw.shape, raw.dtype)
  print(raw.fill_(7).sum())

  row("S14", "Random numbers from a seed")
  manualSeed(11)
  print(Tensor.randn(2, 3))
  print(Tensor.rand(2, 3))
  print(Tensor.randint(0, 10, [2, 5]))
  manualSeed(11)
  print(Tensor.randn(2, 3))

  row("S15", "Ranges")
  print(Tensor.arange(2, 11, 3))
  print(Tensor.arange(6))
  print(Tensor.arange(0, 1, 0.25))

  row("S16", "Evenly spaced numbers")
  print(Tensor.linspace(-1, 1, 5))
}
