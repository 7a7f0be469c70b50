/// What a reader below the public door found wrong; the door adds whose bytes they were.
struct FormatError: Error {
  var kind: CheckpointError.Kind
  var reason: String

  init(_ kind: CheckpointError.Kind, _ reason: String) { (self.kind, self.reason) = (kind, reason) }
}

/// Bytes that can be read at any place: memory or an open file.
///
/// Files are read, not mapped: one that shrinks under the reader is an error then, and no signal.
enum RandomAccessBytes {
  case memory([UInt8])
  case file(InputFile)

  /// Opens a file.
  init(path: String) throws(FormatError) {
    do {
      self = .file(try InputFile(path))
    } catch {
      throw FormatError(.system, "cannot be read: \(error.message)")
    }
  }

  var count: Int {
    switch self {
    case .memory(let bytes): bytes.count
    case .file(let file): file.size
    }
  }

  /// Fills a buffer from a place that the caller has checked against `count`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
    guard offset >= 0, buffer.count <= count, offset <= count - buffer.count else {
      throw FormatError(
        .damagedArchive, "is cut off: bytes \(offset) to \(offset &+ buffer.count) of \(count) are wanted")
    }
    switch self {
    case .memory(let bytes):
      bytes.withUnsafeBytes {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
      }
    case .file(let file):
      let done: Int
      do {
        done = try file.read(into: buffer, at: offset)
      } catch {
        throw FormatError(.system, "cannot be read: \(error.message)")
      }
      guard done == buffer.count else { throw FormatError(.system, "became shorter while it was read") }
    }
  }

  /// A copy of some bytes.
  func bytes(_ count: Int, at offset: Int) throws(FormatError) -> LittleEndianBytes {
    guard count <= self.count else {
      throw FormatError(.damagedArchive, "is cut off: \(count) bytes are wanted of \(self.count)")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    do {
      try bytes.withUnsafeMutableBytes { try read(into: $0, at: offset) }
    } catch {
      throw error as? FormatError ?? FormatError(.system, "\(error)")
    }
    return LittleEndianBytes(bytes: bytes)
  }
}

/// Bytes whose numbers are little-endian.
struct LittleEndianBytes {
  let bytes: [UInt8]

  var count: Int { bytes.count }

  func u16(_ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }

  func u32(_ offset: Int) -> Int { u16(offset) | u16(offset + 2) << 16 }

  /// Eight bytes, or nil where the number is past every file's size.
  func u64(_ offset: Int) -> Int? {
    let high = u32(offset + 4)
    return high < 1 << 31 ? u32(offset) | high << 32 : nil
  }
}
