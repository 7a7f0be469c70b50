// Bytes of a file in order, unpacked on the way when the file is gzip.

import CTorchZlib

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What can go wrong below the level of a format.
package enum ByteSourceError: Error {
  case missing
  case system(String)
  case gzip(String)
}

/// A file opened for reading, closed with the object.
final class InputFile {
  private let descriptor: CInt
  /// The size of a regular file; nil for a pipe or a device.
  let size: Int?

  init(path: String) throws(ByteSourceError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT || errno == ENOTDIR ? .missing : .system(String(cString: strerror(errno)))
    }
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    size = isRegular ? Int(status.st_size) : nil
  }

  deinit { close(descriptor) }

  /// Fills `buffer` as far as the file goes; fewer bytes than asked for mean the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    var done = 0
    while done < buffer.count {
      #if canImport(Glibc)
        let count = Glibc.read(descriptor, buffer.baseAddress! + done, buffer.count - done)
      #elseif canImport(Musl)
        let count = Musl.read(descriptor, buffer.baseAddress! + done, buffer.count - done)
      #else
        let count = Darwin.read(descriptor, buffer.baseAddress! + done, buffer.count - done)
      #endif
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw .system(String(cString: strerror(errno))) }
      if count == 0 { break }
      done += count
    }
    return done
  }
}

/// The bytes of a file, raw or gunzipped: which of the two is told from its first two bytes, not from its name.
///
/// Memory use does not depend on what the file claims: one chunk of input and zlib's own window.
package final class ByteSource {
  private static let chunkSize = 1 << 16

  private let file: InputFile
  private let chunk: UnsafeMutableRawBufferPointer
  /// Room for the one byte that should not be there.
  private let spare: UnsafeMutableRawBufferPointer
  /// The part of `chunk` that is read and not yet used.
  private var pending = 0..<0
  private var stream = z_stream()
  /// Whether the file is gzip.
  private(set) var isPacked = false
  private var memberEnded = false

  package init(path: String) throws(ByteSourceError) {
    file = try InputFile(path: path)
    // From here on all properties are set: an init that throws earlier runs no deinit and would leak these.
    chunk = .allocate(byteCount: Self.chunkSize, alignment: 16)
    spare = .allocate(byteCount: 1, alignment: 1)

    pending = 0..<(try file.read(into: chunk))
    guard pending.count >= 2 && chunk[0] == 0x1f && chunk[1] == 0x8b else { return }
    guard torch_inflate_init(&stream, 15 + 16) == Z_OK else { throw .gzip("no memory to unpack it") }
    isPacked = true
  }

  deinit {
    if isPacked { inflateEnd(&stream) }
    chunk.deallocate()
    spare.deallocate()
  }

  /// The most bytes that can still come out, as far as the file's size tells: deflate packs at most 1032 to 1.
  var upperBound: Int? {
    guard let size = file.size else { return nil }
    if !isPacked { return size }
    let (bound, overflow) = size.multipliedReportingOverflow(by: 1032)
    return overflow ? nil : bound
  }

  /// Fills `buffer` as far as the bytes go; fewer bytes than asked for mean the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    isPacked ? try inflate(into: buffer) : try copy(into: buffer)
  }

  private func copy(into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    let held = min(pending.count, buffer.count)
    if held > 0 {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[pending.prefix(held)]))
      pending = (pending.lowerBound + held)..<pending.upperBound
    }
    if held == buffer.count { return held }
    return held + (try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[held...])))
  }

  private func refill() throws(ByteSourceError) {
    guard pending.isEmpty else { return }
    pending = 0..<(try file.read(into: chunk))
  }

  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    var done = 0
    while done < buffer.count {
      try refill()
      if memberEnded {
        // A gzip file may hold several members one after the other.
        if pending.isEmpty { return done }
        guard inflateReset(&stream) == Z_OK else { throw .gzip("no memory to unpack it") }
        memberEnded = false
      }
      if pending.isEmpty { throw .gzip("the packed data breaks off") }

      // zlib counts in 32 bits.
      let room = min(buffer.count - done, 1 << 30)
      stream.next_in = chunk.baseAddress!.assumingMemoryBound(to: UInt8.self) + pending.lowerBound
      stream.avail_in = UInt32(pending.count)
      stream.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self) + done
      stream.avail_out = UInt32(room)
      let code = CTorchZlib.inflate(&stream, Z_NO_FLUSH)
      pending = (pending.upperBound - Int(stream.avail_in))..<pending.upperBound
      done += room - Int(stream.avail_out)
      switch code {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: memberEnded = true
      default: throw .gzip(stream.msg.map { String(cString: $0) } ?? "zlib error \(code)")
      }
    }
    return done
  }

  /// Whether nothing more comes; reads on to the end of the packing, so that its checksum is verified.
  package func isAtEnd() throws(ByteSourceError) -> Bool {
    try read(into: spare) == 0
  }
}
