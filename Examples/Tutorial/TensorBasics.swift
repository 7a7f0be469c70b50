// Making a tensor, asking what it is, and numbers that come from elsewhere.

import Torch

let tensorBasics = Section("tensor-basics", "Tensor basics") {
  row("S5", "A tensor from a list")
  let x = Tensor([1, 2, 3, 4])
  print(x)

  row("S6", "Where it is, its shape, its type")
  print("device: \(x.device)")
  print("shape: \(x.shape)")
  print("dtype: \(x.dtype)")

  row("S7", "On the GPU, where there is one")
  if CUDA.isAvailable {
    let onGPU = Tensor([1, 2, 3], device: .cuda)
    print(onGPU.device)
  } else {
    print("no GPU")
  }
}
