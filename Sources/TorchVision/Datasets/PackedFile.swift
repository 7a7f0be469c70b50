import Torch
import TorchData

/// A packed file of a data set, to be read from its beginning.
struct PackedFile {
  let dataset: String
  let path: String

  func malformed(_ reason: String) -> DatasetError { DatasetError(.malformed, dataset, path, reason) }

  /// Reads the file; what goes wrong on the way becomes the data set's error.
  /// - Parameter target: the file or folder that `body` writes to.
  func read(for target: String, _ body: (PackedReader) throws -> Void) throws(DatasetError) {
    do {
      try body(PackedReader(self, try ByteSource(path: path)))
    } catch let error as DatasetError {
      throw error
    } catch ByteSourceError.missing {
      throw DatasetError(.missing, dataset, path, "is not there")
    } catch ByteSourceError.gzip(let reason) {
      throw malformed("has damaged packing: \(reason)")
    } catch ByteSourceError.system(let reason) {
      throw DatasetError(.system, dataset, path, "cannot be read: \(reason)")
    } catch {
      throw DatasetError(.system, dataset, target, "cannot be written: \(error.systemMessage)")
    }
  }

  /// Unpacks a gzip file; the new file appears when it is whole.
  /// - Parameter limit: the most bytes that it may have.
  func gunzip(to target: String, limit: Int = 1 << 28) throws(DatasetError) {
    try read(for: target) { reader in
      try writeAtomically(to: target) { file in
        while true {
          let part = try reader.bytes(1 << 20)
          if part.isEmpty { return }
          guard reader.position <= limit else { throw malformed("holds more than \(limit) bytes") }
          try part.withUnsafeBytes { try file.write($0) }
        }
      }
    }
  }
}

/// The bytes of a packed file in order.
final class PackedReader {
  /// How many bytes were read.
  private(set) var position = 0
  private let file: PackedFile
  private let source: ByteSource

  init(_ file: PackedFile, _ source: ByteSource) { (self.file, self.source) = (file, source) }

  /// The next bytes; fewer at the end of the file.
  func bytes(_ count: Int) throws -> [UInt8] {
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    position += bytes.count
    return bytes
  }

  /// Hands on the next bytes part by part.
  func take(_ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var rest = count
    while rest > 0 {
      let part = try bytes(min(rest, 1 << 20))
      guard !part.isEmpty else { throw file.malformed("is cut off") }
      try part.withUnsafeBytes(body)
      rest -= part.count
    }
  }

  func skip(_ count: Int) throws { try take(count) { _ in } }
}
