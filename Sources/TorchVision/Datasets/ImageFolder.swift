import Torch
import TorchData

/// Pictures in folders that name their classes, as `torchvision.datasets.ImageFolder`.
///
/// ```swift
/// let data = try ImageFolder("data/train", transform: transform)      // data/train/cat/1.jpg, data/train/dog/7.png...
/// data.classes                                                         // ["cat", "dog"]
/// let (x, y) = try data[0]
/// ```
///
/// Classes are numbered in the order of their folders' names; pictures lie in them at any depth. They are turned to RGB
/// before the transform, as torchvision's loader does.
public struct ImageFolder: Dataset {
  /// The folder, as the caller named it.
  public let root: String
  /// The names of the classes; a label is a place in it.
  public let classes: [String]
  /// The label of each class.
  public let classToIdx: [String: Int]
  /// The files and their labels, class by class, in the order of their paths.
  public let samples: [(path: String, label: Int)]
  private let transform: SampleTransform

  /// What a name of a picture ends in, unless the caller decides.
  public static let extensions = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"]

  /// Looks for the pictures below a folder; none is opened.
  /// - Parameters:
  ///   - root: the folder of the classes' folders.
  ///   - transform: makes a tensor of a picture.
  ///   - isValidFile: whether a path is one of a picture; by the end of its name unless told.
  ///   - allowEmpty: whether classes may be without pictures.
  /// - Throws: ``DatasetError`` where there is no class, or one has no picture and may not.
  public init(
    _ root: String, transform: any Transform = ToTensor(), isValidFile: (@Sendable (String) -> Bool)? = nil,
    allowEmpty: Bool = false
  ) throws(DatasetError) {
    self.root = root
    self.transform = SampleTransform("ImageFolder", transform)
    let folder = Folder.expanded(root)
    let isPicture = isValidFile ?? Self.isPicture
    func entries(_ path: String) throws(DatasetError) -> [Folder.Entry] {
      let entries: [Folder.Entry]
      do {
        entries = try Folder.entries(path)
      } catch {
        throw DatasetError(.system, "ImageFolder", path, "cannot be read: \(error.message)")
      }
      // To leave them out would change what is learned without a word.
      if let strange = entries.first(where: { !$0.isText && ($0.isFolder || isPicture(Folder.join(path, $0.name))) }) {
        throw DatasetError(
          .malformed, "ImageFolder", path, "holds \"\(strange.name)\", whose name is no UTF-8; give it another")
      }
      return entries.filter(\.isText)
    }
    guard Folder.isFolder(folder) else {
      throw DatasetError(.missing, "ImageFolder", root, "is no folder; it should hold one folder for each class")
    }
    let classes = try entries(folder).filter(\.isFolder).map(\.name)
    guard !classes.isEmpty else {
      throw DatasetError(.missing, "ImageFolder", root, "holds no folder; it should hold one for each class")
    }
    var samples: [(path: String, label: Int)] = [], empty: [String] = []
    for (label, name) in classes.enumerated() {
      var folders: [(path: String, files: [String])] = []
      var waiting: [(path: String, above: [Folder.Identity])] = [(Folder.join(folder, name), [])]
      while let (path, above) = waiting.popLast() {
        // Links are followed, but not in a circle.
        guard let identity = Folder.Identity(path), !above.contains(identity) else { continue }
        let inside = try entries(path)
        folders.append((path, inside.filter { !$0.isFolder }.map { Folder.join(path, $0.name) }))
        waiting += inside.filter(\.isFolder).map { (Folder.join(path, $0.name), above + [identity]) }
      }
      let found = folders.sorted { Folder.isBefore($0.path, $1.path) }.flatMap(\.files)
        .filter(isPicture)
      if found.isEmpty { empty.append(name) }
      samples += found.map { ($0, label) }
    }
    guard allowEmpty || empty.isEmpty else {
      throw DatasetError(
        .missing, "ImageFolder", root,
        "has no picture of the classes \(empty.joined(separator: ", ")); names of pictures end in "
          + Self.extensions.joined(separator: " "))
    }
    (self.classes, self.samples) = (classes, samples)
    var classToIdx: [String: Int] = [:]
    for (label, name) in classes.enumerated() where classToIdx.updateValue(label, forKey: name) != nil {
      // An accent may be a letter's own or one behind it: two names for the system, one for who reads them.
      throw DatasetError(.malformed, "ImageFolder", root, "holds two folders that are both called \(name)")
    }
    self.classToIdx = classToIdx
  }

  /// As ``init(_:transform:isValidFile:allowEmpty:)``.
  public init(
    root: String, transform: any Transform = ToTensor(), isValidFile: (@Sendable (String) -> Bool)? = nil,
    allowEmpty: Bool = false
  ) throws(DatasetError) {
    try self.init(root, transform: transform, isValidFile: isValidFile, allowEmpty: allowEmpty)
  }

  private static func isPicture(_ path: String) -> Bool {
    let name = path.lowercased()
    return extensions.contains { name.hasSuffix($0) }
  }

  public var count: Int { samples.count }

  /// The labels of all samples.
  public var targets: [Int] { samples.map(\.label) }

  /// A picture as it is in its file, in RGB.
  /// - Throws: ``ImageError`` with the path.
  public func image(_ index: Int) throws(ImageError) -> Image {
    try Image(contentsOf: samples[index].path).convert(.rgb)
  }

  /// A picture, transformed, and its label.
  /// - Throws: ``ImageError`` with the path; what the transform throws.
  public subscript(index: Int) -> (Tensor, Int) {
    get throws { (try transform(image(index)), samples[index].label) }
  }

  public func plan(_ index: Int) throws -> (@Sendable () throws -> (Tensor, Int))? {
    guard samples.indices.contains(index) else { return nil }
    let (path, label) = samples[index]
    let file = try FileContent(ofPicture: path)
    guard let size = file.withBytes({ PictureKind(of: $0)?.size(in: $0) }),
      let finish = try transform.plan(channels: 3, height: size.height, width: size.width)
    else { return nil }
    return { (try finish(Image(file, path: path).convert(.rgb)), label) }
  }

  public func name(of index: Int) -> String? { samples[index].path }
}
