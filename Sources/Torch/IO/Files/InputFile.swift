#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A regular file opened for reading, closed when it goes: the one way in which files are read.
///
/// Folders, pipes and devices are refused. They have no size that memory could be measured by, and a pipe would keep the
/// reader waiting until somebody writes to it.
package final class InputFile: Sendable {
  private let descriptor: CInt
  /// How many bytes it had when it was opened.
  package let size: Int

  package init(_ path: String) throws(SystemError) {
    // Opening a pipe waits for a writer, without the third flag. Regular files do not mind it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    if descriptor < 0 { throw .last }
    do throws(SystemError) {
      var info = stat()
      if fstat(descriptor, &info) != 0 { throw .last }
      switch info.st_mode & S_IFMT {
      case S_IFREG: size = Int(info.st_size)
      case S_IFDIR: throw SystemError(number: EISDIR)
      default: throw SystemError(.other, "it is not a regular file")
      }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Fills a buffer from a place in the file; returns how many bytes there were.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
    var done = 0
    while done < buffer.count {
      // One call moves 2 GiB at most.
      let count = pread(
        descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30), off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw .last
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Hands over all bytes, a piece after the other.
  /// - Throws: ``SystemError``, and what the body throws.
  package func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { piece.deallocate() }
    var place = 0
    while true {
      let count = try read(into: piece, at: place)
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      place += count
    }
  }

  /// Maps the beginning of the file; nil where the system does not map it.
  func map(count: Int) -> FileMapping? { FileMapping(descriptor, count: count) }
}

/// All bytes of a regular file, in memory of their own.
package final class FileContent: Sendable {
  private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  /// The most bytes that are read at once. A file may look as large as it likes and hold nothing.
  package static let limit = 1 << 32

  /// - Throws: also where the file is larger than the limit, or there is no memory for it.
  package init(_ path: String) throws(SystemError) {
    let file = try InputFile(path)
    guard file.size <= Self.limit else {
      throw SystemError(.other, "it has \(file.size) bytes, more than the \(Self.limit) that are read at once")
    }
    guard let memory = malloc(max(file.size, 1)) else {
      throw SystemError(.memory, "no memory for \(file.size) bytes")
    }
    do throws(SystemError) {
      // Fewer bytes are those of a file that became shorter meanwhile.
      let count = try file.read(into: UnsafeMutableRawBufferPointer(start: memory, count: file.size), at: 0)
      bytes = UnsafeRawBufferPointer(start: memory, count: count)
    } catch {
      free(memory)
      throw error
    }
  }

  deinit { free(UnsafeMutableRawPointer(mutating: bytes.baseAddress)) }

  /// A copy.
  package var array: [UInt8] { withBytes { Array($0) } }

  /// Shows the bytes, which must not be kept.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }
}
