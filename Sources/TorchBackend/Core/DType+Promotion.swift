// PyTorch's type promotion: which dtype the result of mixed operands has.

extension DType {
  /// The category order of promotion: bool < integers < floating point.
  @inlinable package var category: Int {
    self == .bool ? 0 : (isInteger ? 1 : 2)
  }

  /// The smallest dtype both operands fit in, as `torch.promote_types`.
  public static func promote(_ a: DType, _ b: DType) -> DType {
    if a == b { return a }
    if a == .bool { return b }
    if b == .bool { return a }
    if a.category != b.category { return a.category > b.category ? a : b }
    if a.isFloatingPoint {
      // float16 and bfloat16 have no common half type.
      if a.itemSize == b.itemSize { return .float32 }
      return a.itemSize > b.itemSize ? a : b
    }
    // Integers: uint8 with a signed type needs the next larger signed one.
    if a == .uint8 || b == .uint8 {
      let signed = a == .uint8 ? b : a
      return signed == .int8 ? .int16 : signed
    }
    return a.itemSize > b.itemSize ? a : b
  }

  /// What one operand says about the result type: PyTorch ranks tensors with dimensions
  /// above 0-dim tensors above plain numbers, and a lower rank only matters when its category is higher.
  package struct PromotionState {
    package var dimensioned: DType?
    package var zeroDim: DType?
    package var number: DType?

    @inlinable package init() {}

    package mutating func add(_ dtype: DType, isZeroDim: Bool, isNumber: Bool) {
      if isNumber {
        let weak = dtype.isFloatingPoint ? DType.defaultFloat : dtype
        number = number.map { DType.promote($0, weak) } ?? weak
      } else if isZeroDim {
        zeroDim = zeroDim.map { DType.promote($0, dtype) } ?? dtype
      } else {
        dimensioned = dimensioned.map { DType.promote($0, dtype) } ?? dtype
      }
    }

    /// The result dtype of all operands added so far.
    package var result: DType {
      combine(dimensioned, combine(zeroDim, number)) ?? .defaultFloat
    }

    private func combine(_ higher: DType?, _ lower: DType?) -> DType? {
      guard let higher else { return lower }
      guard let lower else { return higher }
      return lower.category > higher.category ? lower : DType.promote(higher, lower == higher ? lower : higher)
    }
  }

  /// The dtype of floating-point results made from integers or plain numbers: float32.
  @inlinable package static var defaultFloat: DType { .float32 }
}
