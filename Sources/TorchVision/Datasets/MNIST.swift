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

/// Names MNIST as the data set of ``MNIST``.
public enum MNISTSource: PictureSource {
  public static let files = PictureFiles(
    "MNIST", mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"],
    IDXPictures(
      sums: [
        "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432", "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
      ],
      classes: [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven", "8 - eight",
        "9 - nine",
      ]))
}

/// Names Fashion-MNIST as the data set of ``FashionMNIST``.
public enum FashionMNISTSource: PictureSource {
  public static let files = PictureFiles(
    "FashionMNIST", mirrors: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    IDXPictures(
      sums: [
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe", "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
      ],
      classes: [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
      ]))
}

/// A data set in the four files of MNIST's form.
private struct IDXPictures: PictureFormat {
  let classes: [String]
  /// Pictures and labels to learn from, then to test with.
  private let files: [DatasetFile]

  /// - Parameter sums: the MD5 of the packed files.
  init(sums: [String], classes: [String]) {
    self.classes = classes
    let names = ["train", "t10k"].flatMap { ["\($0)-images-idx3-ubyte.gz", "\($0)-labels-idx1-ubyte.gz"] }
    files = zip(names, sums).map { DatasetFile(name: $0, md5: $1) }
  }

  func read(
    _ root: String, train: Bool, _ shelf: DatasetShelf, fetches: Bool
  ) throws(DatasetError) -> LabelledPictures {
    let raw = Folder.join(root, "\(shelf.dataset)/raw"), wanted = train ? files[..<2] : files[2...]
    if fetches { try fetch(wanted, root, raw, shelf) }
    var parts: [IDXFile] = []
    for file in wanted {
      guard let found = try open(file, in: [raw, root], shelf) else {
        throw shelf.error(
          .missing, raw,
          "has no \(file.name), packed or not; download: true fetches it, or \(shelf.byHand(file, raw))")
      }
      parts.append(found)
    }
    do {
      try parts[0].require(.uint8, shape: [nil, 28, 28])
      try parts[1].require(.uint8, shape: [parts[0].shape[0]])
    } catch {
      throw malformed(error, shelf)
    }
    return try LabelledPictures(
      Tensor(parts[0].bytes, shape: parts[0].shape), parts[1].bytes.map(Int.init), classes, of: shelf.dataset,
      in: parts[1].path)
  }

  /// Fetches and unpacks all four files, as torchvision does and looks for, unless what is wanted is there.
  private func fetch(
    _ wanted: ArraySlice<DatasetFile>, _ root: String, _ raw: String, _ shelf: DatasetShelf
  ) throws(DatasetError) {
    func isThere(_ file: DatasetFile) throws(DatasetError) -> Bool {
      if [raw, root].contains(where: { Folder.isFile(Folder.join($0, unpacked(file))) }) { return true }
      return try shelf.hasWhole(file, in: root)
    }
    var missing: [DatasetFile] = []
    for file in files where try !isThere(file) { missing.append(file) }
    guard missing.contains(where: { file in wanted.contains { $0.name == file.name } }) else { return }
    for file in missing {
      try shelf.fetch(file, into: raw)
      try PackedFile(dataset: shelf.dataset, path: Folder.join(raw, file.name))
        .gunzip(to: Folder.join(raw, unpacked(file)))
    }
  }

  private func unpacked(_ file: DatasetFile) -> String { String(file.name.dropLast(".gz".count)) }

  /// The file in the first folder that has it, packed or not.
  private func open(
    _ file: DatasetFile, in folders: [String], _ shelf: DatasetShelf
  ) throws(DatasetError) -> IDXFile? {
    for folder in folders {
      do {
        return try IDXFile(named: unpacked(file), in: folder)
      } catch  where error.kind == .missing {
        continue
      } catch {
        throw malformed(error, shelf)
      }
    }
    return nil
  }

  private func malformed(_ error: IDXError, _ shelf: DatasetShelf) -> DatasetError {
    shelf.error(.malformed, error.path, "wants \(error.expected), found \(error.found)")
  }
}
