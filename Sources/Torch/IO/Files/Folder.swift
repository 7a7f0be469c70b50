#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Paths, and what the system says of folders.
package enum Folder {
  // MARK: Paths

  /// The path of something in a folder.
  package static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty || folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The folder that a path is in, with its slash; empty for a bare name.
  package static func of(_ path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }

  /// What a path is called in its folder.
  package static func name(of path: String) -> String { String(path.dropFirst(of(path).count)) }

  /// A path whose leading `~` is the home folder, as Python's `expanduser` has it.
  package static func expanded(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home else { return path }
    return path == "~" ? home : home.hasSuffix("/") ? home + path.dropFirst(2) : home + path.dropFirst()
  }

  private static var home: String? {
    if let home = Environment.variable("HOME") { return home }
    return getpwuid(getuid())?.pointee.pw_dir.map { String(cString: $0) }
  }

  // MARK: What is there

  package static func exists(_ path: String) -> Bool { kind(path) != nil }
  package static func isFolder(_ path: String) -> Bool { kind(path) == S_IFDIR }
  package static func isFile(_ path: String) -> Bool { kind(path) == S_IFREG }

  private static func kind(_ path: String) -> mode_t? {
    var info = stat()
    return stat(path, &info) == 0 ? info.st_mode & S_IFMT : nil
  }

  /// What tells a folder from all others, by whatever path it was reached.
  package struct Identity: Hashable {
    private let device: UInt64
    private let number: UInt64

    /// Nil where nothing is there.
    package init?(_ path: String) {
      var info = stat()
      guard stat(path, &info) == 0 else { return nil }
      (device, number) = (UInt64(truncatingIfNeeded: info.st_dev), UInt64(truncatingIfNeeded: info.st_ino))
    }
  }

  /// What is in a folder.
  package struct Entry {
    /// Its name; what is no UTF-8 in it is replaced.
    package var name: String
    /// Whether its name is UTF-8, without which it cannot be opened.
    package var isText: Bool
    /// Whether it is a folder, also behind a link.
    package var isFolder: Bool
  }

  /// What is in a folder, by name in the order of their letters' numbers, which is Python's.
  package static func entries(_ path: String) throws(SystemError) -> [Entry] {
    guard let folder = opendir(path) else { throw .last }
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
  package static func isBefore(_ a: String, _ b: String) -> Bool {
    a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
  }

  // MARK: Changes

  /// Makes a folder and those above it.
  package static func make(_ path: String) throws(SystemError) {
    if path.isEmpty || isFolder(path) { return }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 1 { try make(parts.dropLast().joined(separator: "/")) }
    if mkdir(path, 0o777) == 0 { return }
    let trouble = SystemError.last
    // Somebody else may have made it meanwhile.
    if !isFolder(path) { throw trouble }
  }

  /// Waits until a folder's names are on the disk, without which a new name may be lost with the power; empty for the
  /// one that the process is in.
  package static func synchronize(_ path: String) throws(SystemError) {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A folder that may be written to and not read, or a file system that knows no such wait: the name is as safe as can
    // be.
    if descriptor < 0 { return }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 && errno == EIO { throw .last }
  }
}
