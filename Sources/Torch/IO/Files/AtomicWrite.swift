#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes a file so that `path` shows either what was there before or all of the new content, whatever happens between.
///
/// The content goes to a temporary file beside it, `NAME.PID-NUMBER.part`, which takes the old one's place when it is on
/// the disk; permissions stay. A symbolic link stays one: what it points to is replaced. What is no regular file, such as
/// a pipe, is written to directly. An error leaves no temporary file; a process that is killed may.
package func writeAtomically(to path: String, _ body: (OutputFile) throws -> Void) throws {
  let target = try followingLinks(path)
  var old = stat()
  let exists = stat(target, &old) == 0
  if exists, old.st_mode & S_IFMT != S_IFREG {
    if old.st_mode & S_IFMT == S_IFDIR { throw SystemError(.other, "it is a folder") }
    return try body(try OutputFile(existing: target))
  }
  let temporary = temporaryName(for: target)
  // Made outside of `do`: a file of this name that is there already belongs to someone else.
  let file = try OutputFile(creating: temporary)
  do {
    if exists { file.take(old) }
    try body(file)
    try file.synchronize()
    if rename(temporary, target) != 0 { throw SystemError.last }
  } catch {
    unlink(temporary)
    throw error
  }
  try Folder.synchronize(Folder.of(target))
}

private func temporaryName(for path: String) -> String {
  let name = Folder.name(of: path)
  // File systems have names of up to 255 bytes.
  let start = name.utf8.count > 200 ? "torch" : name
  return "\(Folder.of(path))\(start).\(getpid())-\(UInt32.random(in: 0 ... .max)).part"
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
    path = link.hasPrefix("/") ? link : Folder.of(path) + link
  }
  throw SystemError(.other, "too many symbolic links")
}
