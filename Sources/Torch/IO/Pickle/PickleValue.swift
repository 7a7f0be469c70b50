/// What a pickle describes, as an inert graph: nodes name each other by number, so that what the pickle shares is
/// shared, circles keep nothing alive, and no depth of nesting can exhaust the stack.
struct PickleGraph: Sendable {
  var nodes: [PickleValue] = []
  /// What BUILD gave to a node.
  var states: [Int: Int] = [:]
  /// What was put into objects of unknown classes.
  var contents: [Int: PickleValue.Contents] = [:]
  var root = 0
}

/// One node of a pickle. What is seldom or large lies in a box, so that the many small values stay small.
enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  /// An int of more than 64 bits: two's complement, little-endian.
  case bigInt([UInt8])
  case double(Double)
  indirect case complex(Double, Double)
  case string(String)
  case bytes([UInt8])
  case list([Int])
  case tuple([Int])
  case set([Int])
  case dict(Dictionary)
  /// A class or function by its name; never looked up.
  indirect case global(module: String, name: String)
  case object(Object)
  indirect case storage(StorageReference)
  indirect case tensor(TensorReference)
  /// A tensor that is the parameter of a module.
  case parameter(of: Int, requiresGrad: Bool)
  case size([Int])
  case device(String)
  case dtype(String)
  indirect case numpy(NumPyValue)

  /// Pairs in order, as dict, OrderedDict and Counter hold them.
  struct Dictionary: Sendable {
    var pairs: [(key: Int, value: Int)] = []
    var type = DictionaryType.dict
  }

  /// A class whose instances are dictionaries, by its Python name.
  enum DictionaryType: String, Sendable {
    case dict
    case ordered = "OrderedDict"
    case counter = "Counter"
  }

  /// What a class or function would have made, with all that it would have been given.
  struct Object: Sendable {
    /// The class or function, mostly a global.
    var maker: Int
    var arguments: Int
    /// How: REDUCE calls, NEWOBJ and NEWOBJ_EX make an empty instance; the arguments of the last are a pair of arguments
    /// and named ones.
    var opcode = PickleOpcode.reduce
  }

  /// What was put into an object after it was made.
  struct Contents: Sendable {
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
    /// Elements of the dtype, or bytes where there is none.
    var count: Int
    /// The part that is meant, which files of torch before 0.4 tell apart: its own key, first element and length.
    var view: (key: String, offset: Int, count: Int)?
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
    case .dict(let dictionary): dictionary.type.kindName
    case .global(let module, let name): "the global \(module).\(name)"
    case .object: "an object"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .parameter: "a parameter"
    case .size: "a torch.Size"
    case .device: "a torch.device"
    case .dtype: "a torch.dtype"
    case .numpy(let value): value.kindName
    }
  }
}

extension PickleValue {
  /// The bytes of memory that the value takes beside its node, roughly.
  var payloadCost: Int {
    switch self {
    case .none, .bool, .int, .double, .object, .parameter: 0
    case .complex, .numpy: 64
    case .global(let module, let name): 96 + module.utf8.count + name.utf8.count
    case .storage(let storage): 160 + storage.key.utf8.count
    case .tensor(let tensor): 128 + 8 * (tensor.shape.count + tensor.strides.count)
    case .bigInt(let bytes), .bytes(let bytes): 32 + bytes.count
    case .string(let text), .device(let text), .dtype(let text):
      // Short texts lie in the node.
      text.utf8.count > 15 ? 32 + text.utf8.count : 0
    case .list(let items), .tuple(let items), .set(let items), .size(let items):
      items.isEmpty ? 0 : 32 + 8 * items.count
    case .dict(let dictionary): dictionary.pairs.isEmpty ? 0 : 32 + 16 * dictionary.pairs.count
    }
  }
}

extension PickleValue.DictionaryType {
  var kindName: String {
    switch self {
    case .dict: "a dict"
    case .ordered: "an OrderedDict"
    case .counter: "a Counter"
    }
  }
}

/// How much a pickle may ask for. Honest files of weights take 5 to 10 bytes of graph for each of theirs; one made of
/// nothing but empty lists would take 70.
struct PickleLimits: Sendable {
  /// The size of the pickle itself.
  var bytes = 512 << 20
  var memo = 20_000_000
  /// Values on the stack at one time.
  var stack = 20_000_000
  /// Bytes of memory that the graph may take for each byte of the pickle, beyond an allowance, and altogether.
  var growth = 32, allowance = 64 << 20, total = 1 << 30
  /// Open marks, and containers within containers.
  var depth = 1000
}
