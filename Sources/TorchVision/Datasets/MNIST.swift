import Torch
import TorchData

/// Handwritten digits, 60,000 to learn from and 10,000 to test with, 28 x 28 pixels, as `torchvision.datasets.MNIST`.
///
/// The files lie in `ROOT/MNIST/raw`, as torchvision keeps them, or in `ROOT` itself, packed with gzip or not. Y. LeCun,
/// C. Cortes, C. Burges, "The MNIST database of handwritten digits".
public typealias MNIST = PictureDataset<MNISTSource>

/// Pieces of clothing in MNIST's form, as `torchvision.datasets.FashionMNIST`; the files lie in `ROOT/FashionMNIST/raw` or in
/// `ROOT` itself. H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", 2017.
public typealias FashionMNIST = PictureDataset<FashionMNISTSource>

/// Where MNIST lies and what its classes are.
public enum MNISTSource: PictureSource {
  public static let name = "MNIST"
  private static let files = IDXPictures(
    name: name, mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"],
    sums: [
      "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432", "9fb629c4189551a2d022fa330f9573f3",
      "ec29112dd5afa0611ce80d1b7f02629c",
    ],
    classes: [
      "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven", "8 - eight",
      "9 - nine",
    ])

  public static func read(
    _ root: String, train: Bool, download: Bool, progress: Bool
  ) throws(DatasetError) -> LabelledPictures {
    try files.read(root, train: train, download: download, progress: progress)
  }
}

/// Where Fashion-MNIST lies and what its classes are.
public enum FashionMNISTSource: PictureSource {
  public static let name = "FashionMNIST"
  private static let files = IDXPictures(
    name: name, mirrors: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    sums: [
      "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe", "bef4ecab320f06d8554ea6380940ec79",
      "bb300cfdad3c16e7a12a480ee83cd310",
    ],
    classes: [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ])

  public static func read(
    _ root: String, train: Bool, download: Bool, progress: Bool
  ) throws(DatasetError) -> LabelledPictures {
    try files.read(root, train: train, download: download, progress: progress)
  }
}

/// A data set in the four files of MNIST's form.
private struct IDXPictures: Sendable {
  let name: String
  let mirrors: [String]
  /// The MD5 of the packed files: pictures and labels to learn from, then to test with.
  let sums: [String]
  let classes: [String]

  private func files(train: Bool) -> [DatasetFile] {
    zip(["images-idx3-ubyte", "labels-idx1-ubyte"], sums[train ? 0..<2 : 2..<4]).map { part, sum in
      let file = "\(train ? "train" : "t10k")-\(part).gz"
      return DatasetFile(dataset: name, name: file, md5: sum, urls: mirrors.map { $0 + file })
    }
  }

  func read(_ root: String, train: Bool, download: Bool, progress: Bool) throws(DatasetError) -> LabelledPictures {
    let raw = Folder.join(root, "\(name)/raw")
    var parts: [IDXFile] = []
    for file in files(train: train) {
      if let found = try open(file, in: [raw, root]) {
        parts.append(found)
        continue
      }
      guard download else {
        throw DatasetError(
          .missing, name, raw,
          "has no \(file.name), packed or not; download: true fetches it, or \(file.byHand(raw))")
      }
      try file.fetch(into: raw, progress: progress)
      guard let fetched = try open(file, in: [raw]) else {
        throw DatasetError(.missing, name, raw, "has no \(file.name) after it was fetched")
      }
      parts.append(fetched)
    }
    do {
      try parts[0].require(.uint8, shape: [nil, 28, 28])
      try parts[1].require(.uint8, shape: [parts[0].shape[0]])
    } catch {
      throw malformed(error)
    }
    return try LabelledPictures(
      Tensor(parts[0].bytes, shape: parts[0].shape), parts[1].bytes.map(Int.init), classes, of: name, in: parts[1].path)
  }

  /// The file in the first folder that has it, packed or not.
  private func open(_ file: DatasetFile, in folders: [String]) throws(DatasetError) -> IDXFile? {
    for folder in folders {
      do {
        return try IDXFile(named: String(file.name.dropLast(".gz".count)), in: folder)
      } catch  where error.kind == .missing {
        continue
      } catch {
        throw malformed(error)
      }
    }
    return nil
  }

  private func malformed(_ error: IDXError) -> DatasetError {
    DatasetError(.malformed, name, error.path, "wants \(error.expected), found \(error.found)")
  }
}
