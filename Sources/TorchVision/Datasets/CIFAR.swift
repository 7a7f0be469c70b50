import Torch
import TorchData

/// Small photographs of ten classes, 50,000 to learn from and 10,000 to test with, 32 x 32 pixels, as
/// `torchvision.datasets.CIFAR10`.
///
/// Read are the batches for Python, in `ROOT/cifar-10-batches-py`, and the binary ones, in `ROOT/cifar-10-batches-bin`.
/// A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
public typealias CIFAR10 = PictureDataset<CIFAR10Source>

/// Small photographs of a hundred classes, as `torchvision.datasets.CIFAR100`; in `ROOT/cifar-100-python` or
/// `ROOT/cifar-100-binary`.
public typealias CIFAR100 = PictureDataset<CIFAR100Source>

/// Where CIFAR-10 lies.
public enum CIFAR10Source: PictureSource {
  public static let name = "CIFAR10"
  private static let files = CIFARFiles(
    name: name, classCount: 10,
    archive: DatasetFile(
      dataset: name, name: "cifar-10-python.tar.gz", md5: "c58f30108f718f92721af3b95e74349a",
      urls: ["https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"]),
    python: .init(
      folder: "cifar-10-batches-py", train: (1...5).map { "data_batch_\($0)" }, test: ["test_batch"],
      names: "batches.meta"),
    binary: .init(
      folder: "cifar-10-batches-bin", train: (1...5).map { "data_batch_\($0).bin" }, test: ["test_batch.bin"],
      names: "batches.meta.txt"),
    labels: "labels", nameKey: "label_names", labelBytes: 1)

  public static func read(
    _ root: String, train: Bool, download: Bool, progress: Bool
  ) throws(DatasetError) -> LabelledPictures {
    try files.read(root, train: train, download: download, progress: progress)
  }
}

/// Where CIFAR-100 lies.
public enum CIFAR100Source: PictureSource {
  public static let name = "CIFAR100"
  private static let files = CIFARFiles(
    name: name, classCount: 100,
    archive: DatasetFile(
      dataset: name, name: "cifar-100-python.tar.gz", md5: "eb9058c3a382ffc7106e4002c42a8d85",
      urls: ["https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"]),
    python: .init(folder: "cifar-100-python", train: ["train"], test: ["test"], names: "meta"),
    binary: .init(
      folder: "cifar-100-binary", train: ["train.bin"], test: ["test.bin"], names: "fine_label_names.txt"),
    labels: "fine_labels", nameKey: "fine_label_names", labelBytes: 2)

  public static func read(
    _ root: String, train: Bool, download: Bool, progress: Bool
  ) throws(DatasetError) -> LabelledPictures {
    try files.read(root, train: train, download: download, progress: progress)
  }
}

/// A data set in CIFAR's form, as pickles for Python or as records of bytes.
private struct CIFARFiles: Sendable {
  struct Batches: Sendable {
    let folder: String
    let train: [String]
    let test: [String]
    /// The file with the names of the classes.
    let names: String
  }

  let name: String
  let classCount: Int
  let archive: DatasetFile
  let python: Batches
  let binary: Batches
  /// The key of the labels in a pickle, and of the classes' names.
  let labels: String
  let nameKey: String
  /// How many labels stand before a picture in a record; the last one counts.
  let labelBytes: Int

  /// The numbers of a picture: three planes of 32 x 32.
  private static let pictureBytes = 3072

  func read(_ root: String, train: Bool, download: Bool, progress: Bool) throws(DatasetError) -> LabelledPictures {
    if let found = try readIfThere(root, train: train) { return found }
    guard download else {
      throw DatasetError(
        .missing, name, root,
        "has no folder \(python.folder) nor \(binary.folder); download: true fetches it, or \(archive.byHand(root)) and unpack it"
      )
    }
    try archive.fetch(into: root, progress: progress)
    try TarArchive(dataset: name, path: Folder.join(root, archive.name)).unpack(into: root)
    guard let found = try readIfThere(root, train: train) else {
      throw DatasetError(.malformed, name, Folder.join(root, archive.name), "has no folder \(python.folder)")
    }
    return found
  }

