import Foundation
import Torch
import TorchData
import TorchUtils
import TorchVision

/// Pictures to learn from and pictures to judge by.
struct Split {
  let train: any Dataset<(Tensor, Int)>
  let held: any Dataset<(Tensor, Int)>
  let classes: [String]

  /// The folders `train` and `val` (or `test`) of a folder; else its classes' pictures, of which a share is held out of
  /// each class.
  /// - Parameter size: how wide and high pictures come to be.
  init(_ folder: String, holdOut share: Double, size: Int, seed: Int) throws {
    let learning = Compose([
      RandomResizedCrop(size, scale: [0.5, 1]), RandomHorizontalFlip(), ToTensor(),
      Normalize(mean: ImageNet.mean, std: ImageNet.std),
    ])
    let judging = Compose([
      Resize(size * 8 / 7), CenterCrop(size), ToTensor(), Normalize(mean: ImageNet.mean, std: ImageNet.std),
    ])
    func isThere(_ part: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(part)") }
    if isThere("train") {
      let train = try ImageFolder("\(folder)/train", transform: learning)
      let held = try ImageFolder("\(folder)/\(isThere("val") ? "val" : "test")", transform: judging)
      guard held.classes == train.classes else {
        throw BadSplit(
          description: "\(folder): the classes of the two parts differ: \(train.classes) and \(held.classes)")
      }
      (self.train, self.held, classes) = (train, held, train.classes)
      return
    }
    let all = try ImageFolder(folder, transform: learning)
    // Class by class, so that rare ones are in both parts; no picture is in both.
    var kept: [Int] = [], out: [Int] = []
    for label in all.classes.indices {
      let members = all.samples.indices.filter { all.samples[$0].label == label }
      let order = Tensor.randperm(members.count, generator: Generator(seed: UInt64(seed))).array(Int.self).map {
        members[$0]
      }
      let count = min(max(1, Int(Double(order.count) * share)), order.count - 1)
      guard count > 0 else {
        throw BadSplit(description: "\(folder): \(all.classes[label]) has one picture; two are the least")
      }
      out += order.prefix(count)
      kept += order.dropFirst(count)
    }
    train = Subset(all, indices: kept.sorted())
    held = Subset(try ImageFolder(folder, transform: judging), indices: out.sorted())
    classes = all.classes
  }
}

/// Makes pictures of two classes, warm and cold ones under noise, in the folders `train` and `val`.
func inventPictures(in folder: String, size: Int) throws {
  let draw = Generator(seed: 1)
  for (part, count) in [("train", 16), ("val", 8)] {
    for (name, color) in [("warm", [0.7, 0.5, 0.3]), ("cold", [0.3, 0.5, 0.7])] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(part)/\(name)", withIntermediateDirectories: true)
      for number in 0..<count {
        let noise = Tensor.randn(3, size, size, generator: draw) * 0.2
        let picture = (Tensor(color).view(3, 1, 1) + noise).clamp(min: 0, max: 1)
        try Bitmap(picture).write(to: "\(folder)/\(part)/\(name)/\(number).png")
      }
    }
  }
}

struct BadSplit: Error, CustomStringConvertible { let description: String }
