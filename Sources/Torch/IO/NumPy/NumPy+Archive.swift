// Archives of arrays: zip files with an entry NAME.npy for each.

extension NumPy {
  /// Arrays may not take more than this many times the archive, beyond an allowance: only packed ones can.
  private static let growthLimit = 64, allowance = 1 << 30

  /// Reads the arrays of a `.npz` file, in its order, under the names that `numpy.load` gives them.
  /// - Throws: ``CheckpointError`` for a file that is missing, damaged, of another format, or holds an array of a dtype
  ///   that tensors cannot have.
  public static func load(archive path: String) throws(CheckpointError) -> StateDict {
    try named(path) { () throws(FormatError) in try tensors(RandomAccessBytes(path: path)) }
  }

  /// Reads the bytes of a `.npz` file.
  /// - Throws: as ``load(archive:)``.
  public static func load(archiveBytes bytes: [UInt8]) throws(CheckpointError) -> StateDict {
    try named("archive of \(bytes.count) bytes") { () throws(FormatError) in try tensors(.memory(bytes)) }
  }

  private static func tensors(_ source: RandomAccessBytes) throws(FormatError) -> StateDict {
    var state = StateDict()
    try forEachArray(source) { (name, array) throws(FormatError) in
      guard state[name] == nil else { throw FormatError(.damagedArchive, "has two arrays named \(JSON.quoted(name))") }
      state[name] = try tensor(array)
    }
    return state
  }

  /// What the arrays of a file are, without making tensors of them: the one of a `.npy` file under an empty name.
  package static func contents(
    of path: String
  ) throws(CheckpointError) -> [(name: String, dtype: String, shape: [Int], isFortran: Bool)] {
    try named(path) { () throws(FormatError) in
      let source = try RandomAccessBytes(path: path)
      var found: [(name: String, dtype: String, shape: [Int], isFortran: Bool)] = []
      func note(_ name: String, _ source: RandomAccessBytes) throws(FormatError) {
        let array = try NumPyHeader(source).array
        found.append((name, array.dtype.name, array.shape, array.isFortran))
      }
      if try source.bytes(min(2, source.count), at: 0).bytes.elementsEqual("PK".utf8) {
        try forEachArray(source, note)
      } else {
        try note("", source)
      }
      return found
    }
  }

  private static func forEachArray(
    _ source: RandomAccessBytes, _ body: (String, RandomAccessBytes) throws(FormatError) -> Void
  ) throws(FormatError) {
    guard source.count > 0 else { throw FormatError(.unsupported, "is empty: nothing was written or downloaded") }
    let start = try source.bytes(min(6, source.count), at: 0).bytes
    guard start.starts(with: Array("PK".utf8)) else {
      if start.starts(with: NumPyHeader.magic) {
        throw FormatError(.unsupported, "is one array (npy), no archive: NumPy.load without `archive:` reads it")
      }
      throw FormatError(.unsupported, "is no archive of NumPy: it does not begin as a zip file")
    }
    let archive = try ZipArchive(source)
    var budget = allowance + growthLimit * source.count
    for entry in archive.entries where !entry.name.hasSuffix("/") {
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      guard entry.size <= budget else {
        throw FormatError(.limit, "unpacks to far more than its \(source.count) bytes, at \(JSON.quoted(entry.name))")
      }
      budget -= entry.size
      let bytes = try archive.bytes(of: entry, limit: entry.size)
      do {
        try body(name, .memory(bytes))
      } catch {
        throw FormatError(error.kind, "has an entry \(JSON.quoted(entry.name)) that \(error.reason)")
      }
    }
  }

  /// Writes named tensors as a `.npz` file, as `numpy.savez` and `numpy.savez_compressed`; a file of that name is replaced
  /// in one step, when the new one is complete.
  /// - Parameters:
  ///   - tensors: names and tensors, of any device and layout.
  ///   - path: the file.
  ///   - compressed: whether the arrays are packed.
  /// - Throws: ``CheckpointError`` for bfloat16, which NumPy does not have, for a name that stands twice or is no name of a
  ///   file, and where the system refuses to write.
  public static func save(
    archive tensors: [(String, Tensor)], to path: String, compressed: Bool = false
  ) throws(CheckpointError) {
    try writing(path) { file in
      var names: Set<[UInt8]> = []
      var writer = ZipWriter(to: file, alignment: 1)
      for (name, tensor) in tensors {
        let entry = try ZipArchive.checkedName(Array("\(name).npy".utf8))
        guard names.insert(Array(name.utf8)).inserted, entry.utf8.count < 0xffff else {
          throw FormatError(.damagedArchive, "cannot hold two arrays named \(JSON.quoted(name)), or a name so long")
        }
        let (head, rows) = try parts(tensor, name: name)
        try head.withUnsafeBytes { head in
          try rows.withUnsafeBytes { try writer.add(entry, [head, $0], packed: compressed) }
        }
      }
      try writer.finish()
    }
  }

  /// Writes the tensors of a dictionary, in the order of their names.
  /// - Throws: as the one that takes an array.
  public static func save(
    archive tensors: [String: Tensor], to path: String, compressed: Bool = false
  ) throws(CheckpointError) {
    try save(archive: tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: path, compressed: compressed)
  }

  /// Writes a model's state.
  /// - Throws: as the one that takes an array.
  public static func save(
    archive state: StateDict, to path: String, compressed: Bool = false
  ) throws(CheckpointError) {
    try save(archive: state.map { ($0.key, $0.value) }, to: path, compressed: compressed)
  }
}
