#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Safetensors {
  /// Writes named tensors; a file of that name is replaced in one step, when the new one is complete.
  ///
  /// The bytes are those that `safetensors.torch.save_file` writes for the same tensors: sorted by dtype, so that all are
  /// aligned, then by name. Where tensors share memory each gets its numbers in full, which the Python package refuses.
  ///
  /// With `maxShardSize` a state that is larger becomes several files and an index, named as transformers names them:
  /// `model-00001-of-00003.safetensors` and `model.safetensors.index.json` for `model.safetensors`. All are written
  /// before the first takes its place; the index goes first and comes back last, so that what a crash in between
  /// leaves is refused and no mixture of old and new.
  /// - Parameters:
  ///   - tensors: names and tensors, of any device and layout.
  ///   - path: the file.
  ///   - metadata: texts to keep in the header; transformers wants `["format": "pt"]`.
  ///   - maxShardSize: the most bytes of tensors in one file; a larger tensor gets a file of its own.
  /// - Throws: ``SafetensorsError`` where a name stands twice or is `__metadata__`, or the system refuses to write.
  public static func save(
    _ tensors: [(String, Tensor)], to path: String, metadata: [String: String] = [:], maxShardSize: Int? = nil
  ) throws(SafetensorsError) {
    var names: Set<String> = []
    for (name, _) in tensors where name == "__metadata__" || !names.insert(name).inserted {
      throw SafetensorsError(.badHeader, path, "the name \(JSON.quoted(name)) is reserved or stands twice")
    }
    let shards = maxShardSize.map { split(tensors, limit: $0) } ?? [tensors]
    if shards.count <= 1 {
      let content = try SafetensorsContent(tensors, metadata, path)
      do {
        try writeAtomically(to: path) { try content.write(to: $0) }
      } catch {
        throw SafetensorsError(.system, path, "cannot be written: \(error.systemMessage)")
      }
    } else {
      try save(shards, to: path, metadata)
    }
  }

  /// Writes the tensors of a dictionary.
  /// - Throws: as the one that takes an array.
  public static func save(
    _ tensors: [String: Tensor], to path: String, metadata: [String: String] = [:], maxShardSize: Int? = nil
  ) throws(SafetensorsError) {
    let sorted = tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    try save(sorted, to: path, metadata: metadata, maxShardSize: maxShardSize)
  }

  /// Writes a model's state.
  /// - Throws: as the one that takes an array.
  public static func save(
    _ state: StateDict, to path: String, metadata: [String: String] = [:], maxShardSize: Int? = nil
  ) throws(SafetensorsError) {
    try save(state.map { ($0.key, $0.value) }, to: path, metadata: metadata, maxShardSize: maxShardSize)
  }

  /// Cuts the tensors into files as transformers does: in order, a new file where the next one does not fit.
  private static func split(_ tensors: [(String, Tensor)], limit: Int) -> [[(String, Tensor)]] {
    var shards: [[(String, Tensor)]] = [], current: [(String, Tensor)] = [], size = 0
    for (name, tensor) in tensors {
      let count = tensor.numel() * tensor.dtype.itemSize
      if count > limit {
        shards.append([(name, tensor)])
        continue
      }
      if size + count > limit {
        shards.append(current)
        (current, size) = ([], 0)
      }
      current.append((name, tensor))
      size += count
    }
    if !current.isEmpty { shards.append(current) }
    return shards
  }

  private static func save(
    _ shards: [[(String, Tensor)]], to path: String, _ metadata: [String: String]
  ) throws(SafetensorsError) {
    let suffix = ".safetensors"
    let stem = path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path
    let index = "\(stem)\(suffix).index.json"
    func digits(_ number: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)" }
    var places: [(name: String, file: String)] = [], files: [(path: String, content: SafetensorsContent)] = []
    for (number, tensors) in shards.enumerated() {
      let file = "\(stem)-\(digits(number + 1))-of-\(digits(shards.count))\(suffix)"
      let name = Folder.name(of: file)
      places += tensors.map { ($0.0, name) }
      files.append((file, try SafetensorsContent(tensors, metadata, file)))
    }
    let text = SafetensorsIndex.text(places, totalSize: files.reduce(0) { $0 + $1.content.byteCount })
    do {
      try writeTogether(files) {
        if unlink(index) != 0, errno != ENOENT { throw SystemError.last }
      }
      try writeAtomically(to: index) { try $0.write(Array(text.utf8)) }
    } catch {
      throw SafetensorsError(.system, path, "cannot be written: \(error.systemMessage)")
    }
  }

  /// Writes files beside their places and moves them there when all are complete.
  /// - Parameter ready: what is to be done between the two.
  private static func writeTogether(
    _ files: [(path: String, content: SafetensorsContent)], ready: () throws -> Void
  ) throws {
    let tag = "\(getpid())-\(UInt32.random(in: 0 ... .max)).part"
    do {
      for (path, content) in files {
        let file = try OutputFile(creating: "\(path).\(tag)")
        try content.write(to: file)
        try file.synchronize()
      }
      try ready()
      for (path, _) in files where rename("\(path).\(tag)", path) != 0 { throw SystemError.last }
    } catch {
      for (path, _) in files { unlink("\(path).\(tag)") }
      throw error
    }
  }
}

/// The bytes of one file, made while they are written.
private struct SafetensorsContent {
  private let header: [UInt8]
  private let tensors: [(String, Tensor)]
  /// Bytes of the tensors.
  let byteCount: Int

  init(_ tensors: [(String, Tensor)], _ metadata: [String: String], _ path: String) throws(SafetensorsError) {
    self.tensors = tensors.map { (rank: SafetensorsDType($0.1.dtype).rank, entry: $0) }.sorted { a, b in
      a.rank != b.rank ? a.rank > b.rank : a.entry.0.utf8.lexicographicallyPrecedes(b.entry.0.utf8)
    }.map(\.entry)
    var entries: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(JSON.quoted($0.key)):\(JSON.quoted($0.value))" }
      entries.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for (name, tensor) in self.tensors {
      let start = end
      end += tensor.numel() * tensor.dtype.itemSize
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let dtype = SafetensorsDType(tensor.dtype).rawValue
      let fields = "\"dtype\":\"\(dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]"
      entries.append("\(JSON.quoted(name)):{\(fields)}")
    }
    byteCount = end
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    header += Array(repeating: 0x20, count: (8 - header.count % 8) % 8)
    guard header.count <= Safetensors.headerLimit else {
      throw SafetensorsError(
        .badHeader, path, "a header of \(header.count) bytes is over the limit of \(Safetensors.headerLimit)")
    }
    self.header = header
  }

  func write(to file: OutputFile) throws {
    try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
    try file.write(header)
    for (_, tensor) in tensors { try tensor.detach().withUnsafeBytes { try file.write($0) } }
  }
}
