/// The element type of a tensor, as `torch.dtype`.
///
/// The raw values are PyTorch's own `ScalarType` codes, so that files and C kernels share them.
public enum DType: UInt8, Sendable, CaseIterable, Hashable {
  case uint8 = 0
  case int8 = 1
  case int16 = 2
  case int32 = 3
  case int64 = 4
  case float16 = 5
  case float32 = 6
  case float64 = 7
  case bool = 11
  case bfloat16 = 15

  /// Bytes per element.
  @inlinable public var itemSize: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether the type holds real numbers with a fraction: the only types that can require gradients.
  @inlinable public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// Whether the type is one of the integers; `bool` is not.
  @inlinable public var isInteger: Bool {
    switch self {
    case .uint8, .int8, .int16, .int32, .int64: true
    default: false
    }
  }

  /// The bare name, `"float32"`.
  @inlinable public var name: String {
    switch self {
    case .uint8: "uint8"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .float16: "float16"
    case .float32: "float32"
    case .float64: "float64"
    case .bool: "bool"
    case .bfloat16: "bfloat16"
    }
  }

  /// The dtype with a bare name (`"float32"`, or torch's short names such as `"long"`), or nil.
  public init?(name: String) {
    if let match = DType.allCases.first(where: { $0.name == name }) {
      self = match
      return
    }
    switch name {
    case "half": self = .float16
    case "float": self = .float32
    case "double": self = .float64
    case "short": self = .int16
    case "int": self = .int32
    case "long": self = .int64
    default: return nil
    }
  }
}

extension DType {
  // torch's other names for the same types.
  public static var half: DType { .float16 }
  public static var float: DType { .float32 }
  public static var double: DType { .float64 }
  public static var short: DType { .int16 }
  public static var int: DType { .int32 }
  public static var long: DType { .int64 }
}

extension DType {
  /// Whether this is one of the 16 bit floating point types, which are computed in float32 and rounded.
  @inlinable @inline(__always)
  package var isHalf: Bool { self == .float16 || self == .bfloat16 }

  /// The type in which PyTorch computes this one: float32 for the half types.
  package var widened: DType { isHalf ? .float32 : self }
}

extension DType: CustomStringConvertible {
  /// As PyTorch prints it: `torch.float32`.
  public var description: String { "torch." + name }
}
