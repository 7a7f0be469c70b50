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
    var name: String
    /// Whether it is a folder, also behind a link.
    var isFolder: Bool
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
      let name = withUnsafePointer(to: &item.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
          String(validatingCString: $0)
        }
      }
      // A name that is no UTF-8 could not be opened by it either.
      guard let name, name != ".", name != ".." else { continue }
      entries.append(Entry(name: name, isFolder: isFolder(join(path, name))))
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
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw Refusal(reason: String(cString: strerror(errno))) }
  }
}
