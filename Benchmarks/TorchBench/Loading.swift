import Foundation
import Torch
import TorchData
import TorchVision

/// Reading a folder of photographs as training does.
enum Loading {
  /// One epoch, as Benchmarks/loader wants it told.
  private struct Epoch: Encodable {
    var images = 0
    /// When each batch came, in seconds from the start of the epoch.
    var arrivals: [Double] = []
    var seconds = 0.0
    /// Depends on the first batch.
    var checksum = 0.0
    /// What the process holds in KiB, at the third batch.
    var memory = 0
  }

  /// Reads the folder for some epochs and prints a line of JSON for each.
  static func run(_ folder: String, workers: Int, epochs: Int, batchSize: Int) throws {
    let train = Compose([
      RandomResizedCrop(224),
      RandomHorizontalFlip(),
      RandomRotation(15),
      ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2),
      ToTensor(),
      Normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]),
    ])
    let data = try ImageFolder(folder, transform: train)
    let loader = DataLoader(data, batchSize: batchSize, shuffle: true, numWorkers: workers)
    manualSeed(0)
    for _ in 0..<epochs {
      let start = ContinuousClock.now
      func elapsed() -> Double { (ContinuousClock.now - start) / .seconds(1) }
      var epoch = Epoch()
      for (x, y) in loader {
        epoch.arrivals.append(elapsed())
        epoch.images += y.size(0)
        if epoch.arrivals.count == 1 { epoch.checksum = digest(x) + y.sum().to(.float64).item() }
        if epoch.arrivals.count == 3 { epoch.memory = Memory.residentBytes >> 10 }
      }
      epoch.seconds = elapsed()
      say(String(decoding: try JSONEncoder().encode(epoch), as: UTF8.self))
    }
  }
}
