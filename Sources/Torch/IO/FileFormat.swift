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
  /// Anything else, in words that follow "it is".
  case other(String)

  /// Looks at a file.
  /// - Throws: ``CheckpointError`` where it cannot be read, or is a zip file that contradicts itself.
  package init(of path: String) throws(CheckpointError) {
    do {
      try self.init(RandomAccessBytes(path: path))
    } catch {
      throw CheckpointError(error.kind, path, error.reason)
    }
  }

  private init(_ source: RandomAccessBytes) throws(FormatError) {
    let start = try source.bytes(min(source.count, 16), at: 0).bytes
    func starts(_ bytes: [UInt8]) -> Bool { start.starts(with: bytes) }
    if start.isEmpty {
      self = .other("empty")
    } else if starts([0x50, 0x4b]) {
      self = try Self.archive(source)
    } else if starts([0x80, 0x02, 0x8a]) {
      // The legacy format's magic number, as a pickle of protocol 2.
      self = .torchLegacy
    } else if starts([0x93] + Array("NUMPY".utf8)) {
      self = .npy
    } else if let name = Self.known.first(where: { starts($0.bytes) })?.name {
      self = .other(name)
    } else {
      let text = start.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: "{")
      let length = start.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      if start.count >= 8, length <= UInt64(Safetensors.headerLimit),
        start.count == 8 || start[8] == UInt8(ascii: "{")
          || start[8] == 0x20
      {
        self = .safetensors
      } else {
        self = text ? .safetensorsIndex : .other("of no format that is known here")
      }
    }
  }

  /// Formats that are not read, but that one meets among weights.
  private static let known: [(bytes: [UInt8], name: String)] = [
    (Array("GGUF".utf8), "a GGUF file, which is not read here"),
    ([0x89] + Array("HDF".utf8), "an HDF5 file, which is not read here"),
    ([0x1f, 0x8b], "a gzip file; unpack it first"),
    ([0x80], "a pickle that torch.save did not write; only torch's files are read here"),
    (
      Array("version https://git-lfs".utf8.prefix(16)),
      "a pointer of Git LFS, not the file itself; fetch it with git lfs pull"
    ),
    (Array("<!DOCTYPE".utf8), "a web page, perhaps an error of the download"),
    (Array("<html".utf8), "a web page, perhaps an error of the download"),
  ]

  private static func archive(_ source: RandomAccessBytes) throws(FormatError) -> FileFormat {
    let archive = try ZipArchive(source)
    let pickle = archive.entries.first {
      let parts = $0.name.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == 2 && parts[1] == "data.pkl"
    }
    if let pickle {
      let folder = String(pickle.name.dropLast("data.pkl".count))
      if archive[folder + "constants.pkl"] != nil { return .torchScript }
      func text(_ name: String) throws(FormatError) -> String? {
        guard let entry = archive[folder + name], entry.size <= 256 else { return nil }
        let bytes = try archive.bytes(of: entry, limit: 256)
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
      }
      var version = try text("version")
      if version == nil { version = try text(".data/version") }
      return .torchZip(version: version ?? "?", byteOrder: try text("byteorder") ?? "little")
    }
    if !archive.entries.isEmpty, archive.entries.allSatisfy({ $0.name.hasSuffix(".npy") }) { return .npz }
    return .other("a zip file, but neither of torch.save nor of numpy.savez")
  }
}
