import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The part of a download that is there, beside the place where the whole file will be.
///
/// It is locked while somebody writes to it, so that of several programs that want one file one fetches it and the others
/// wait. A second small file says of which version of the content it is a part.
final class PartFile {
  let target: String
  let url: String
  private let path: String
  private var notePath: String { path + ".from" }
  private let descriptor: CInt
  private(set) var size = 0
  /// What names the version of the content in a later request; nil where the host gave nothing that does.
  private(set) var validator: String?
  /// Whether what is there is of another URL: it stays until bytes of this one come.
  private var isForeign = false

  /// Opens or makes the part, and waits for its lock.
  ///
  /// Gives nil where another program brought the whole file meanwhile.
  static func claim(target: String, url: String) throws(HubError) -> PartFile? {
    while true {
      let part = try PartFile(target, url)
      switch try part.lock() {
      case .taken: return part
      case .takenAfterOther where access(target, F_OK) == 0: return nil
      case .takenAfterOther, .gone: continue
      }
    }
  }

  private init(_ target: String, _ url: String) throws(HubError) {
    (self.target, self.url) = (target, url)
    path = target + ".part"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw Self.refusal(url, "cannot write \(path)") }
  }

  deinit { close(descriptor) }

  private static func refusal(_ url: String, _ what: String) -> HubError {
    HubError(.system, url, "\(what): \(String(cString: strerror(errno)))")
  }

  private enum Lock { case taken, takenAfterOther, gone }

  private func lock() throws(HubError) -> Lock {
    var waited = false
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Where the file system has no locks, a rename at the end still gives one whole file.
      if errno == ENOTSUP || errno == ENOLCK || errno == EINVAL { break }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw Self.refusal(url, "cannot lock \(path)") }
      waited = true
      usleep(50_000)
    }
    // The other may have renamed or removed what was opened here.
    var mine = stat(), named = stat()
    guard fstat(descriptor, &mine) == 0 else { throw Self.refusal(url, "cannot read \(path)") }
    let isSame = stat(path, &named) == 0 && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev
    guard isSame else { return waited ? .takenAfterOther : .gone }
    guard mine.st_mode & S_IFMT == S_IFREG else { throw HubError(.system, url, "\(path) is no regular file") }
    size = Int(mine.st_size)
    try readNote()
    return .taken
  }

  /// Only a part of the same URL can go on.
  private func readNote() throws(HubError) {
    let note = (try? FileContent(notePath)).flatMap { String(validating: $0.array, as: UTF8.self) }
    let lines = note?.split(separator: "\n", omittingEmptySubsequences: false)
    guard let lines, lines.count == 3, !lines[1].isEmpty, size > 0 else { return try restart(validator: nil) }
    if lines[0] == url {
      validator = String(lines[1])
    } else {
      // Should this host not answer, the other one can go on with it later.
      (isForeign, size) = (true, 0)
    }
  }

  /// Throws away what is there; what comes now is of the version that the validator names.
  func restart(validator: String?) throws(HubError) {
    isForeign = false
    guard ftruncate(descriptor, 0) == 0 else { throw Self.refusal(url, "cannot write \(path)") }
    size = 0
    // An old note must not stand beside new bytes.
    unlink(notePath)
    self.validator = validator.flatMap { $0.contains("\n") || url.contains("\n") ? nil : $0 }
    guard let validator = self.validator else { return }
    do {
      let note = Array("\(url)\n\(validator)\n".utf8)
      try writeAtomically(to: notePath) { try $0.write(note) }
    } catch {
      throw HubError(.system, url, "cannot write \(notePath): \(error.systemMessage)")
    }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(HubError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(size))
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.refusal(url, "cannot write \(path)")
      }
      done += count
      size += count
    }
  }

  /// The sum of what is there.
  func digest(_ kind: FileSum.Kind) throws(HubError) -> String { try Self.digest(of: path, url: url, kind) }

  /// The sum of a file.
  static func digest(of path: String, url: String, _ kind: FileSum.Kind) throws(HubError) -> String {
    switch kind {
    case .sha256: try digest(of: path, url: url, by: SHA256Hash.self)
    case .md5: try digest(of: path, url: url, by: MD5Hash.self)
    }
  }

  private static func digest<Hash: BlockHash>(of path: String, url: String, by: Hash.Type) throws(HubError) -> String {
    var sum = Digest<Hash>()
    do {
      try InputFile(path).forEachPiece { sum.update($0) }
    } catch {
      throw HubError(.system, url, "cannot read \(path): \(error.systemMessage)")
    }
    return sum.digest()
  }

  /// Makes the part the whole file, in one step.
  func finish() throws(HubError) {
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw Self.refusal(url, "cannot write \(path)") }
    // Who comes after the rename makes a part and a note of its own.
    unlink(notePath)
    guard rename(path, target) == 0 else {
      let refusal = Self.refusal(url, "cannot rename \(path) to \(target)")
      unlink(path)
      throw refusal
    }
    // Not every file system can do this, and the content is whole without it.
    try? Folder.synchronize(Folder.of(target))
  }

  /// Takes the part away, if it is this URL's.
  func remove() {
    if isForeign { return }
    unlink(notePath)
    unlink(path)
  }
}
