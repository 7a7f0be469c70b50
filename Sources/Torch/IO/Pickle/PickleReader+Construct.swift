// What GLOBAL and REDUCE mean. The classes and functions of torch's own files are known by name; none is run.

extension PickleReader {
  /// Names that no honest file of weights has; torch refuses the first four modules whatever the caller allows.
  private static let blockedModules: Set<String> = ["os", "sys", "posix", "nt", "subprocess", "pty", "runpy", "shutil"]
  private static let blockedBuiltins: Set<String> = [
    "eval", "exec", "execfile", "compile", "open", "__import__", "input",
  ]

  /// What `weights_only` allows beside dtypes and storages, and `bytes`, by which protocol 2 writes empty ones.
  private static let allowed: Set<String> = [
    "collections.OrderedDict", "collections.Counter", "torch.nn.parameter.Parameter", "torch.Size", "torch.Tensor",
    "torch.device", "torch.serialization._get_layout", "torch._tensor._rebuild_from_type_v2", "_codecs.encode",
    "builtins.bytes", "builtins.bytearray", "builtins.set", "builtins.complex", "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_qtensor", "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_meta_tensor_no_storage", "torch._utils._rebuild_wrapper_subclass",
    "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_device_tensor_from_cpu_tensor",
  ]

  /// The dtypes of torch that have names of their own, with those that tensors here cannot have.
  private static let dtypes: Set<String> = Set(DType.allCases.map(\.name)).union([
    "complex32", "complex64", "complex128", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2",
    "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "qint8", "quint8", "qint32", "quint4x2",
    "quint2x4", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2", "uint1", "uint2", "uint3", "uint4", "uint5",
    "uint6",
    "uint7", "int1", "int2", "int3", "int4", "int5", "int6", "int7",
  ])

  /// The dtype of a typed storage class.
  static let storages: [String: String] = [
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64", "QInt8Storage": "qint8", "QInt32Storage": "qint32", "QUInt8Storage": "quint8",
    "QUInt4x2Storage": "quint4x2", "QUInt2x4Storage": "quint2x4",
  ]

  /// Python 2's names of modules, which protocol 2 still writes, and one of torch's that changed.
  private static let renamed = [
    "__builtin__": "builtins", "copy_reg": "copyreg", "UserDict": "collections", "UserList": "collections",
    "UserString": "collections", "cPickle": "pickle", "commands": "subprocess", "StringIO": "io", "cStringIO": "io",
    "torch.tensor": "torch._tensor",
  ]

  mutating func global(_ oldModule: String, _ name: String) throws(FormatError) -> Int {
    guard oldModule.utf8.count + name.utf8.count <= 4096 else {
      throw error("names something by a text too long", .limit)
    }
    let module = Self.renamed[oldModule] ?? oldModule
    let path = "\(module).\(name)"
    let package = module.split(separator: ".", maxSplits: 1).first.map(String.init) ?? ""
    if Self.blockedModules.contains(package) || package == "builtins" && Self.blockedBuiltins.contains(name) {
      throw error("names \(JSON.quoted(path)), which is refused always: this file means harm", .refused)
    }
    if module == "torch", Self.dtypes.contains(name) { return try make(.dtype(name)) }
    guard anyClass || Self.allowed.contains(path) || Self.isStorage(module, name) || Self.isTensorClass(path) else {
      let what = package == "numpy" ? ", as values of NumPy do" : ""
      throw error(
        "names \(JSON.quoted(path))\(what), which is not among what files of weights are made of; "
          + "weightsOnly: false reads such files as data, without running anything", .refused)
    }
    return try make(.global(module: module, name: name))
  }

  static func isStorage(_ module: String, _ name: String) -> Bool {
    guard module == "torch" || module == "torch.cuda" || module == "torch.storage" else { return false }
    return storages[name] != nil || name == "UntypedStorage" || name == "TypedStorage"
  }

