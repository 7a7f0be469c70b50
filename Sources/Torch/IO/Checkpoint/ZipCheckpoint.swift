/// Reads torch's zip format: a pickle, and the memory of its tensors in entries of their own.
struct ZipCheckpoint {
  /// The oldest and newest versions that PyTorch itself reads.
  static let versions = 1...10

  let archive: ZipArchive
  /// The name that all entries begin with, slash included.
  let folder: String
  private(set) var isBigEndian = false

  init(_ source: RandomAccessBytes) throws(FormatError) {
    archive = try ZipArchive(source)
    guard let head = try ZipHead(archive), !head.isScript else { throw try FileFormat(archive).refusal }
    folder = head.folder
    guard let version = head.version else {
      throw FormatError(.damagedArchive, "lacks its version entry")
    }
    guard let number = Int(version), Self.versions.contains(number) else {
      throw FormatError(.unsupported, "has format version \(JSON.quoted(version)); \(Self.versions) are read here")
    }
    switch head.byteOrder {
    case nil, "little": break
    case "big": isBigEndian = true
    case let order?:
      throw FormatError(.damagedArchive, "has a byte order that is neither big nor little: \(JSON.quoted(order))")
    }
  }

  /// Everything that the file holds.
  func read(weightsOnly: Bool) throws(FormatError) -> CheckpointContent {
    let limits = PickleLimits()
    // Memory is taken before a packed pickle shows what it holds, so that its promise counts as that of storages does.
    let pickle = try archive.bytes(
      of: archive[folder + "data.pkl"]!, limit: min(limits.bytes, CheckpointFile.unpackedLimit(source)))
    let graph = try PickleReader.read(pickle, anyClass: !weightsOnly, limits: limits)
    return try TensorBuilder.build(graph, over: self)
  }
}

extension ZipCheckpoint: StorageSource {
  var source: RandomAccessBytes { archive.source }

  func size(of storage: PickleValue.StorageReference) throws(FormatError) -> Int? {
    archive[folder + "data/" + storage.key]?.size
  }

  func read(
    _ wanted: [(storage: PickleValue.StorageReference, bytes: UnsafeMutableRawBufferPointer)]
  ) throws(FormatError) {
    try archive.read(wanted.map { (archive[folder + "data/" + $0.storage.key]!, $0.bytes) })
  }
}
