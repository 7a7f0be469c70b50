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
