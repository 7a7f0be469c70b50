#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A call to the system that failed.
struct SystemError: Error {
  let message: String

  /// What the last failed call left.
  static var last: SystemError { SystemError(message: String(cString: strerror(errno))) }
}

/// An open file, closed when it goes.
final class FileHandle {
  private let descriptor: Int32

  /// Opens a file for reading.
  init(reading path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw SystemError.last }
  }

  /// Makes a file that does not exist yet.
  init(creating path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw SystemError.last }
  }

  deinit { close(descriptor) }

  /// How many bytes a regular file has; an error for folders and devices.
  func size() throws -> Int {
    var info = stat()
    if fstat(descriptor, &info) != 0 { throw SystemError.last }
    guard info.st_mode & S_IFMT == S_IFREG else { throw SystemError(message: "it is not a regular file") }
    return Int(info.st_size)
  }

  /// Fills a buffer from a place in the file; returns how many bytes there were.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    var done = 0
    while done < buffer.count {
      // One call moves 2 GiB at most.
      let count = pread(
        descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30), off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError.last
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Appends bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      #if canImport(Darwin)
        let count = Darwin.write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      #else
        let count = Glibc.write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      #endif
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError.last
      }
      done += count
    }
  }

  /// Waits until the bytes are on the disk.
  func synchronize() throws {
    if fsync(descriptor) != 0 { throw SystemError.last }
  }
}

/// Writes a file so that `path` shows either what was there before or all of the new content, whatever happens between.
func writeAtomically(to path: String, _ body: (FileHandle) throws -> Void) throws {
  let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).part"
  do {
    let file = try FileHandle(creating: temporary)
    try body(file)
    try file.synchronize()
    if rename(temporary, path) != 0 { throw SystemError.last }
  } catch {
    unlink(temporary)
    throw error
  }
}
