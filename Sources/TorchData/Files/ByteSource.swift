// Bytes of a file in order, unpacked on the way when the file is gzip.

import CTorchZlib

import Torch

/// What can go wrong below the level of a format.
package enum ByteSourceError: Error {
  case missing
  case system(String)
  case gzip(String)

  init(_ error: SystemError) { self = error.kind == .missing ? .missing : .system(error.message) }
}

/// The bytes of a file, raw or gunzipped: which of the two is told from its first two bytes, not from its name.
///
/// Memory use does not depend on what the file claims: one chunk of input and zlib's own window.
package final class ByteSource {
  private static let chunkSize = 1 << 16

  private let file: InputFile
  /// How much of the file is read.
  private var place = 0
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
    do {
      file = try InputFile(path)
    } catch {
      throw ByteSourceError(error)
    }
    // From here on all properties are set: an init that throws earlier runs no deinit and would leak these.
    chunk = .allocate(byteCount: Self.chunkSize, alignment: 16)
    spare = .allocate(byteCount: 1, alignment: 1)

    try refill()
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
    if !isPacked { return file.size }
    let (bound, overflow) = file.size.multipliedReportingOverflow(by: 1032)
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
    return held + (try take(UnsafeMutableRawBufferPointer(rebasing: buffer[held...])))
  }

  private func refill() throws(ByteSourceError) {
    guard pending.isEmpty else { return }
    pending = 0..<(try take(chunk))
  }

  /// Fills `buffer` with what comes next in the file.
  private func take(_ buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    do {
      let count = try file.read(into: buffer, at: place)
      place += count
      return count
    } catch {
      throw ByteSourceError(error)
    }
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
