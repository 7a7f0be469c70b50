// Making a tensor, asking what it is, and numbers that come from elsewhere.

import Torch

let tensorBasics: Section = .init("tensor-basics", "Tensor basics") {
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
    let moved = x.cuda()
    print(onGPU.device, moved.device)
  } else {
    print("no GPU")
  }

  row("S8", "Lists in and out")
  let prices = Tensor([2.5, 0.5, 4.0])
  print(prices.array(Double.self))
  print(prices.sum().item())

  row("S8", "Memory that both sides see")
  let numbers = UnsafeMutableBufferPointer<Int>.allocate(capacity: 3)
  _ = numbers.initialize(from: [3, 1, 4])
  let shared = Tensor(sharing: numbers) { $0.deallocate() }
  shared[0] = 30
  print(Array(numbers))
  numbers[1] = 10
  print(shared)

  row("S8", "NumPy's files")
  try NumPy.save(shared, to: "pi.npy")
  print(try NumPy.load("pi.npy"))
  try NumPy.save(archive: ["pi": shared, "prices": prices], to: "both.npz")
  let archive = try NumPy.load(archive: "both.npz")
  print(archive["prices"]!.array(Double.self), archive["pi"]!.dtype)

  row("S9", "Another dtype")
  print(x.to(.float32))
  print(x.half().dtype, x.double().dtype)
  print(Tensor([0.4, 1.6, -2.9]).to(.int64))
}
