/// What a pickle describes, as an inert graph: nodes name each other by number, so that what the pickle shares is
/// shared, circles keep nothing alive, and no depth of nesting can exhaust the stack.
struct PickleGraph: Sendable {
  var nodes: [PickleValue] = []
  /// What BUILD gave to a node.
  var states: [Int: Int] = [:]
  var root = 0
}

/// One node of a pickle.
enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  /// An int of more than 64 bits: two's complement, little-endian.
  case bigInt([UInt8])
  case double(Double)
  case complex(Double, Double)
  case string(String)
  case bytes([UInt8])
  case list([Int])
  case tuple([Int])
  case set([Int])
  case dict(Dictionary)
  /// A class or function by its name; never looked up.
  case global(module: String, name: String)
  case object(Object)
  case storage(StorageReference)
  case tensor(TensorReference)
  /// A tensor that is the parameter of a module.
  case parameter(of: Int, requiresGrad: Bool)
  case size([Int])
  case device(String)
  case dtype(String)

  /// Pairs in order, as dict, OrderedDict and Counter hold them.
  struct Dictionary: Sendable {
    /// `dict` or the name of a class of the collections module.
    var typeName: String
    var pairs: [(key: Int, value: Int)] = []
  }

  /// What a class or function would have made, with all that it would have been given.
  struct Object: Sendable {
    /// The class or function, mostly a global.
    var maker: Int
    var arguments: Int
    /// How: REDUCE calls, NEWOBJ and NEWOBJ_EX make an empty instance; the arguments of the last are a pair of arguments
    /// and named ones.
    var opcode = PickleOpcode.reduce
    /// What was appended, of subclasses of list and set.
    var items: [Int] = []
    /// What was set by key, of subclasses of dict.
    var pairs: [(key: Int, value: Int)] = []
  }

  /// The memory of tensors, which lies beside the pickle under a key.
  struct StorageReference: Sendable {
    /// The dtype's name in torch; nil for untyped bytes.
    var dtype: String?
    var key: String
    var location: String
    /// Elements of the dtype.
    var count: Int
  }

  /// A view of a storage.
  struct TensorReference: Sendable {
    var storage: Int
    var dtype: String
    var offset: Int
    var shape: [Int]
    var strides: [Int]
    var requiresGrad: Bool
  }

  /// The kind in words, as errors name it.
  var kindName: String {
    switch self {
    case .none: "None"
    case .bool: "a bool"
    case .int: "an int"
    case .bigInt: "an int of more than 64 bits"
    case .double: "a float"
    case .complex: "a complex number"
    case .string: "a str"
    case .bytes: "bytes"
    case .list: "a list"
    case .tuple: "a tuple"
    case .set: "a set"
    case .dict(let dictionary): dictionary.typeName == "dict" ? "a dict" : "an \(dictionary.typeName)"
    case .global(let module, let name): "the global \(module).\(name)"
    case .object: "an object"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .parameter: "a parameter"
    case .size: "a torch.Size"
    case .device: "a torch.device"
    case .dtype: "a torch.dtype"
    }
  }
}

/// How much a pickle may ask for. Every node takes at least one byte of it, so that these bound memory and time.
struct PickleLimits: Sendable {
  /// The size of the pickle itself.
  var bytes = 512 << 20
  var nodes = 20_000_000
  var memo = 20_000_000
  /// Open marks, and containers within containers.
  var depth = 1000
}
