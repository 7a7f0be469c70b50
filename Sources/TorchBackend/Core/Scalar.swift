/// One number of the host language beside a tensor, with its kind kept for type promotion.
public enum Scalar: Sendable, Hashable {
  case bool(Bool)
  case int(Int64)
  case double(Double)

  @inlinable public var double: Double {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): Double(value)
    case .double(let value): value
    }
  }

  /// The value as an integer, truncated towards zero; values out of range saturate and NaN is 0.
  @inlinable public var int64: Int64 {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    case .double(let value):
      value.isNaN ? 0 : (Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max))
    }
  }

  @inlinable public var bool: Bool {
    switch self {
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    }
  }

  /// The dtype the number has by itself in type promotion.
  @inlinable package var dtype: DType {
    switch self {
    case .bool: .bool
    case .int: .int64
    case .double: .defaultFloat
    }
  }
}

/// A Swift number that may stand beside a tensor: `x + 1`, `x * 0.5`, `x[mask] = 0`.
public protocol TensorScalar: Sendable {
  var scalar: Scalar { get }
  /// The value a tensor element has as this type; what `item()` returns.
  init(scalar: Scalar)
}

extension Int: TensorScalar {
  @inlinable public var scalar: Scalar { .int(Int64(self)) }
  public init(scalar: Scalar) { self = Int(scalar.int64) }
}
extension Double: TensorScalar {
  @inlinable public var scalar: Scalar { .double(self) }
  public init(scalar: Scalar) { self = scalar.double }
}
extension Float: TensorScalar {
  @inlinable public var scalar: Scalar { .double(Double(self)) }
  public init(scalar: Scalar) { self = Float(scalar.double) }
}
extension Bool: TensorScalar {
  @inlinable public var scalar: Scalar { .bool(self) }
  public init(scalar: Scalar) { self = scalar.bool }
}
extension Int64: TensorScalar {
  @inlinable public var scalar: Scalar { .int(self) }
  public init(scalar: Scalar) { self = scalar.int64 }
}
extension Int32: TensorScalar {
  @inlinable public var scalar: Scalar { .int(Int64(self)) }
  public init(scalar: Scalar) { self = Int32(truncatingIfNeeded: scalar.int64) }
}
extension Int16: TensorScalar {
  @inlinable public var scalar: Scalar { .int(Int64(self)) }
  public init(scalar: Scalar) { self = Int16(truncatingIfNeeded: scalar.int64) }
}
extension Int8: TensorScalar {
  @inlinable public var scalar: Scalar { .int(Int64(self)) }
  public init(scalar: Scalar) { self = Int8(truncatingIfNeeded: scalar.int64) }
}
extension UInt8: TensorScalar {
  @inlinable public var scalar: Scalar { .int(Int64(self)) }
  public init(scalar: Scalar) { self = UInt8(truncatingIfNeeded: scalar.int64) }
}

extension Scalar {
  /// Whether a dtype cannot hold the number, by PyTorch's rules: fractions are dropped, infinities fit floating point
  /// types, negative whole numbers wrap into uint8, and half types round to infinity unless `strictly`.
  package func overflows(_ dtype: DType, strictly: Bool = false) -> Bool {
    switch (self, dtype) {
    case (.bool, _), (_, .bool), (_, .float64): return false
    case (.int(let x), .uint8): return x > 255 || x < -255
    case (.int(let x), .int8): return Int8(exactly: x) == nil
    case (.int(let x), .int16): return Int16(exactly: x) == nil
    case (.int(let x), .int32): return Int32(exactly: x) == nil
    case (.int, .int64), (.int, .float32), (.int, .bfloat16): return false
    case (.double(let x), .float32): return x.isFinite && x.magnitude > Double(Float.greatestFiniteMagnitude)
    case (.double(let x), .bfloat16): return strictly && x.isFinite && x.magnitude > 3.3895313892515355e38
    case (.double(let x), .float16): return strictly && x.isFinite && x.magnitude > 65504
    case (.int(let x), .float16): return strictly && x.magnitude > 65504
    case (.double(let x), _):
      let (low, high): (Double, Double) =
        switch dtype {
        case .uint8: (0, 255)
        case .int8: (-128, 127)
        case .int16: (-32768, 32767)
        case .int32: (-2_147_483_648, 2_147_483_647)
        default: (-9_223_372_036_854_775_808, 9_223_372_036_854_775_808)
        }
      return !(x >= low && x <= high)
    }
  }

  /// A fault where a dtype cannot hold the number.
  package func checkFits(_ dtype: DType, op: StaticString, strictly: Bool = false) {
    guard overflows(dtype, strictly: strictly) else { return }
    let text =
      switch self {
      case .bool(let x): "\(x)"
      case .int(let x): "\(x)"
      case .double(let x): "\(x)"
      }
    fault(OpError(op, "the value \(text) does not fit \(dtype.name)"))
  }
}
