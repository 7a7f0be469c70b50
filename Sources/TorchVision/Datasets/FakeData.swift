import Torch
import TorchData

/// Pictures of noise with labels at random, each the same whenever it is asked for, as `torchvision.datasets.FakeData`.
public struct FakeData: Dataset {
  public let count: Int
  /// [channels, height, width].
  public let imageSize: [Int]
  public let numClasses: Int
  /// What is added to an index for the seed of its picture.
  public let randomOffset: Int
  private let transform: SampleTransform

  /// - Parameters:
  ///   - size: how many samples.
  ///   - imageSize: [channels, height, width], of 1, 3 or 4 channels.
  ///   - numClasses: how many labels there are.
  ///   - transform: makes a tensor of a picture.
  ///   - randomOffset: another one gives other pictures.
  /// - Precondition: positive sizes.
  public init(
    size: Int = 1000, imageSize: [Int] = [3, 224, 224], numClasses: Int = 10, transform: any Transform = ToTensor(),
    randomOffset: Int = 0
  ) {
    guard size >= 0, numClasses > 0, imageSize.count == 3, imageSize.allSatisfy({ $0 > 0 }),
      [1, 3, 4].contains(imageSize[0])
    else {
      fault(
        "FakeData",
        "wants [1, 3 or 4 channels, height, width] and at least one class; got \(size) of \(imageSize), \(numClasses) classes"
      )
    }
    (count, self.imageSize, self.numClasses, self.randomOffset) = (size, imageSize, numClasses, randomOffset)
    self.transform = SampleTransform("FakeData", transform)
  }

  /// A picture, before the transform, and its label.
  public func image(_ index: Int) -> (Image, Int) {
    let generator = Generator(seed: UInt64(bitPattern: Int64(index + randomOffset)))
    let noise = Tensor.randn(imageSize, generator: generator)
    let label: Int = Tensor.randint(0, numClasses, [1], generator: generator).item()
    return (VF.toPILImage(noise), label)
  }

  public subscript(index: Int) -> (Tensor, Int) {
    get throws {
      let (picture, label) = image(index)
      return (try transform(picture), label)
    }
  }
}
