/// What kind of file of tensors some bytes are, by their content alone.
package enum FileFormat: Sendable, Hashable {
  /// torch.save since 1.6.
  case torchZip(version: String, byteOrder: String)
  /// torch.save before 1.6.
  case torchLegacy
  case torchScript
  case safetensors
  /// An index that joins several safetensors files.
  case safetensorsIndex
  case npy
  case npz
  /// Anything else, as a sentence about it that says what to do: "is empty: ...".
  case other(String)

  /// Looks at a file.
  /// - Throws: ``CheckpointError`` where it cannot be read, or is a zip file that contradicts itself.
  package init(of path: String) throws(CheckpointError) { self = try Self.look(at: path).format }

  /// Looks at a file, and how large it is.
  /// - Throws: as ``init(of:)``.
  package static func look(at path: String) throws(CheckpointError) -> (format: FileFormat, byteCount: Int) {
    do {
      let source = try RandomAccessBytes(path: path)
      return (try FileFormat(source), source.count)
    } catch {
      throw CheckpointError(error.kind, path, error.reason)
    }
  }

  init(_ source: RandomAccessBytes) throws(FormatError) {
    let start = try source.bytes(min(source.count, 512), at: 0).bytes
    if start.starts(with: Array("PK".utf8)) {
      self = try FileFormat(ZipArchive(source))
    } else if LegacyCheckpoint(source) != nil {
      self = .torchLegacy
    } else if start.starts(with: Self.npyStart) {
      self = .npy
    } else if Self.isSafetensors(start) {
      self = .safetensors
    } else if start.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) == UInt8(ascii: "{") {
      self = .safetensorsIndex
    } else {
      self = .other(ForeignFile.sentence(about: start, source))
    }
  }

  /// The format of a zip file.
  init(_ archive: ZipArchive) throws(FormatError) {
    if let head = try ZipHead(archive) {
      self =
        head.isScript ? .torchScript : .torchZip(version: head.version ?? "?", byteOrder: head.byteOrder ?? "little")
    } else {
      let names = archive.entries.map(\.name)
      let isNumPy = !names.isEmpty && names.allSatisfy { $0.hasSuffix(".npy") }
      self = isNumPy ? .npz : .other(ForeignFile.sentence(aboutArchiveOf: names))
    }
  }

  private static let npyStart: [UInt8] = [0x93] + Array("NUMPY".utf8)

  private static func isSafetensors(_ start: [UInt8]) -> Bool {
    guard start.count >= 8, let length = LittleEndianBytes(bytes: start).u64(0), length <= Safetensors.headerLimit
    else { return false }
    return start.count == 8 || start[8] == UInt8(ascii: "{") || start[8] == 0x20
  }

  /// What it is to somebody who wanted a file of torch.save, and what to do with it: "is an array of NumPy: ...".
  package var sentence: String {
    switch self {
    case .torchZip, .torchLegacy: "is a file of torch.save"
    case .torchScript:
      "is a TorchScript archive, which holds a program; torch.save(torch.jit.load(FILE).state_dict(), ...) in Python "
        + "writes its weights alone"
    case .safetensors: "is a safetensors file: Safetensors.load reads it"
    case .safetensorsIndex: "is a text, JSON perhaps; Safetensors.load reads the index of safetensors files"
    case .npy: "is an array of NumPy: NumPy.load reads it"
    case .npz: "is an archive of NumPy (npz): NumPy.load(archive:) reads it"
    case .other(let sentence): sentence
    }
  }

  /// The error of `load` for a file that torch.save did not write.
  var refusal: FormatError { FormatError(.unsupported, sentence) }
}
