// What makes tensors: torch's functions, classes of old torch with a state, and the memory that BINPERSID names.

extension PickleReader {
  /// The classes of tensors that torch has, for each dtype and device.
  static func isTensorClass(_ path: String) -> Bool {
    let parts = path.split(separator: ".")
    guard parts.first == "torch", 2...4 ~= parts.count, let name = parts.last,
      parts[1..<(parts.count - 1)].allSatisfy({ $0 == "cuda" || $0 == "sparse" })
    else { return false }
    guard name != "Tensor" else { return parts.count == 2 }
    return name.hasSuffix("Tensor") && storages[name.dropLast("Tensor".count) + "Storage"] != nil
  }

  mutating func tensor(_ path: String, _ given: [Int]) throws(FormatError) -> Int {
    // _rebuild_tensor ends after the strides; the others go on with requires_grad and hooks, v3 with the dtype.
    guard given.count >= 4, case .storage(let storage) = graph.nodes[given[0]],
      case .int(let offset) = graph.nodes[given[1]], let shape = try integers(given[2]),
      let strides = try integers(given[3])
    else { throw misuse(path, given) }
    var requiresGrad = false
    if path != "torch._utils._rebuild_tensor" {
      guard given.count >= 6, case .bool(let flag) = graph.nodes[given[4]] else { throw misuse(path, given) }
      requiresGrad = flag
    }
    var dtype = storage.dtype
    if path.hasSuffix("v3") {
      guard given.count >= 7, case .dtype(let name) = graph.nodes[given[6]] else { throw misuse(path, given) }
      dtype = name
    }
    guard let dtype else { throw misuse(path, given) }
    return try make(
      .tensor(
        .init(
          storage: given[0], dtype: dtype, offset: offset, shape: shape, strides: strides, requiresGrad: requiresGrad)))
  }

  /// Gives a state to a value that is made of it: a tensor or parameter of torch before 0.4, a value of NumPy.
  ///
  /// False for values that keep their state beside them.
  mutating func restore(_ target: Int, from state: Int) throws(FormatError) -> Bool {
    if try restoreNumPy(target, from: state) { return true }
    guard case .tuple(let parts) = graph.nodes[state] else { return false }
    switch graph.nodes[target] {
    case .object(let object):
      guard case .global(let module, let name) = graph.nodes[object.maker], Self.isTensorClass("\(module).\(name)")
      else { return false }
      guard parts.count == 4 else { return false }
      let node = try tensor("torch._utils._rebuild_tensor", parts)
      graph.nodes[target] = graph.nodes[node]
    case .parameter(let data, let requiresGrad):
      switch parts.count {
      case 3:
        // Whether it wants gradients, whether it is volatile, hooks.
        guard case .bool(let flag) = graph.nodes[parts[0]] else { throw error("has a parameter that is damaged") }
        graph.nodes[target] = .parameter(of: data, requiresGrad: flag)
      case 4:
        let node = try tensor("torch._utils._rebuild_tensor", parts)
        graph.nodes[target] = .parameter(of: node, requiresGrad: requiresGrad)
      case 5:
        // Its tensor, its gradient, hooks, whether it wants gradients, whether it is volatile.
        guard case .tensor = graph.nodes[parts[0]], case .bool(let flag) = graph.nodes[parts[3]] else {
          throw error("has a parameter that is damaged")
        }
        graph.nodes[target] = .parameter(of: parts[0], requiresGrad: flag)
      default: return false
      }
    default: return false
    }
    try deepen(target, by: [state])
    return true
  }

  /// What BINPERSID names: memory that lies beside the pickle, or a class with the text of its source.
  mutating func persistent(_ identifier: Int) throws(FormatError) -> Int {
    if case .tuple(let parts) = graph.nodes[identifier], parts.count >= 2, let kind = ascii(parts[0]) {
      if kind == "module", parts.count == 4, anyClass, case .global = graph.nodes[parts[1]] { return parts[1] }
      if kind == "storage", let storage = storage(parts) { return try make(.storage(storage)) }
    }
    throw error("names something beside the pickle that is no storage", .refused)
  }

  private func storage(_ parts: [Int]) -> PickleValue.StorageReference? {
    guard 5...6 ~= parts.count, case .global(let module, let name) = graph.nodes[parts[1]],
      Self.isStorage(module, name), let key = ascii(parts[2]), let location = ascii(parts[3]),
      case .int(let count) = graph.nodes[parts[4]], count >= 0
    else { return nil }
    var storage = PickleValue.StorageReference(
      dtype: Self.storages[name], key: key, location: location, count: count)
    guard parts.count == 6 else { return storage }
    switch graph.nodes[parts[5]] {
    case .none: break
    case .tuple(let view):
      guard view.count == 3, let key = ascii(view[0]), case .int(let offset) = graph.nodes[view[1]],
        case .int(let length) = graph.nodes[view[2]], offset >= 0, length >= 0, length <= count,
        offset <= count - length
      else { return nil }
      storage.view = (key, offset, length)
    default: return nil
    }
    return storage
  }

  /// A text; Python 2 may have written it as bytes.
  private func ascii(_ node: Int) -> String? {
    if case .string(let text) = graph.nodes[node] { text } else { nil }
  }
}
