// What lies within a checkpoint: entries of dictionaries, elements of lists, attributes of objects.

extension Checkpoint {
  /// The pairs of a dictionary, in the file's order.
  private var pairs: [(key: Int, value: Int)]? {
    switch value {
    case .dict(let dictionary): dictionary.pairs
    case .object: content.graph.contents[node]?.pairs ?? []
    default: nil
    }
  }

  private var elements: [Int]? {
    switch value {
    case .list(let items), .tuple(let items), .set(let items): items
    case .object: content.graph.contents[node]?.items ?? []
    default: nil
    }
  }

  /// The value of a text key.
  /// - Throws: where this is no dictionary or has no such key.
  public subscript(key: String) -> Checkpoint {
    get throws(CheckpointError) {
      guard let pairs else { throw isNo("a dictionary") }
      if let found = find(key, in: pairs) { return found }
      let names = pairs.prefix(12).map { content.keyText($0.key) }.joined(separator: ", ")
      let rest = pairs.count > 12 ? " and \(pairs.count - 12) more" : ""
      throw CheckpointError(
        .noSuchKey, place, "has no key \(JSON.quoted(key)); it has \(pairs.isEmpty ? "none" : names + rest)")
    }
  }

  /// The value of a text key, nil where there is none.
  /// - Throws: where this is no dictionary.
  public func get(_ key: String) throws(CheckpointError) -> Checkpoint? {
    guard let pairs else { throw isNo("a dictionary") }
    return find(key, in: pairs)
  }

  private func find(_ key: String, in pairs: [(key: Int, value: Int)]) -> Checkpoint? {
    let match = pairs.first {
      if case .string(let name) = content.graph.nodes[$0.key] { name.utf8.elementsEqual(key.utf8) } else { false }
    }
    return match.map { part($0.value, .entry($0.key)) }
  }

  /// The element at an index of a list or tuple, from 0, or the value of an int key of a dictionary.
  /// - Throws: where there is none.
  public subscript(index: Int) -> Checkpoint {
    get throws(CheckpointError) {
      switch value {
      case .list(let items), .tuple(let items):
        guard items.indices.contains(index) else {
          throw CheckpointError(.noSuchKey, place, "has no index \(index); it has \(items.count) elements")
        }
        return part(items[index], .element(index))
      case .dict(let dictionary):
        let match = dictionary.pairs.first {
          if case .int(index) = content.graph.nodes[$0.key] { true } else { false }
        }
        guard let match else { throw CheckpointError(.noSuchKey, place, "has no key \(index)") }
        return part(match.value, .entry(match.key))
      default: throw isNo("a list or a dictionary")
      }
    }
  }

  /// The elements of a list, tuple or set.
  /// - Throws: where it is none of them.
  public var list: [Checkpoint] {
    get throws(CheckpointError) {
      if case .size = value { throw isNo("a list") }
      guard let elements else { throw isNo("a list, tuple or set") }
      return elements.enumerated().map { index, node in part(node, .element(index)) }
    }
  }

  /// The entries of a dictionary, in the file's order.
  /// - Throws: where it is no dictionary.
  public var items: [(key: Checkpoint, value: Checkpoint)] {
    get throws(CheckpointError) {
      guard let pairs else { throw isNo("a dictionary") }
      return pairs.map { (part($0.key, .word(".keys")), part($0.value, .entry($0.key))) }
    }
  }

  /// The text keys of a dictionary, in the file's order.
  /// - Throws: where it is no dictionary or has other keys.
  public var keys: [String] {
    get throws(CheckpointError) {
      guard let pairs else { throw isNo("a dictionary") }
      var keys: [String] = []
      for (key, _) in pairs {
        guard case .string(let name) = content.graph.nodes[key] else {
          throw CheckpointError(.wrongType, place, "has \(content.describe(key)) as a key, not a str")
        }
        keys.append(name)
      }
      return keys
    }
  }

  /// The class of an object, or the name of a global, such as `__main__.Net`; nil for other values.
  public var className: String? {
    if case .global(let module, let name) = value { return "\(module).\(name)" }
    return content.className(node)
  }

  /// What an object's class would have been called with.
  /// - Throws: where it is no object.
  public var arguments: [Checkpoint] {
    get throws(CheckpointError) {
      guard case .object(let object) = value else { throw isNo("an object") }
      return try part(object.arguments, .word(".arguments")).list
    }
  }

  /// What an object was to restore itself from, mostly the dictionary of its attributes; nil where the file gives none.
  ///
  /// OrderedDicts and tensors may have attributes too: a state dictionary has `_metadata`.
  public var state: Checkpoint? { content.graph.states[node].map { part($0, .word(".state")) } }
}

extension Checkpoint: CustomStringConvertible {
  /// One line: what kind of value this is, and how much of it; long texts are cut.
  public var description: String {
    switch value {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): String(value)
    case .double(let value): String(value)
    case .string(let value): content.shortened(value)
    case .dict(let dictionary): "\(dictionary.type.rawValue) of \(dictionary.pairs.count)"
    case .list(let items): "list of \(items.count)"
    case .tuple(let items): "tuple of \(items.count)"
    case .set(let items): "set of \(items.count)"
    case .size(let sizes): Self.text(sizes)
    case .device(let name): "device \(name)"
    case .dtype(let name): "torch.\(name)"
    case .numpy(.scalar): content.numpyText(node)
    case .tensor(let tensor): "tensor \(Self.text(tensor.shape)) \(tensor.dtype)"
    default: content.describe(node)
    }
  }

  /// Sizes as torch prints them, unless no tensor could have so many.
  private static func text(_ sizes: [Int]) -> String {
    sizes.count > Shape.maximumCount ? "[\(sizes.count) sizes]" : Shape(sizes).description
  }
}