  /// Nil where neither kind of batches is below the folder or in it.
  private func readIfThere(_ root: String, train: Bool) throws(DatasetError) -> LabelledPictures? {
    for (batches, isPython) in [(python, true), (binary, false)] {
      for folder in [Folder.join(root, batches.folder), root] {
        let files = (train ? batches.train : batches.test).map { Folder.join(folder, $0) }
        guard files.contains(where: Folder.isFile) else { continue }
        if let missing = files.first(where: { !Folder.isFile($0) }) {
          throw DatasetError(.missing, name, missing, "is not there, but others of the data set are")
        }
        var data: [Tensor] = [], targets: [Int] = []
        for file in files {
          let (pictures, labels) = try isPython ? pickled(file) : records(file)
          data.append(pictures)
          targets += labels
        }
        let names = Folder.join(folder, batches.names)
        return try LabelledPictures(
          .cat(data).permute(0, 2, 3, 1).contiguous(), targets, try isPython ? pickledNames(names) : textNames(names),
          of: name, in: folder)
      }
    }
    return nil
  }

  private func malformed(_ path: String, _ reason: String) -> DatasetError {
    DatasetError(.malformed, name, path, reason)
  }

  private func unpickled<Value>(
    _ path: String, _ body: (Checkpoint) throws(CheckpointError) -> Value
  ) throws(DatasetError) -> Value {
    do {
      return try body(loadPickle(path))
    } catch {
      throw malformed(path, error.source == path ? error.reason : error.description)
    }
  }

  private func pickled(_ path: String) throws(DatasetError) -> (Tensor, [Int]) {
    let (data, labels) = try unpickled(path) { (batch) throws(CheckpointError) -> (Tensor, [Int]) in
      var labels: [Int] = []
      for label in try batch[self.labels].list { labels.append(try label.int) }
      return (try batch["data"].tensor, labels)
    }
    guard data.dtype == .uint8, data.shape == [labels.count, Self.pictureBytes] else {
      throw malformed(path, "wants [\(labels.count), \(Self.pictureBytes)] uint8 as data; found \(data.signature)")
    }
    return (data.reshape([labels.count, 3, 32, 32]), labels)
  }

  private func records(_ path: String) throws(DatasetError) -> (Tensor, [Int]) {
    let bytes = try content(path)
    let size = labelBytes + Self.pictureBytes
    guard !bytes.isEmpty, bytes.count % size == 0 else {
      throw malformed(path, "has \(bytes.count) bytes, no whole number of records of \(size)")
    }
    let table = Tensor(bytes, shape: [bytes.count / size, size])
    let labels = stride(from: labelBytes - 1, to: bytes.count, by: size).map { Int(bytes[$0]) }
    let data = table.narrow(dim: 1, start: labelBytes, length: Self.pictureBytes)
    return (data.reshape([labels.count, 3, 32, 32]), labels)
  }

  private func content(_ path: String) throws(DatasetError) -> [UInt8] {
    do {
      return try FileContent(path).array
    } catch {
      throw DatasetError(.system, name, path, "cannot be read: \(error.message)")
    }
  }

  private func pickledNames(_ path: String) throws(DatasetError) -> [String] {
    guard Folder.isFile(path) else { return numbers }
    let names = try unpickled(path) { (meta) throws(CheckpointError) -> [String] in
      var names: [String] = []
      for item in try meta[nameKey].list { names.append(try item.string) }
      return names
    }
    return try checked(names, path)
  }

  private func textNames(_ path: String) throws(DatasetError) -> [String] {
    guard Folder.isFile(path) else { return numbers }
    let text = String(decoding: try content(path), as: UTF8.self)
    return try checked(text.split(whereSeparator: \.isNewline).map(String.init), path)
  }

  /// What classes are called where the file of names is not there.
  private var numbers: [String] { (0..<classCount).map(String.init) }

  private func checked(_ names: [String], _ path: String) throws(DatasetError) -> [String] {
    guard names.count == classCount else {
      throw malformed(path, "names \(names.count) classes instead of \(classCount)")
    }
    return names
  }
}
