// Pictures in a folder for each class: what most data of one's own looks like.

import Foundation
import Torch
import TorchData
import TorchVision

let foldersOfPictures: Section = .init("folders-of-pictures", "Folders of pictures") {
  row("S72", "A folder for each class, numbered in the order of their names")
  let colours: [(String, [UInt8])] = [
    ("cherry", [200, 20, 40]), ("lemon", [240, 220, 40]), ("olive", [110, 120, 30]),
  ]
  for (name, colour) in colours {
    try FileManager.default.createDirectory(atPath: "data/train/\(name)", withIntermediateDirectories: true)
    for side in [40, 56] {
      let pixels = Tensor(colour).expand(48, side, 3)
      try Image(pixels: pixels, mode: .rgb).save("data/train/\(name)/\(side).png")
    }
  }

  let transform = Compose([Resize(32), CenterCrop(32), ToTensor()])
  let dataset = try ImageFolder("data/train", transform: transform)
  print(dataset.count)
  print(dataset.classes.joined(separator: " "))
  print(dataset.classToIdx["olive"]!)
  for (path, label) in dataset.samples { print(path, label) }

  row("S72", "A sample")
  let (x, y) = try dataset[2]
  print(x.shape, y)
  print(x[0..., 0, 0] * 255)

  row("S72", "In batches")
  manualSeed(16)
  for (x, y) in DataLoader(dataset, batchSize: 4, shuffle: true, numWorkers: 2) { print(x.shape, y) }
}
