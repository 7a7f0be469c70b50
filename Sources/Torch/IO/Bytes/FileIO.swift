#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A call to the system that failed.
package struct SystemError: Error {
  package let message: String

  package init(message: String) { self.message = message }

  /// What the last failed call left.
  static var last: SystemError { SystemError(message: String(cString: strerror(errno))) }
}

/// An open file, closed when it goes.
package final class FileHandle: Sendable {
  private let descriptor: Int32

  /// Opens a file for reading; a pipe is opened too, without waiting for who writes to it.
  init(reading path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw SystemError.last }
  }

  /// Makes a file that does not exist yet.
  init(creating path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw SystemError.last }
  }

  /// Opens what is no regular file, such as a pipe or a device, to write to it.
  fileprivate init(writingTo path: String) throws {
    descriptor = open(path, O_WRONLY | O_CLOEXEC)
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

  /// Maps the beginning of the file; nil where the system does not map it.
  func map(count: Int) -> FileMapping? { FileMapping(descriptor, count: count) }

  /// Appends bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
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
    #if canImport(Darwin)
      // There `fsync` leaves the bytes to the disk's own cache.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    #endif
    // Some file systems have no such thing.
    if fsync(descriptor) != 0 && errno != EINVAL { throw SystemError.last }
  }

  /// Gives the file the owner and the permissions of another, as far as the system lets this process.
  fileprivate func take(_ info: stat) {
    _ = fchown(descriptor, info.st_uid, info.st_gid)
    _ = fchmod(descriptor, info.st_mode & 0o7777)
  }
}

/// Writes a file so that `path` shows either what was there before or all of the new content, whatever happens between.
///
/// The content goes to a temporary file beside it, `NAME.PID-NUMBER.part`, which takes the old one's place when it is on
/// the disk; permissions stay. A symbolic link stays one: what it points to is replaced. What is no regular file, such as
/// a pipe, is written to directly. An error leaves no temporary file; a process that is killed may.
package func writeAtomically(to path: String, _ body: (FileHandle) throws -> Void) throws {
  let target = try followingLinks(path)
  var old = stat()
  let exists = stat(target, &old) == 0
  if exists, old.st_mode & S_IFMT != S_IFREG {
    if old.st_mode & S_IFMT == S_IFDIR { throw SystemError(message: "it is a folder") }
    return try body(try FileHandle(writingTo: target))
  }
  let temporary = temporaryName(for: target)
  // Made outside of `do`: a file of this name that is there already belongs to someone else.
  let file = try FileHandle(creating: temporary)
  do {
    if exists { file.take(old) }
    try body(file)
    try file.synchronize()
    if rename(temporary, target) != 0 { throw SystemError.last }
  } catch {
    unlink(temporary)
    throw error
  }
  try synchronizeFolder(of: target)
}

/// The folder of a path, with its slash; empty for a bare name.
private func folder(of path: String) -> String {
  path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
}

private func temporaryName(for path: String) -> String {
  let folder = folder(of: path), name = String(path.dropFirst(folder.count))
  // File systems have names of up to 255 bytes.
  let start = name.utf8.count > 200 ? "torch" : name
  return "\(folder)\(start).\(getpid())-\(UInt32.random(in: 0 ... .max)).part"
}

/// What a path names behind its symbolic links, there or not.
private func followingLinks(_ path: String) throws -> String {
  var path = path
  for _ in 0..<40 {
    var info = stat()
    guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFLNK else { return path }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink(path, &buffer, buffer.count - 1)
    if count < 0 { throw SystemError.last }
    let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    path = link.hasPrefix("/") ? link : folder(of: path) + link
  }
  throw SystemError(message: "too many symbolic links")
}

/// Waits until a folder's names are on the disk, without which a new name may be lost with the power.
private func synchronizeFolder(of path: String) throws {
  let folder = folder(of: path)
  let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  // A folder that may be written to and not read, or a file system that knows no such wait: the name is as safe as can be.
  if descriptor < 0 { return }
  defer { close(descriptor) }
  if fsync(descriptor) != 0 && errno == EIO { throw SystemError.last }
}
