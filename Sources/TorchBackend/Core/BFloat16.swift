/// The upper half of a float32: 8 bits of exponent, 7 of fraction. Storage only; arithmetic happens in wider types.
public struct BFloat16: Sendable, BitwiseCopyable, Hashable {
  public var bitPattern: UInt16

  @inlinable public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// Rounds to nearest, ties to even; every NaN becomes the quiet one.
  @inlinable public init(_ value: Float) {
    if value.isNaN {
      bitPattern = 0x7FC0
    } else {
      let bits = value.bitPattern
      bitPattern = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }
  }

  @inlinable public init(_ value: Double) { self.init(Float(value)) }

  /// The same value as a float32, exactly.
  @inlinable public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}