  /// What a call of `maker` would give.
  mutating func construct(_ maker: Int, _ arguments: Int) throws(FormatError) -> Int {
    guard case .tuple(let given) = graph.nodes[arguments] else {
      throw error("has \(graph.nodes[arguments].kindName) for arguments, not a tuple")
    }
    if case .global(let module, let name) = graph.nodes[maker] {
      try spend(module.utf8.count + name.utf8.count + given.count)
      if let value = try known("\(module).\(name)", given) { return value }
      if anyClass, let value = try numpy(module, name, given) { return value }
    }
    guard anyClass || isAllowedGlobal(maker) else {
      throw error("calls \(describe(maker, graph.nodes[maker]))", .refused)
    }
    return try make(
      .object(.init(maker: maker, arguments: arguments, opcode: opcode == .reduce ? .reduce : .newObj)),
      depth: depth(of: [maker, arguments]))
  }

  private func isAllowedGlobal(_ node: Int) -> Bool {
    guard case .global(let module, let name) = graph.nodes[node] else { return false }
    return Self.allowed.contains("\(module).\(name)") || Self.isTensorClass("\(module).\(name)")
  }

  mutating func constructWithKeywords(_ maker: Int, _ arguments: Int, _ keywords: Int) throws(FormatError) -> Int {
    guard case .tuple = graph.nodes[arguments], case .dict(let named) = graph.nodes[keywords] else {
      throw error("has \(graph.nodes[arguments].kindName) and \(graph.nodes[keywords].kindName) for arguments")
    }
    if named.pairs.isEmpty { return try construct(maker, arguments) }
    guard anyClass else { throw error("calls \(describe(maker, graph.nodes[maker])) with named arguments", .refused) }
    // The names stay beside the arguments.
    let both = try make(.tuple([arguments, keywords]), depth: depth(of: [arguments, keywords]))
    return try make(
      .object(.init(maker: maker, arguments: both, opcode: .newObjEx)), depth: depth(of: [maker, both]))
  }

