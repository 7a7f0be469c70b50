/// A Swift type that elements of a dtype have in memory, and the type that the plain kernels compute in.
package protocol Element: BitwiseCopyable, Sendable {
  associatedtype Math: MathValue
  init(math: Math)
  var math: Math { get }
  /// The number of this width that comes next on the way to another; a fault for whole numbers.
  static func next(after x: Self, toward y: Self) -> Self
}

extension Element {
  package static func next(after x: Self, toward y: Self) -> Self {
    fault("nextafter", "takes floating point, not \(Self.self)")
  }
}

extension Element where Self: BinaryFloatingPoint {
  package static func next(after x: Self, toward y: Self) -> Self {
    if x.isNaN || y.isNaN { return .nan }
    return x == y ? y : x < y ? x.nextUp : x.nextDown
  }
}

extension UInt8: Element {
  @inlinable package init(math: Int64) { self.init(truncatingIfNeeded: math) }
  @inlinable package var math: Int64 { Int64(self) }
}
extension Int8: Element {
  @inlinable package init(math: Int64) { self.init(truncatingIfNeeded: math) }
  @inlinable package var math: Int64 { Int64(self) }
}
extension Int16: Element {
  @inlinable package init(math: Int64) { self.init(truncatingIfNeeded: math) }
  @inlinable package var math: Int64 { Int64(self) }
}
extension Int32: Element {
  @inlinable package init(math: Int64) { self.init(truncatingIfNeeded: math) }
  @inlinable package var math: Int64 { Int64(self) }
}
extension Int64: Element {
  @inlinable package init(math: Int64) { self = math }
  @inlinable package var math: Int64 { self }
}
extension Bool: Element {
  @inlinable package init(math: Int64) { self = math != 0 }
  @inlinable package var math: Int64 { self ? 1 : 0 }
}
extension Float16: Element {
  @inlinable package init(math: Double) { self.init(math) }
  @inlinable package var math: Double { Double(self) }
}
extension BFloat16: Element {
  @inlinable package init(math: Double) { self.init(math) }
  @inlinable package var math: Double { Double(float) }

  package static func next(after x: BFloat16, toward y: BFloat16) -> BFloat16 {
    let (from, to) = (x.float, y.float)
    if from.isNaN || to.isNaN { return BFloat16(Float.nan) }
    if from == to { return y }
    if from == 0 { return BFloat16(bitPattern: to < 0 ? 0x8001 : 0x0001) }
    // The pattern grows with the magnitude.
    return BFloat16(bitPattern: (from < to) == (from > 0) ? x.bitPattern + 1 : x.bitPattern - 1)
  }
}
extension Float: Element {
  @inlinable package init(math: Double) { self.init(math) }
  @inlinable package var math: Double { Double(self) }
}
extension Double: Element {
  @inlinable package init(math: Double) { self = math }
  @inlinable package var math: Double { self }
}

/// Generic code that runs with the Swift type of a dtype.
///
/// A protocol and not a closure over `any Element.Type`, so that the compiler makes a fast copy for every type.
package protocol ElementVisitor {
  associatedtype Result
  func visit<T: Element>(_ type: T.Type) -> Result
}

extension DType {
  @inline(__always)
  package func visit<V: ElementVisitor>(_ visitor: V) -> V.Result {
    switch self {
    case .uint8: visitor.visit(UInt8.self)
    case .int8: visitor.visit(Int8.self)
    case .int16: visitor.visit(Int16.self)
    case .int32: visitor.visit(Int32.self)
    case .int64: visitor.visit(Int64.self)
    case .bool: visitor.visit(Bool.self)
    case .float16: visitor.visit(Float16.self)
    case .bfloat16: visitor.visit(BFloat16.self)
    case .float32: visitor.visit(Float.self)
    case .float64: visitor.visit(Double.self)
    }
  }
}

extension UnsafeRawPointer {
  @inline(__always)
  func element<T: Element>(_ byteOffset: Int, _ type: T.Type) -> T.Math {
    load(fromByteOffset: byteOffset, as: T.self).math
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  func element<T: Element>(_ byteOffset: Int, _ type: T.Type) -> T.Math {
    load(fromByteOffset: byteOffset, as: T.self).math
  }

  @inline(__always)
  func setElement<T: Element>(_ byteOffset: Int, _ value: T.Math, _ type: T.Type) {
    storeBytes(of: T(math: value), toByteOffset: byteOffset, as: T.self)
  }
}

/// The number at an address, with its kind.
package struct LoadScalar: ElementVisitor {
  let source: UnsafeMutableRawPointer

  package init(source: UnsafeMutableRawPointer) { self.source = source }

  package func visit<T: Element>(_ type: T.Type) -> Scalar {
    let value = source.load(as: T.self).math
    if T.self == Bool.self { return .bool(value.isTrue) }
    return T.Math.self == Int64.self ? .int(value.int64) : .double(value.double)
  }
}
