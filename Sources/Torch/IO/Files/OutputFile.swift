#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file opened for writing, closed when it goes.
package final class OutputFile: Sendable {
  private let descriptor: CInt

  private init(_ path: String, _ flags: CInt) throws(SystemError) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, 0o666)
    if descriptor < 0 { throw .last }
    self.descriptor = descriptor
  }

  /// Makes a file that does not exist yet.
  convenience init(creating path: String) throws(SystemError) { try self.init(path, O_CREAT | O_EXCL) }

  /// Opens a file to append to, made where there is none.
  package convenience init(appendingTo path: String) throws(SystemError) { try self.init(path, O_APPEND | O_CREAT) }

  /// Opens what is no regular file, such as a pipe or a device.
  convenience init(existing path: String) throws(SystemError) { try self.init(path, 0) }

  deinit { close(descriptor) }

  /// Writes bytes behind those before; whole where the system takes them in one call, as it does for a line.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let count = put(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        throw .last
      }
      done += count
    }
  }

  /// Writes the bytes of an array.
  package func write(_ bytes: [UInt8]) throws(SystemError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in try write(UnsafeRawBufferPointer(bytes)) }
  }

  /// Cuts the file off after some bytes.
  package func truncate(to size: Int) throws(SystemError) {
    if ftruncate(descriptor, off_t(size)) != 0 { throw .last }
  }

  /// Waits until the bytes are on the disk.
  func synchronize() throws(SystemError) {
    #if canImport(Darwin)
      // There `fsync` leaves the bytes to the disk's own cache.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    #endif
    // Some file systems have no such thing.
    if fsync(descriptor) != 0 && errno != EINVAL { throw .last }
  }

  /// Gives the file the owner and the permissions of another, as far as the system lets this process.
  func take(_ info: stat) {
    _ = fchown(descriptor, info.st_uid, info.st_gid)
    _ = fchmod(descriptor, info.st_mode & 0o7777)
  }
}

/// `write(2)`, which a method of the same name hides.
private func put(_ descriptor: CInt, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }
