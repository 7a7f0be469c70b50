// Writing again what was read: node by node, shared nodes once, as Python's pickler does.

extension CheckpointWriter {
  mutating func write(_ node: Int, of content: CheckpointContent) throws(CheckpointError) {
    let graph = content.graph, key = NodeKey(content: ObjectIdentifier(content), node: node)
    if let known = nodes[key] { return pickle.recall(known) }
    func part(_ node: Int, _ step: Step) -> (inout CheckpointWriter) throws(CheckpointError) -> Void {
      { (writer) throws(CheckpointError) in
        try writer.at(step) { (writer) throws(CheckpointError) in try writer.write(node, of: content) }
      }
    }
    switch graph.nodes[node] {
    case .none: pickle.op(.none)
    case .bool(let value): pickle.bool(value)
    case .int(let value): pickle.int(value)
    case .bigInt(let digits):
      pickle.bigInt(digits)
      nodes[key] = pickle.remember()
    case .double(let value): pickle.double(value)
    case .complex(let real, let imaginary): complex(real, imaginary)
    case .string(let text): nodes[key] = pickle.string(text)
    case .bytes(let bytes):
      pickle.bytes(bytes)
      nodes[key] = pickle.remember()
    case .size(let sizes):
      size(sizes)
      nodes[key] = pickle.remember()
    case .device(let text): device(text)
    case .dtype(let name): pickle.global("torch", name)
    case .global(let module, let name): pickle.global(module, name)
    case .list(let items):
      pickle.op(.emptyList)
      nodes[key] = pickle.remember()
      try append(items, of: content)
      try build(node, of: content)
    case .tuple(let items): try tuple(items, key, of: content)
    case .set(let items):
      pickle.global("builtins", "set")
      pickle.op(.emptyList)
      try append(items, of: content)
      pickle.op(.tuple1)
      pickle.op(.reduce)
      nodes[key] = pickle.remember()
      try build(node, of: content)
    case .dict(let dictionary):
      if dictionary.type == .counter {
        // A Counter is made of a dictionary at once, not filled.
        pickle.global("collections", "Counter")
        pickle.op(.emptyDict)
        try set(dictionary.pairs, of: content)
        pickle.op(.tuple1)
        pickle.op(.reduce)
        nodes[key] = pickle.remember()
      } else {
        if dictionary.type == .dict { pickle.op(.emptyDict) } else { emptyOrderedDict() }
        nodes[key] = pickle.remember()
        try set(dictionary.pairs, of: content)
      }
      try build(node, of: content)
    case .object(let object):
      try part(object.maker, .key(".class"))(&self)
      if object.opcode == .newObjEx, case .tuple(let both) = graph.nodes[object.arguments] {
        for arguments in both { try part(arguments, .key(".arguments"))(&self) }
      } else {
        try part(object.arguments, .key(".arguments"))(&self)
      }
      pickle.op(object.opcode)
      nodes[key] = pickle.remember()
      if let contents = graph.contents[node] {
        try append(contents.items, of: content)
        try set(contents.pairs, of: content)
      }
      try build(node, of: content)
    case .tensor(let reference):
      guard let tensor = content.tensors[node] else {
        throw refuse("is a tensor of torch.\(reference.dtype), which is not known here")
      }
      try write(tensor, attributes: graph.states[node].map { part($0, .key(".state")) })
    case .parameter(let data, let requiresGrad):
      try parameter(
        requiresGrad: requiresGrad, state: graph.states[node].map { part($0, .key(".state")) },
        part(data, .key(".data")))
      nodes[key] = pickle.remember()
    case .numpy(let value): try write(value, node, of: content)
    case .storage: throw refuse("is a storage without a tensor, whose memory was not read")
    }
  }

  /// Values of NumPy become Python's and torch's, which torch reads without being told to trust anything.
  private mutating func write(_ value: NumPyValue, _ node: Int, of content: CheckpointContent) throws(CheckpointError) {
    switch value {
    case .array(let array, _):
      guard let tensor = content.tensors[node] else { throw refuse("is a NumPy array that \(array.dtype.whyNoTensor)") }
      try write(tensor, attributes: nil)
    case .dtype(let dtype):
      guard let known = dtype.dtype else { throw refuse("is the NumPy dtype \(dtype.name), which torch does not have") }
      pickle.global("torch", known.name)
    case .scalar:
      switch content.numpyScalar(node) {
      case .bool(let value): pickle.bool(value)
      case .int(let value): pickle.int(value)
      case .uint(let value): pickle.bigInt((0..<9).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
      case .double(let value): pickle.double(value)
      case .complex(let real, let imaginary): complex(real, imaginary)
      case .string(let text): _ = pickle.string(text)
      case .bytes(let bytes): pickle.bytes(bytes)
      case nil: throw refuse("is a NumPy scalar that is not known here")
      }
    case .emptyArray: throw refuse("is a NumPy array without a state")
    }
  }

  private mutating func append(_ items: [Int], of content: CheckpointContent) throws(CheckpointError) {
    try append(items) { (writer, item) throws(CheckpointError) in try writer.write(item, of: content) }
  }

  private mutating func set(
    _ pairs: [(key: Int, value: Int)], of content: CheckpointContent
  ) throws(CheckpointError) {
    func name(_ pair: (key: Int, value: Int)) -> String {
      switch content.graph.nodes[pair.key] {
      case .string(let text): JSON.quoted(text)
      case .int(let number): "\(number)"
      default: content.describe(pair.key)
      }
    }
    try set(pairs, name: name) { (writer, pair) throws(CheckpointError) in
      try writer.write(pair.key, of: content)
      try writer.write(pair.value, of: content)
    }
  }

  private mutating func build(_ node: Int, of content: CheckpointContent) throws(CheckpointError) {
    guard let state = content.graph.states[node] else { return }
    try at(.key(".state")) { (writer) throws(CheckpointError) in try writer.write(state, of: content) }
    pickle.op(.build)
  }

  private mutating func tuple(
    _ items: [Int], _ key: NodeKey, of content: CheckpointContent
  ) throws(CheckpointError) {
    if items.isEmpty { return pickle.op(.emptyTuple) }
    pickle.op(.mark)
    for (index, item) in items.enumerated() {
      try at(.index(index)) { (writer) throws(CheckpointError) in try writer.write(item, of: content) }
    }
    if let known = nodes[key] {
      // A list within holds this very tuple, which was written on the way.
      pickle.op(.popMark)
      pickle.recall(known)
    } else {
      pickle.op(.tuple)
      nodes[key] = pickle.remember()
    }
  }
}
