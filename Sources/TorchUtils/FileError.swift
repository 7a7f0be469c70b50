// Files of logs and pictures: what can go wrong, and writing.

import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a log or a picture could not be written or read: which file, which line, what is wrong there.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// The system refused.
    case system
    /// The file is not what its format says.
    case malformed
    /// Nothing here writes such a file.
    case unsupported
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file, as the caller named it.
  public let path: String
  /// The line, counted from 1, where it has one.
  public let line: Int?
  /// What is wrong.
  public let reason: String

  init(_ kind: Kind, _ path: String, line: Int? = nil, _ reason: String) {
    (self.kind, self.path, self.line, self.reason) = (kind, path, line, reason)
  }

  /// One line: `log.csv:3: has 2 cells, the head has 4`.
  public var description: String { path + (line.map { ":\($0)" } ?? "") + ": \(reason)" }

  /// What the last call to the system left.
  static func system(_ path: String, _ verb: String) -> FileError {
    FileError(.system, path, "cannot be \(verb): \(String(cString: strerror(errno)))")
  }
}

/// A file opened for writing, closed when it goes.
final class OutputFile {
  private let path: String
  private let descriptor: CInt

  /// Opens a file to append to, made where there is none.
  init(appendingTo path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw .system(path, "written") }
  }

  deinit { close(descriptor) }

  /// Appends bytes; whole where the system takes them in one call, as it does for a line.
  func write(_ bytes: [UInt8]) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { put(descriptor, $0.baseAddress, min($0.count, 1 << 30)) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw .system(path, "written") }
      rest = rest.dropFirst(count)
    }
  }

  /// Cuts the file off after some bytes.
  func truncate(to size: Int) throws(FileError) {
    if ftruncate(descriptor, off_t(size)) != 0 { throw .system(path, "cut off") }
  }
}

/// Writes a file so that `path` shows either what was there before or all of the bytes, whatever happens between.
func writeFile(_ bytes: [UInt8], to path: String) throws(FileError) {
  do {
    try writeAtomically(to: path) { file in try bytes.withUnsafeBytes { try file.write($0) } }
  } catch {
    throw FileError(.system, path, "cannot be written: \((error as? SystemError)?.message ?? "\(error)")")
  }
}

/// The bytes of a regular file; nil where there is none.
func readFile(_ path: String) throws(FileError) -> [UInt8]? {
  // A pipe that nobody writes to must not hold this up.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  if descriptor < 0 {
    if errno == ENOENT { return nil }
    throw .system(path, "read")
  }
  defer { close(descriptor) }
  var status = stat()
  if fstat(descriptor, &status) != 0 { throw .system(path, "read") }
  guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(.system, path, "cannot be read: it is no file") }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = chunk.withUnsafeMutableBytes { take(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    if count < 0 { throw .system(path, "read") }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

// `write(2)` and `read(2)`, which methods of the same names hide.
private func put(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
private func take(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, bytes, count)
}
