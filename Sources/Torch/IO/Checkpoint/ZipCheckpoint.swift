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
    guard let pickle = archive.entries.first(where: { Self.isPickle($0.name) }) else {
      throw try FileFormat(archive).refusal
    }
    folder = String(pickle.name.dropLast("data.pkl".count))
    guard archive[folder + "constants.pkl"] == nil else { throw FileFormat.torchScript.refusal }
    var version = try text("version")
    if version == nil { version = try text(".data/version") }
    guard let version else {
      throw FormatError(.damagedArchive, "lacks its version entry")
    }
    guard let number = Int(version), Self.versions.contains(number) else {
      throw FormatError(.unsupported, "has format version \(JSON.quoted(version)); \(Self.versions) are read here")
    }
    switch try text("byteorder") {
    case nil, "little": break
    case "big": isBigEndian = true
    case let order?:
      throw FormatError(.damagedArchive, "has a byte order that is neither big nor little: \(JSON.quoted(order))")
    }
  }

  private static func isPickle(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[1] == "data.pkl"
  }

  /// The content of a small entry, without white space around it; nil where there is none.
  private func text(_ name: String) throws(FormatError) -> String? {
    guard let entry = archive[folder + name] else { return nil }
    let bytes = try archive.bytes(of: entry, limit: 256)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(.damagedArchive, "has an entry \(JSON.quoted(name)) that is no text")
    }
    return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
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
