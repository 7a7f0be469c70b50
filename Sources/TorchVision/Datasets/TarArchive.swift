import Torch
import TorchData

/// Unpacks the regular files of a tar archive, packed with gzip or not.
///
/// Names that lead out of the folder, links and devices are refused; what is cut off is an error.
struct TarArchive {
  let dataset: String
  let path: String
  /// The most bytes that are unpacked.
  static let limit = 4 << 30
  private static let block = 512

  private func malformed(_ reason: String) -> DatasetError { DatasetError(.malformed, dataset, path, reason) }

  /// - Throws: ``DatasetError``; files before the trouble stay.
  func unpack(into folder: String) throws(DatasetError) {
    do {
      let source = try ByteSource(path: path)
      try unpack(source, folder)
    } catch let error as DatasetError {
      throw error
    } catch ByteSourceError.missing {
      throw DatasetError(.missing, dataset, path, "is not there")
    } catch ByteSourceError.gzip(let reason) {
      throw malformed("has damaged packing: \(reason)")
    } catch ByteSourceError.system(let reason) {
      throw DatasetError(.system, dataset, path, "cannot be read: \(reason)")
    } catch {
      throw DatasetError(.system, dataset, folder, "cannot be written: \(error.systemMessage)")
    }
  }

  private func unpack(_ source: ByteSource, _ folder: String) throws {
    var total = 0
    while true {
      let header = try bytes(Self.block, of: source)
      // Two blocks of zeros end the archive; one is enough.
      if header.isEmpty || header.allSatisfy({ $0 == 0 }) { return }
      guard header.count == Self.block, header[257..<262].elementsEqual("ustar".utf8) else {
        throw malformed("is no tar archive")
      }
      guard let size = Self.octal(header[124..<136]), size <= Self.limit - total else {
        throw malformed("holds a file of an absurd size")
      }
      total += size
      let text = { (range: Range<Int>) in String(decoding: header[range].prefix { $0 != 0 }, as: UTF8.self) }
      let prefix = text(345..<500), name = prefix.isEmpty ? text(0..<100) : "\(prefix)/\(text(0..<100))"
      let isFile = header[156] == UInt8(ascii: "0") || header[156] == 0
      if isFile {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.isEmpty, !name.utf8.contains(0x5c), parts.allSatisfy({ !$0.isEmpty && $0 != ".." && $0 != "." })
        else {
          throw malformed("holds a file that leads out of its folder: \(name)")
        }
        try write(size, of: source, to: Folder.join(folder, name))
      } else {
        try skip(size, of: source)
      }
      try skip((Self.block - size % Self.block) % Self.block, of: source)
    }
  }

  /// Copies the next bytes into a file, which appears when it is whole.
  private func write(_ size: Int, of source: ByteSource, to path: String) throws {
    do {
      try Folder.make(Folder.of(path))
    } catch {
      throw DatasetError(.system, dataset, path, "cannot be made: \(error.message)")
    }
    try writeAtomically(to: path) { file in try take(size, of: source) { try file.write($0) } }
  }

  private func skip(_ size: Int, of source: ByteSource) throws { try take(size, of: source) { _ in } }

  private func take(_ size: Int, of source: ByteSource, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var rest = size
    while rest > 0 {
      let part = try bytes(min(rest, 1 << 20), of: source)
      guard !part.isEmpty else { throw malformed("is cut off") }
      try part.withUnsafeBytes(body)
      rest -= part.count
    }
  }

  private func bytes(_ count: Int, of source: ByteSource) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard digits.count < 12, digits.allSatisfy({ 0x30...0x37 ~= $0 }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }
}
