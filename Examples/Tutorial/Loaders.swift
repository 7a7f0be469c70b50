// Batches of a data set: their order, threads that read ahead, and batches of one's own making.

import Torch
import TorchData

private struct Squares: Dataset {
  let count = 10
  subscript(index: Int) -> (Tensor, Int) { (Tensor([index, index * index]), index % 2) }
}

private struct Words: Dataset {
  let words = [[1, 2, 3], [4], [5, 6]]
  var count: Int { words.count }
  subscript(index: Int) -> [Int] { words[index] }
}

let loaders: Section = .init("loaders", "Loaders") {
  row("S69", "Batches in a random order, the same for the same seed")
  manualSeed(12)
  let loader = DataLoader(Squares(), batchSize: 4, shuffle: true)
  print(loader.count)
  for (batchX, batchY) in loader { print(batchX[0..., 0], batchY) }

  row("S69", "Read ahead by workers, the incomplete batch left out")
  manualSeed(12)
  let ahead = DataLoader(Squares(), batchSize: 4, shuffle: true, numWorkers: 2, dropLast: true)
  print(ahead.count)
  for (batchX, batchY) in ahead { print(batchX[0..., 0], batchY) }

  row("S69", "In order, numbered")
  let ready = TensorDataset(Tensor.arange(6.0), Tensor.arange(6) % 3)
  for (i, (x, y)) in DataLoader(ready, batchSize: 3).enumerated() { print(i, x, y) }

  row("S69", "In memory that a GPU copies from quickly")
  // Without a GPU this changes nothing, and both say so in a warning.
  for (x, y) in DataLoader(ready, batchSize: 2, pinMemory: true) {
    print(x, y)
    break
  }

  row("S69", "Samples in batches of your own making")
  let padded = { @Sendable (batch: [[Int]]) -> Tensor in
    let longest = batch.map(\.count).max() ?? 0
    return Tensor(batch.map { $0 + Array(repeating: 0, count: longest - $0.count) })
  }
  for batch in DataLoader(Words(), batchSize: 3, collate: padded) { print(batch) }
}
