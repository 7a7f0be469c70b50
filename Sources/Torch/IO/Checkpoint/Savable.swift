/// What ``save(_:_:)-(SavedValue,_)`` can write: numbers, texts, tensors, states, and arrays and dictionaries of such.
///
/// A type of your own conforms by saying what it is made of:
///
/// ```swift
/// extension Progress: Savable {
///   var savedValue: SavedValue { ["epoch": epoch, "best": best] }
/// }
/// ```
public protocol Savable {
  /// What stands in the file for it.
  var savedValue: SavedValue { get }
}

/// A value as it will stand in a file of ``save(_:_:)-(SavedValue,_)``: one of Python's and torch's kinds.
///
/// A dictionary literal keeps its order, and its values may be of different types; so may those of an array literal:
///
/// ```swift
/// let config: SavedValue = ["name": "run 1", "betas": .tuple(0.9, 0.999), "sizes": [64, "auto"] as SavedValue]
/// ```
///
/// Most values need no such care: ``Savable`` lists what is written as it is.
public struct SavedValue: Sendable {
  let node: Node

  init(_ node: Node) { self.node = node }

  indirect enum Node: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    /// Beyond 64 bits with a sign: two's complement, lowest byte first.
    case bigInt([UInt8])
    case double(Double)
    case complex(Double, Double)
    case string(String)
    case bytes([UInt8])
    case list([SavedValue])
    case tuple([SavedValue])
    case set([SavedValue])
    case dictionary(Dictionary)
    case size([Int])
    case device(String)
    case dtype(String)
    case tensor(Tensor)
    case parameter(Tensor)
    /// What was read from a file, with all that it shares.
    case checkpoint(Checkpoint)
    /// A value whose type says nothing about saving.
    case unknown(String)
  }

  /// Pairs in order.
  struct Dictionary: Sendable {
    enum Kind: Sendable { case dict, orderedDict, counter }
    var kind = Kind.dict
    var pairs: [(key: SavedValue, value: SavedValue)]
    /// What an OrderedDict has beside its pairs, such as `_metadata`.
    var attributes: [(name: String, value: SavedValue)] = []
  }
}

extension SavedValue: Savable {
  public var savedValue: SavedValue { self }
}

extension SavedValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
  /// A `dict` in the order of the literal.
  public init(dictionaryLiteral pairs: (any Savable, any Savable)...) {
    self.init(.dictionary(.init(pairs: pairs.map { ($0.savedValue, $1.savedValue) })))
  }

  /// A `list` of elements of any kinds.
  public init(arrayLiteral elements: any Savable...) { self.init(.list(elements.map(\.savedValue))) }
}

extension SavedValue {
  /// Python's `None`.
  public static var none: SavedValue { SavedValue(.none) }

  /// A Python tuple, such as the betas of an optimizer.
  public static func tuple(_ elements: any Savable...) -> SavedValue { SavedValue(.tuple(elements.map(\.savedValue))) }

  /// A Python tuple of as many elements as an array has.
  public static func tuple(of elements: [any Savable]) -> SavedValue { SavedValue(.tuple(elements.map(\.savedValue))) }

  /// A `dict` in the order of the pairs, for keys that are made while the program runs.
  public static func dictionary(_ pairs: [(any Savable, any Savable)]) -> SavedValue {
    SavedValue(.dictionary(.init(pairs: pairs.map { ($0.savedValue, $1.savedValue) })))
  }

  /// A `collections.OrderedDict`, as PyTorch's states of models are.
  public static func orderedDict(_ pairs: KeyValuePairs<String, any Savable>) -> SavedValue {
    SavedValue(.dictionary(.init(kind: .orderedDict, pairs: pairs.map { ($0.savedValue, $1.savedValue) })))
  }

  /// A `collections.Counter`: how often each number occurs.
  public static func counter(_ counts: [Int: Int]) -> SavedValue {
    let pairs = counts.sorted { $0.key < $1.key }.map { ($0.key.savedValue, $0.value.savedValue) }
    return SavedValue(.dictionary(.init(kind: .counter, pairs: pairs)))
  }

  /// A complex number.
  public static func complex(_ real: Double, _ imaginary: Double) -> SavedValue {
    SavedValue(.complex(real, imaginary))
  }

  /// A tensor as a `torch.nn.Parameter`.
  public static func parameter(_ tensor: Tensor) -> SavedValue { SavedValue(.parameter(tensor)) }
}
