import Torch
import TorchData

/// A data set that is small enough to lie in memory: pictures of one size, their labels and the names of the classes.
struct LabelledPictures: Sendable {
  /// [count, height, width] of grey pictures, [count, height, width, 3] of coloured ones, uint8.
  let data: Tensor
  /// A label for each picture.
  let targets: [Int]
  /// The names of the classes; a label is a place in it.
  let classes: [String]

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

/// Which data set a ``PictureDataset`` is.
public protocol PictureSource: Sendable {
  /// Its files, and how they are read.
  static var files: PictureFiles { get }
}

/// The files of a data set of pictures: where they come from, where they lie and what is in them.
public struct PictureFiles: Sendable {
  /// The data set's name, which is torchvision's.
  public let name: String
  /// The folders on the net that have the files, the first one to be asked first.
  public let mirrors: [String]
  let format: any PictureFormat

  init(_ name: String, mirrors: [String], _ format: any PictureFormat) {
    (self.name, self.mirrors, self.format) = (name, mirrors, format)
  }
}

/// How the files of a data set are read.
protocol PictureFormat: Sendable {
  /// Reads one of the two parts, from below a folder or from the folder itself.
  ///
  /// - Parameters:
  ///   - shelf: the data set's name, and where its files come from.
  ///   - fetches: whether what is missing is fetched first.
  func read(_ root: String, train: Bool, _ shelf: DatasetShelf, fetches: Bool) throws(DatasetError) -> LabelledPictures
}

/// A data set of pictures in memory: ``MNIST``, ``FashionMNIST``, ``CIFAR10`` and ``CIFAR100``.
public struct PictureDataset<Source: PictureSource>: Dataset {
  private let pictures: LabelledPictures
  private let transform: SampleTransform

  /// Reads the training or the test part.
  ///
  /// ```swift
  /// let digits = try MNIST("data", download: true)
  /// let near = try MNIST("data", download: true, mirrors: ["https://mirror.example.org/mnist/"])
  /// ```
  /// - Parameters:
  ///   - root: the folder below which torchvision keeps the data set.
  ///   - train: whether it is the training part.
  ///   - transform: makes a tensor of a picture.
  ///   - download: whether the data set is fetched and unpacked where it is not there, or not whole. What is there is read
  ///     without a request. A file that is fetched must have the MD5 that is known of it.
  ///   - mirrors: the folders to fetch files from, the first one to be asked first; the data set's own unless told. As
  ///     torchvision's `MNIST.mirrors`. `file:` URLs and plain paths will do too.
  ///   - progress: whether a bar is drawn meanwhile, where standard error is a terminal.
  /// - Throws: ``DatasetError`` where files are missing, damaged, or cannot be fetched.
  public init(
    _ root: String, train: Bool = true, transform: any Transform = ToTensor(), download: Bool = false,
    mirrors: [String]? = nil, progress: Bool = true
  ) throws(DatasetError) {
    let files = Source.files
    let shelf = DatasetShelf(dataset: files.name, mirrors: mirrors ?? files.mirrors, progress: progress)
    try self.init(root, train: train, transform: transform, shelf, fetches: download)
  }

  /// As ``init(_:train:transform:download:mirrors:progress:)``.
  public init(
    root: String, train: Bool = true, transform: any Transform = ToTensor(), download: Bool = false,
    mirrors: [String]? = nil, progress: Bool = true
  ) throws(DatasetError) {
    try self.init(
      root, train: train, transform: transform, download: download, mirrors: mirrors, progress: progress)
  }

  /// Fetches files whose sums are not those of the true data set, for tests.
  package init(_ root: String, train: Bool = true, mirrors: [String], sums: [String: String]) throws(DatasetError) {
    let shelf = DatasetShelf(dataset: Source.files.name, mirrors: mirrors, sums: sums, progress: false)
    try self.init(root, train: train, transform: ToTensor(), shelf, fetches: true)
  }

  private init(
    _ root: String, train: Bool, transform: any Transform, _ shelf: DatasetShelf, fetches: Bool
  ) throws(DatasetError) {
    pictures = try Source.files.format.read(Folder.expanded(root), train: train, shelf, fetches: fetches)
    self.transform = SampleTransform(shelf.dataset, transform)
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
