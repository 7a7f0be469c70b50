/// Files of named tensors in the safetensors format: a JSON header and the plain bytes.
///
/// ```swift
/// try Safetensors.save(model.stateDict(), to: "model.safetensors")
/// let tensors = try Safetensors.load("model.safetensors")
/// ```
///
/// Files may come from anywhere: the whole header is checked against the size of the file before any memory is taken.
public enum Safetensors {
  /// The largest header that is read, in bytes.
  static let headerLimit = 100_000_000

  /// Writes named tensors; a file of that name is replaced in one step, when the new one is complete.
  ///
  /// Tensors stand in the file with the widest dtypes first, then as given, so that all are aligned.
  /// - Parameters:
  ///   - tensors: names and tensors, of any device and layout.
  ///   - path: the file.
  ///   - metadata: texts to keep in the header.
  /// - Throws: ``SafetensorsError`` where a name stands twice or is `__metadata__`, or the system refuses to write.
  public static func save(
    _ tensors: [(String, Tensor)], to path: String, metadata: [String: String] = [:]
  ) throws(SafetensorsError) {
    var names: Set<String> = []
    for (name, _) in tensors where name == "__metadata__" || !names.insert(name).inserted {
      throw SafetensorsError(.badHeader, path, "the name \(JSON.quoted(name)) is reserved or stands twice")
    }
    let sizes = [8, 4, 2, 1]
    let ordered = sizes.flatMap { size in tensors.filter { $0.1.dtype.itemSize == size } }
    var entries: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(JSON.quoted($0.key)):\(JSON.quoted($0.value))" }
      entries.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for (name, tensor) in ordered {
      let start = end
      end += tensor.numel() * tensor.dtype.itemSize
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let dtype = tensor.dtype.safetensorsName
      let fields = "\"dtype\":\"\(dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]"
      entries.append("\(JSON.quoted(name)):{\(fields)}")
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    header += Array(repeating: 0x20, count: (8 - header.count % 8) % 8)
    guard header.count <= headerLimit else {
      throw SafetensorsError(.badHeader, path, "a header of \(header.count) bytes is over the limit of \(headerLimit)")
    }
    do {
      try writeAtomically(to: path) { file in
        try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
        try header.withUnsafeBytes { try file.write($0) }
        for (_, tensor) in ordered { try tensor.detach().withUnsafeBytes { try file.write($0) } }
      }
    } catch {
      throw SafetensorsError(.system, path, "cannot be written: \((error as? SystemError)?.message ?? "\(error)")")
    }
  }

  /// Writes the tensors of a dictionary, in the order of their names.
  /// - Throws: as ``save(_:to:metadata:)-([(String,Tensor)],_,_)``.
  public static func save(
    _ tensors: [String: Tensor], to path: String, metadata: [String: String] = [:]
  ) throws(SafetensorsError) {
    try save(tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: path, metadata: metadata)
  }

  /// Writes a model's state.
  /// - Throws: as ``save(_:to:metadata:)-([(String,Tensor)],_,_)``.
  public static func save(
    _ state: StateDict, to path: String, metadata: [String: String] = [:]
  ) throws(SafetensorsError) {
    try save(state.map { ($0.key, $0.value) }, to: path, metadata: metadata)
  }

  /// Reads every tensor of a file.
  /// - Parameters:
  ///   - path: the file.
  ///   - device: where the tensors shall live.
  /// - Throws: ``SafetensorsError`` for a file that is missing, cut off or whose header cannot be true.
  public static func load(_ path: String, device: Device = .cpu) throws(SafetensorsError) -> [String: Tensor] {
    let file = try SafetensorsFile(path)
    var result: [String: Tensor] = [:]
    for entry in file.entries { result[entry.name] = try file.tensor(entry).to(device) }
    return result
  }

  /// Reads the texts that were saved with a file's tensors.
  /// - Throws: as ``load(_:device:)``.
  public static func metadata(_ path: String) throws(SafetensorsError) -> [String: String] {
    try SafetensorsFile(path).metadata
  }
}

/// Why a safetensors file could not be read or written.
public struct SafetensorsError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// The system would not let the file be opened, read or written.
    case system
    /// The file ends before its header says it does.
    case truncated
    /// The header is over 100 MB.
    case headerTooLarge
    /// The header is no JSON of the right form, or names something twice.
    case badHeader
    /// A dtype that is not known here.
    case badDType
    /// A shape with more elements than any file has.
    case badShape
    /// Places of tensors that overlap, leave gaps, lie outside the file or differ from the shape.
    case badOffsets
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file, as the caller named it.
  public let path: String
  /// What is wrong with it.
  public let reason: String

  init(_ kind: Kind, _ path: String, _ reason: String) {
    (self.kind, self.path, self.reason) = (kind, path, reason)
  }

  /// One line with the file and the reason.
  public var description: String { "\(path): \(reason)" }
}

extension DType {
  /// The name the format has for this type.
  var safetensorsName: String {
    switch self {
    case .float64: "F64"
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }
}
