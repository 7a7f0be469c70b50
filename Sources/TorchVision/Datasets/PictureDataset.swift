import Torch
import TorchData

/// A data set that is small enough to lie in memory: pictures of one size, their labels and the names of the classes.
public struct LabelledPictures: Sendable {
  /// [count, height, width] of grey pictures, [count, height, width, 3] of coloured ones, uint8.
  public let data: Tensor
  /// A label for each picture.
  public let targets: [Int]
  /// The names of the classes; a label is a place in it.
  public let classes: [String]

  /// A picture by its number.
  func image(_ index: Int) -> Image { Image(pixels: data[index], mode: data.ndim == 3 ? .l : .rgb) }

  /// - Throws: ``DatasetError`` for a label that names no class.
  init(_ data: Tensor, _ targets: [Int], _ classes: [String], of dataset: String, in path: String) throws(DatasetError)
  {
    if let index = targets.firstIndex(where: { !classes.indices.contains($0) }) {
      throw DatasetError(
        .malformed, dataset, path, "has the label \(targets[index]) at \(index); there are \(classes.count) classes")
    }
    (self.data, self.targets, self.classes) = (data, targets, classes)
  }
}

/// What a data set says of itself, for those that lie in memory.
public protocol PictureSource: Sendable {
  /// Its name, which is torchvision's.
  static var name: String { get }
  /// Reads one of its two parts, fetched first where that is asked for.
  static func read(_ root: String, train: Bool, download: Bool, progress: Bool) throws(DatasetError) -> LabelledPictures
}

/// A data set of pictures in memory: ``MNIST``, ``FashionMNIST``, ``CIFAR10`` and ``CIFAR100``.
public struct PictureDataset<Source: PictureSource>: Dataset {
  private let pictures: LabelledPictures
  private let transform: SampleTransform

  /// Reads the training or the test part.
  /// - Parameters:
  ///   - root: the folder below which torchvision keeps the data set.
  ///   - train: whether it is the training part.
  ///   - transform: makes a tensor of a picture.
  ///   - download: whether files that are missing are fetched.
  ///   - progress: whether a bar is drawn meanwhile, where standard error is a terminal.
  /// - Throws: ``DatasetError`` where files are missing, damaged, or cannot be fetched.
  public init(
    _ root: String, train: Bool = true, transform: any Transform = ToTensor(), download: Bool = false,
    progress: Bool = true
  ) throws(DatasetError) {
    pictures = try Source.read(Folder.expanded(root), train: train, download: download, progress: progress)
    self.transform = SampleTransform(Source.name, transform)
  }

  public var count: Int { pictures.targets.count }

  /// All pictures, uint8: [count, height, width] of grey ones, [count, height, width, 3] of coloured ones.
  public var data: Tensor { pictures.data }
  /// The labels of all pictures.
  public var targets: [Int] { pictures.targets }
  /// The names of the classes; a label is a place in it.
  public var classes: [String] { pictures.classes }

  /// A picture, before the transform.
  public func image(_ index: Int) -> Image { pictures.image(index) }

  /// A picture, transformed, and its label.
  /// - Throws: what the transform throws.
  public subscript(index: Int) -> (Tensor, Int) {
    get throws { (try transform(image(index)), targets[index]) }
  }

  public func plan(_ index: Int) throws -> (@Sendable () throws -> (Tensor, Int))? {
    let data = pictures.data, channels = data.ndim == 3 ? 1 : data.size(3)
    guard targets.indices.contains(index),
      let finish = try transform.plan(channels: channels, height: data.size(1), width: data.size(2))
    else { return nil }
    return { [pictures] in (try finish(pictures.image(index)), pictures.targets[index]) }
  }
}
