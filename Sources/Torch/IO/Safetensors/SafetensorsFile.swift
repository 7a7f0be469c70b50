/// An open safetensors file, or several that an index joins: names, dtypes and shapes at hand, numbers when they are used.
///
/// ```swift
/// let file = try Safetensors.open("model.safetensors")
/// for entry in file.entries { print(entry.name, entry.dtypeName, entry.shape) }
/// let weight = try file["embeddings.weight"]
/// ```
///
/// Tensors keep what they need of the file, which itself may go.
public struct SafetensorsFile: Sendable {
  /// What a tensor is.
  public struct Entry: Sendable, Hashable {
    public var name: String
    /// The format's name of the dtype, such as `F32`.
    public var dtypeName: String
    /// The dtype, nil where tensors here cannot have it.
    public var dtype: DType?
    public var shape: Shape
    /// How much of the file it takes.
    public var byteCount: Int
    /// The file that holds it, where there are several; else nil.
    public var shard: String?
  }

  /// The file or index, as the caller named it.
  public let path: String
  /// The tensors: file after file, in the order of each.
  public let entries: [Entry]
  /// The texts that were saved with the tensors; of several files those of the first that has them.
  public let metadata: [String: String]
  private let shards: [SafetensorsShard]
  /// The shard and the place in it of each entry.
  private let places: [(shard: Int, place: Int)]
  private let order: [String: Int]

  init(_ path: String, mapped: Bool) throws(SafetensorsError) {
    let source = try Self.source(path)
    if let index = try SafetensorsIndex(source, path: path) {
      let shards = try index.openShards(mapped: mapped)
      try self.init(path, shards, index)
    } else {
      try self.init(path, [SafetensorsShard(source, path: path, mapped: mapped)], nil)
    }
  }

  init(bytes: [UInt8]) throws(SafetensorsError) {
    try self.init(.memory(bytes), named: "file of \(bytes.count) bytes", mapped: false)
  }

  /// One file without an index.
  init(_ source: RandomAccessBytes, named name: String, mapped: Bool) throws(SafetensorsError) {
    try self.init(name, [SafetensorsShard(source, path: name, mapped: mapped)], nil)
  }

  private init(_ path: String, _ shards: [SafetensorsShard], _ index: SafetensorsIndex?) throws(SafetensorsError) {
    var entries: [Entry] = [], places: [(shard: Int, place: Int)] = [], order: [String: Int] = [:]
    for (number, shard) in shards.enumerated() {
      for (place, entry) in shard.entries.enumerated() {
        let file = index?.files[number]
        if let index, index.file(of: entry.name) != file { continue }
        guard order.updateValue(entries.count, forKey: entry.name) == nil else {
          // Swift's texts are equal where only the spelling of a letter differs.
          throw SafetensorsError(
            .badHeader, path, "has two names that read the same: \(JSON.quoted(entry.name))")
        }
        places.append((number, place))
        entries.append(
          Entry(
            name: entry.name, dtypeName: entry.dtypeName, dtype: entry.dtype, shape: entry.shape,
            byteCount: entry.bytes.count, shard: file))
      }
    }
    if let index {
      let missing = index.names.filter { order[$0] == nil }
      guard missing.isEmpty else {
        throw SafetensorsError(
          .badIndex, path, "names tensors that the files do not have: \(SafetensorsError.listed(missing))")
      }
    }
    (self.path, self.shards, self.entries, self.places, self.order) = (path, shards, entries, places, order)
    metadata = shards.first { !$0.metadata.isEmpty }?.metadata ?? [:]
  }

  static func source(_ path: String) throws(SafetensorsError) -> RandomAccessBytes {
    do {
      return try RandomAccessBytes(path: path)
    } catch {
      throw SafetensorsError(error, path)
    }
  }
}

extension SafetensorsFile {
  /// The names of the tensors, in order.
  public var keys: [String] { entries.map(\.name) }

  /// The tensor of a name; all that were asked for by one name share memory.
  /// - Throws: where the file has no such name, or tensors here cannot have its dtype.
  public subscript(name: String) -> Tensor {
    get throws(SafetensorsError) {
      if let tensor = try get(name) { return tensor }
      throw SafetensorsError(
        .noSuchTensor, path,
        "has no tensor \(JSON.quoted(name)); it has \(keys.isEmpty ? "none" : SafetensorsError.listed(keys))")
    }
  }

  /// The tensor of a name, nil where the file has none.
  /// - Throws: where tensors here cannot have its dtype.
  public func get(_ name: String) throws(SafetensorsError) -> Tensor? {
    guard let number = order[name] else { return nil }
    return try tensor(number)
  }

  /// All tensors.
  /// - Throws: where tensors here cannot have the dtype of one.
  public func stateDict(device: Device = .cpu) throws(SafetensorsError) -> StateDict {
    let strange = entries.filter { $0.dtype == nil }
    guard strange.isEmpty else {
      throw SafetensorsError(
        .badDType, path,
        "has tensors of a dtype that is not known here: "
          + SafetensorsError.listed(strange.map { "\($0.name) (\($0.dtypeName))" }) + "; open() gives the others")
    }
    var state = StateDict()
    for (number, entry) in entries.enumerated() { state[entry.name] = try tensor(number).to(device) }
    return state
  }

  private func tensor(_ number: Int) throws(SafetensorsError) -> Tensor {
    let (shard, place) = places[number]
    return try shards[shard].tensor(place)
  }
}
