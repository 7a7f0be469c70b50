/// A file of torch.save, in either of its formats.
enum CheckpointFile {
  case zip(ZipCheckpoint)
  case legacy(LegacyCheckpoint)

  /// How many bytes storages may take: more than the file has, but not without end. Only packed files need it.
  static func unpackedLimit(_ source: RandomAccessBytes) -> Int { 256 << 20 + 16 * source.count }

  /// Looks at a file's first bytes, and says what it is where it is no file of torch.save.
  init(_ source: RandomAccessBytes) throws(FormatError) {
    if try source.bytes(min(source.count, 2), at: 0).bytes.starts(with: Array("PK".utf8)) {
      self = .zip(try ZipCheckpoint(source))
    } else if let legacy = LegacyCheckpoint(source) {
      self = .legacy(legacy)
    } else {
      throw try FileFormat(source).refusal
    }
  }

  /// Everything that the file holds.
  func read(weightsOnly: Bool) throws(FormatError) -> CheckpointContent {
    switch self {
    case .zip(let file): try file.read(weightsOnly: weightsOnly)
    case .legacy(let file): try file.read(weightsOnly: weightsOnly)
    }
  }
}
