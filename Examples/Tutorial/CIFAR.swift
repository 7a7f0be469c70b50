// CIFAR-10 from its files. The sections run without a network, so that a small stand-in takes the place of the true ones.

import Foundation
import Torch
import TorchVision

// A stand-in of the true files, 20 pictures in each: class c has stripes of c + 1 columns. The form is that of the binary
// files, a byte for the label before each picture; those for Python are read as well.
func writeStripes(_ folder: String) throws {
  let batches = "\(folder)/cifar-10-batches-bin"
  try FileManager.default.createDirectory(atPath: batches, withIntermediateDirectories: true)
  for (number, file) in ((1...5).map { "data_batch_\($0)" } + ["test_batch"]).enumerated() {
    manualSeed(number)
    let labels = Tensor.arange(20) % 10
    let stripes = Tensor.arange(32).floorDivide(labels.view(20, 1, 1, 1) + 1) % 2 * 150
    let pictures = stripes.expand(20, 3, 32, 32) + Tensor.randint(0, 100, [20, 3, 32, 32])
    let records = Tensor.cat([labels.view(20, 1), pictures.view(20, 3072)], dim: 1).to(.uint8)
    try Data(records.array(UInt8.self)).write(to: URL(filePath: "\(batches)/\(file).bin"))
  }
  let names = "plane car bird cat deer dog frog horse ship truck".replacing(" ", with: "\n")
  try Data(names.utf8).write(to: URL(filePath: "\(batches)/batches.meta.txt"))
}

let cifar10: Section = .init("cifar10", "CIFAR-10") {
  row("S73", "What is not there")
  do {
    _ = try CIFAR10("./data", train: true)
  } catch {
    // CIFAR10: ./data: has no folder cifar-10-batches-py nor cifar-10-batches-bin; download: true fetches it, or put
    // cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz into ./data by hand and unpack it
    print("no CIFAR-10 in ./data")
  }

  row("S73", "What is there")
  try writeStripes("./data")
  let transform = Compose([ToTensor(), Normalize(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])])
  let trainset = try CIFAR10(root: "./data", train: true, transform: transform)
  let testset = try CIFAR10(root: "./data", train: false, transform: transform)
  print(trainset.count, testset.count)
  print(trainset.classes.joined(separator: " "))
  print(trainset.targets[..<12])

  row("S73", "A sample")
  let (x, y) = try trainset[3]
  print(x.shape, trainset.classes[y])
  print(x[0, 0, ..<8])
}