  /// The value of a known constructor; nil for others.
  private mutating func known(_ path: String, _ given: [Int]) throws(FormatError) -> Int? {
    let values = given.map { graph.nodes[$0] }
    switch path {
    case "collections.OrderedDict", "collections.Counter":
      let type = path == "collections.Counter" ? PickleValue.DictionaryType.counter : .ordered
      switch values.first {
      case nil: return try make(.dict(.init(type: type)), depth: 1)
      case .dict(let other) where values.count == 1:
        try spend(other.pairs.count)
        return try make(.dict(.init(pairs: other.pairs, type: type)), depth: depths[given[0]])
      case .list(let items) where values.count == 1:
        // Python 2 wrote a list of pairs.
        try spend(items.count)
        var pairs: [(key: Int, value: Int)] = []
        for item in items {
          let pair: [Int]
          switch graph.nodes[item] {
          case .list(let items), .tuple(let items): pair = items
          default: throw misuse(path, given)
          }
          guard pair.count == 2 else { throw misuse(path, given) }
          pairs.append((pair[0], pair[1]))
        }
        let node = try make(.dict(.init(type: type)), depth: depths[given[0]])
        try set(pairs, in: node)
        return node
      default: throw misuse(path, given)
      }
    case "builtins.set", "builtins.frozenset":
      switch values.first {
      case nil: return try make(.set([]), depth: 1)
      case .list(let items) where values.count == 1, .tuple(let items) where values.count == 1:
        try spend(items.count)
        return try make(.set(items), depth: depths[given[0]])
      default: throw misuse(path, given)
      }
    case "builtins.bytearray", "builtins.bytes":
      switch values.first {
      case nil: return try make(.bytes([]))
      case .bytes(let bytes) where values.count == 1: return try make(.bytes(bytes))
      case .string where values.count == 2: return try make(.bytes(try encoded(path, given)))
      default: throw misuse(path, given)
      }
    case "_codecs.encode": return try make(.bytes(try encoded(path, given)))
    case "builtins.complex":
      guard values.count == 2, let real = Self.number(values[0]), let imaginary = Self.number(values[1]) else {
        throw misuse(path, given)
      }
      return try make(.complex(real, imaginary))
    case "torch.Size":
      guard values.count == 1, let sizes = try integers(given[0]) else { throw misuse(path, given) }
      return try make(.size(sizes))
    case "torch.device":
      guard case .string(let kind) = values.first else { throw misuse(path, given) }
      if values.count == 1 { return try make(.device(kind)) }
      guard values.count == 2, case .int(let index) = values[1], index >= 0 else { throw misuse(path, given) }
      try spend(kind.utf8.count)
      return try make(.device("\(kind):\(index)"))
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
      return try tensor(path, given)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      guard 2...4 ~= values.count, case .tensor = values[0], case .bool(let requiresGrad) = values[1] else {
        throw misuse(path, given)
      }
      let node = try make(.parameter(of: given[0], requiresGrad: requiresGrad), depth: depths[given[0]])
      if values.count == 4 { graph.states[node] = given[3] }
      return node
    case "torch.nn.parameter.Parameter", "torch.autograd.variable.Variable":
      // As torch before 0.4 wrote it, and before that with no tensor yet.
      guard let first = values.first, case .tensor = first else { return nil }
      var requiresGrad = path == "torch.nn.parameter.Parameter"
      if values.count > 1 {
        guard case .bool(let flag) = values[1] else { throw misuse(path, given) }
        requiresGrad = flag
      }
      return try make(.parameter(of: given[0], requiresGrad: requiresGrad), depth: depths[given[0]])
    case "torch._tensor._rebuild_from_type_v2":
      // A tensor with attributes: the function that makes it, its class, the function's arguments, the attributes.
      guard values.count == 4, case .global(let module, let name) = values[0], case .tuple(let inner) = values[2],
        name.hasPrefix("_rebuild_"), name != "_rebuild_from_type_v2"
      else { return nil }
      try spend(inner.count)
      guard let node = try known("\(module).\(name)", inner) else { return nil }
      graph.states[node] = given[3]
      return node
    default: return nil
    }
  }

  func misuse(_ path: String, _ given: [Int]) -> FormatError {
    let kinds = given.prefix(8).map { graph.nodes[$0].kindName }
    return error("calls \(path) with \(kinds.isEmpty ? "nothing" : kinds.joined(separator: ", "))")
  }

  private static func number(_ value: PickleValue) -> Double? {
    switch value {
    case .double(let number): number
    case .int(let number): Double(number)
    default: nil
    }
  }

  /// The bytes of a text in Latin-1, which is how protocol 2 writes bytes.
  private mutating func encoded(_ path: String, _ given: [Int]) throws(FormatError) -> [UInt8] {
    guard given.count == 2, case .string(let text) = graph.nodes[given[0]],
      case .string(let code) = graph.nodes[given[1]]
    else { throw misuse(path, given) }
    try spend(text.utf8.count)
    switch code {
    case "latin1", "latin-1":
      var bytes: [UInt8] = []
      for scalar in text.unicodeScalars {
        guard let byte = UInt8(exactly: scalar.value) else {
          throw error("encodes a letter that Latin-1 does not have")
        }
        bytes.append(byte)
      }
      return bytes
    case "utf-8", "utf8": return Array(text.utf8)
    default: throw error("encodes a text as \(JSON.quoted(code)), which is not read here", .unsupported)
    }
  }

  /// The ints of a tuple, list or torch.Size.
  mutating func integers(_ node: Int) throws(FormatError) -> [Int]? {
    let items: [Int]
    switch graph.nodes[node] {
    case .size(let sizes): return sizes
    case .tuple(let nodes), .list(let nodes): items = nodes
    default: return nil
    }
    try spend(items.count)
    let values = items.compactMap { if case .int(let value) = graph.nodes[$0] { value } else { nil } }
    return values.count == items.count ? values : nil
  }
}
