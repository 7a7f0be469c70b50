import CDigitsData
import Torch
import TorchData

/// Images and labels.
public typealias Pairs = TensorDataset<(Tensor, Tensor)>

/// The digits inside the program: 1,797 images of 8x8 pixels.
public struct Digits {
  /// [count, 1, 8, 8] from 0, paper, to 1, ink.
  public let images: Tensor
  /// [count] from 0 to 9.
  public let labels: Tensor

  /// Reads them.
  public init() {
    let bytes = UnsafeBufferPointer(start: digits_data(), count: digits_size())
    let headerSize = 16, recordSize = 65
    precondition(bytes.starts(with: Array("digits01".utf8)) && bytes[12] == 8 && bytes[13] == 8)
    let count = (bytes.count - headerSize) / recordSize
    var pixels: [Float] = []
    var labels: [Int] = []
    pixels.reserveCapacity(count * 64)
    for record in 0..<count {
      let start = headerSize + record * recordSize
      for pixel in bytes[start..<start + 64] { pixels.append(Float(pixel) / 16) }
      labels.append(Int(bytes[start + 64]))
    }
    images = Tensor(pixels, shape: [count, 1, 8, 8])
    self.labels = Tensor(labels)
  }

  /// A fifth to test with, a tenth to watch while training, and the rest to learn from; the same ones in every run.
  public func split() -> (train: Pairs, validation: Pairs, test: Pairs) {
    let all = TensorDataset(images, labels)
    let held = all.count / 5, watched = all.count / 10
    let parts = randomSplit(all, [all.count - held - watched, watched, held], generator: Generator(seed: 2026))
    let sets = parts.map { part in
      let (x, y) = all.batch(part.indices)!
      return TensorDataset(x, y)
    }
    return (sets[0], sets[1], sets[2])
  }
}
