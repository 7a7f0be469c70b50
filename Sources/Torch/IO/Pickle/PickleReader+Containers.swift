// What APPEND, SETITEM and their kin do, and what Python's dicts do with equal keys.

extension PickleReader {
  mutating func append(_ items: [Int], to target: Int) throws(FormatError) {
    try take(memory: items.count * PickleReader.elementCost)
    // The payload leaves the array while it grows, so that it is not copied.
    let value = graph.nodes[target]
    graph.nodes[target] = .none
    switch consume value {
    case .list(var list):
      list.append(contentsOf: items)
      graph.nodes[target] = .list(list)
    case .set(var set):
      set.append(contentsOf: items)
      graph.nodes[target] = .set(set)
    case .object(let object) where anyClass:
      graph.nodes[target] = .object(object)
      graph.contents[target, default: .init()].items.append(contentsOf: items)
    case let other: throw error("appends to \(other.kindName)")
    }
    try deepen(target, by: items)
  }

  mutating func set(_ pairs: [(key: Int, value: Int)], in target: Int) throws(FormatError) {
    try take(memory: pairs.count * 2 * PickleReader.elementCost)
    for (key, _) in pairs {
      switch graph.nodes[key] {
      case .list, .dict, .set: throw error("has \(graph.nodes[key].kindName) as a key")
      default: break
      }
    }
    let value = graph.nodes[target]
    graph.nodes[target] = .none
    switch consume value {
    case .dict(var dictionary):
      dictionary.pairs.append(contentsOf: pairs)
      graph.nodes[target] = .dict(dictionary)
    case .object(let object) where anyClass:
      graph.nodes[target] = .object(object)
      graph.contents[target, default: .init()].pairs.append(contentsOf: pairs)
    case let other: throw error("sets keys of \(other.kindName)")
    }
    for (key, value) in pairs { try deepen(target, by: [key, value]) }
  }

  mutating func build(_ target: Int, _ state: Int) throws(FormatError) {
    if try restore(target, from: state) { return }
    switch graph.nodes[target] {
    case .dict, .tensor, .parameter: break
    case .object where anyClass, .list where anyClass, .set where anyClass: break
    case let other: throw error("gives a state to \(describe(target, other))", .refused)
    }
    guard graph.states[target] == nil else { throw error("gives a second state to one value") }
    try take(memory: PickleReader.tableCost)
    graph.states[target] = state
    try deepen(target, by: [state])
  }

  func describe(_ node: Int, _ value: PickleValue) -> String {
    if case .object(let object) = value, case .global(let module, let name) = graph.nodes[object.maker] {
      return "an object of \(module).\(name)"
    }
    return value.kindName
  }

  /// A key as Python compares it: 1, 1.0 and True are one key.
  enum Key: Hashable {
    case none
    case int(Int)
    case double(Double)
    // Strings are compared as bytes: Swift holds different spellings of one letter for equal.
    case text([UInt8])
    case bytes([UInt8])
  }

  /// The key of a node that is compared by value; nil for others, which are themselves alone.
  private func key(_ node: Int) -> Key? {
    switch graph.nodes[node] {
    case .none: Key.none
    case .bool(let value): .int(value ? 1 : 0)
    case .int(let value): .int(value)
    case .double(let value): Int(exactly: value).map { .int($0) } ?? .double(value)
    case .string(let value): .text(Array(value.utf8))
    case .bytes(let value): .bytes(value)
    default: nil
    }
  }

  /// Lets the last value of a key stand at the place of the first, as a dict does.
  mutating func mergeKeys() {
    // Each node is looked at once, however often it is a key: the first node of equal value stands for all.
    var firsts: [Key: Int] = [:]
    var standIns: [Int: Int] = [:]
    func standIn(_ node: Int) -> Int {
      if let known = standIns[node] { return known }
      var first = node
      if let key = key(node) {
        if let known = firsts[key] { first = known } else { firsts[key] = node }
      }
      standIns[node] = first
      return first
    }
    for node in graph.nodes.indices {
      guard case .dict(let dictionary) = graph.nodes[node], dictionary.pairs.count > 1 else { continue }
      var places: [Int: Int] = [:]
      var merged: [(key: Int, value: Int)] = []
      places.reserveCapacity(dictionary.pairs.count)
      merged.reserveCapacity(dictionary.pairs.count)
      for (one, value) in dictionary.pairs {
        let key = standIn(one)
        if let place = places[key] {
          merged[place].value = value
        } else {
          places[key] = merged.count
          merged.append((one, value))
        }
      }
      if merged.count < dictionary.pairs.count {
        graph.nodes[node] = .dict(.init(pairs: merged, type: dictionary.type))
      }
    }
  }
}
