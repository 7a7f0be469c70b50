#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the system says of folders and files.
enum Folder {
  /// What is in a folder.
  struct Entry {
    /// Its name; what is no UTF-8 in it is replaced.
    var name: String
    /// Whether its name is UTF-8, without which it cannot be opened.
    var isText: Bool
    /// Whether it is a folder, also behind a link.
    var isFolder: Bool
  }

  /// What tells a folder from all others, by whatever path it was reached.
  struct Identity: Hashable {
    private let device: UInt64
    private let number: UInt64

    /// Nil where nothing is there.
    init?(_ path: String) {
      var info = stat()
      guard stat(path, &info) == 0 else { return nil }
      (device, number) = (UInt64(truncatingIfNeeded: info.st_dev), UInt64(truncatingIfNeeded: info.st_ino))
    }
  }

  /// Why the system refused.
  struct Refusal: Error { let reason: String }

  static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty || folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// A path whose leading `~` is the home folder, as Python's `expanduser` has it.
  static func expanded(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
    return String(cString: home) + path.dropFirst()
  }

  static func exists(_ path: String) -> Bool { kind(path) != nil }
  static func isFolder(_ path: String) -> Bool { kind(path) == S_IFDIR }
  static func isFile(_ path: String) -> Bool { kind(path) == S_IFREG }

  private static func kind(_ path: String) -> mode_t? {
    var info = stat()
    return stat(path, &info) == 0 ? info.st_mode & S_IFMT : nil
  }

  /// What is in a folder, by name in the order of their letters' numbers, which is Python's.
  static func entries(_ path: String) throws(Refusal) -> [Entry] {
    guard let folder = opendir(path) else { throw Refusal(reason: String(cString: strerror(errno))) }
    defer { closedir(folder) }
    var entries: [Entry] = []
    while let item = readdir(folder) {
      let (name, isText, isFolder) = withUnsafePointer(to: &item.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) { name in
          var info = stat()
          let isFolder = fstatat(dirfd(folder), name, &info, 0) == 0 && info.st_mode & S_IFMT == S_IFDIR
          let text = String(validatingCString: name)
          return (text ?? String(cString: name), text != nil, isFolder)
        }
      }
      if name != ".", name != ".." { entries.append(Entry(name: name, isText: isText, isFolder: isFolder)) }
    }
    return entries.sorted { isBefore($0.name, $1.name) }
  }

  /// Python sorts texts by the numbers of their letters.
  static func isBefore(_ a: String, _ b: String) -> Bool {
    a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
  }

  /// Makes a folder and those above it.
  static func make(_ path: String) throws(Refusal) {
    if path.isEmpty || isFolder(path) { return }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 1 { try make(parts.dropLast().joined(separator: "/")) }
    if mkdir(path, 0o777) == 0 { return }
    let code = errno
    // Another program may have been quicker.
    if code == EEXIST && isFolder(path) { return }
    throw Refusal(reason: code == EEXIST ? "there is a file of this name" : String(cString: strerror(code)))
  }
}
