/// A value of NumPy in a pickle.
enum NumPyValue: Sendable {
  /// A dtype object.
  case dtype(NumPyDType)
  /// One number or text: the node of its dtype, and its bytes.
  case scalar(dtype: Int, bytes: [UInt8])
  /// An array that its state has not been given to yet.
  case emptyArray
  case array(NumPyArray, bytes: [UInt8])

  var kindName: String {
    switch self {
    case .dtype(let dtype): "the NumPy dtype \(dtype.name)"
    case .scalar: "a NumPy scalar"
    case .emptyArray: "an empty NumPy array"
    case .array(let array, _): "a NumPy array of \(array.dtype.name)"
    }
  }
}

extension PickleReader {
  /// The functions of NumPy's pickles, under their names before and since NumPy 2.
  private static let modules: Set<String> = [
    "numpy", "numpy.core.multiarray", "numpy._core.multiarray",
    "numpy.core.numeric", "numpy._core.numeric",
  ]

  /// What a function of NumPy would make; nil for those that stay objects.
  mutating func numpy(_ module: String, _ name: String, _ given: [Int]) throws(FormatError) -> Int? {
    guard PickleReader.modules.contains(module) else { return nil }
    switch name {
    case "dtype":
      guard let first = given.first, case .string(let spelling) = graph.nodes[first],
        let dtype = NumPyDType(spelling)
      else { return nil }
      return try make(.numpy(.dtype(dtype)))
    case "scalar":
      guard given.count == 2, let dtype = numpyDType(given[0]), dtype.kind != .object, dtype.kind != .other,
        let bytes = try raw(given[1])
      else { return nil }
      guard bytes.count == dtype.size else {
        throw error("has a NumPy \(dtype.name) of \(bytes.count) bytes", .badTensor)
      }
      return try make(.numpy(.scalar(dtype: given[0], bytes: bytes)))
    case "_reconstruct":
      // The class, sizes and a letter for the dtype, none of which outlives the state that follows.
      guard let first = given.first, case .global("numpy", "ndarray") = graph.nodes[first] else { return nil }
      return try make(.numpy(.emptyArray))
    case "_frombuffer":
      guard given.count == 4, let dtype = numpyDType(given[1]), let shape = try integers(given[2]),
        case .string(let order) = graph.nodes[given[3]], let bytes = try raw(given[0])
      else { return nil }
      return try make(.numpy(try array(dtype, shape, isFortran: order == "F", bytes)))
    default: return nil
    }
  }

  private func numpyDType(_ node: Int) -> NumPyDType? {
    if case .numpy(.dtype(let dtype)) = graph.nodes[node] { dtype } else { nil }
  }

  /// Bytes, or a str of Python 2 that happened to be text.
  private mutating func raw(_ node: Int) throws(FormatError) -> [UInt8]? {
    switch graph.nodes[node] {
    case .bytes(let bytes): return bytes
    case .string(let text):
      try spend(text.utf8.count)
      return Array(text.utf8)
    default: return nil
    }
  }

  private func array(
    _ dtype: NumPyDType, _ shape: [Int], isFortran: Bool, _ bytes: [UInt8]
  ) throws(FormatError) -> NumPyValue {
    let array = NumPyArray(dtype: dtype, shape: shape, isFortran: isFortran)
    let count: Int
    do { count = try array.byteCount() } catch { throw self.error(error.reason, error.kind) }
    guard count == bytes.count || dtype.kind == .object else {
      throw error("has a NumPy array of sizes \(shape.prefix(64)) and \(bytes.count) bytes", .badTensor)
    }
    return .array(array, bytes: bytes)
  }

  /// Gives a state to a value of NumPy; false where it is none.
  mutating func restoreNumPy(_ target: Int, from state: Int) throws(FormatError) -> Bool {
    guard case .numpy(let value) = graph.nodes[target] else { return false }
    guard case .tuple(let parts) = graph.nodes[state] else {
      throw error("gives \(graph.nodes[state].kindName) for a state to \(value.kindName)")
    }
    try spend(parts.count)
    switch value {
    case .dtype(var dtype):
      // Version, byte order, what it is a part of, names and places of fields.
      guard parts.count >= 5, case .string(let order) = graph.nodes[parts[1]] else {
        throw error("has a NumPy dtype that is damaged")
      }
      dtype.isBigEndian = order == ">"
      for part in parts[2...4] { if case .none = graph.nodes[part] {} else { dtype.kind = .other } }
      graph.nodes[target] = .numpy(.dtype(dtype))
    case .emptyArray:
      guard parts.count == 5, let shape = try integers(parts[1]), let dtype = numpyDType(parts[2]) else {
        throw error("has a NumPy array that is damaged")
      }
      let isFortran: Bool
      switch graph.nodes[parts[3]] {
      case .bool(let flag): isFortran = flag
      case .int(let flag) where 0...1 ~= flag: isFortran = flag == 1
      default: throw error("has a NumPy array that is damaged")
      }
      var bytes: [UInt8] = []
      if dtype.kind != .object {
        guard let content = try raw(parts[4]) else { throw error("has a NumPy array without its bytes") }
        bytes = content
      }
      graph.nodes[target] = .numpy(try array(dtype, shape, isFortran: isFortran, bytes))
    default: throw error("gives a second state to one value")
    }
    return true
  }
}
