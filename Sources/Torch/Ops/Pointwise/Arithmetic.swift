// Arithmetic of two operands: rows of the table, methods and operators under them.

extension BinaryOp {
  static let add = BinaryOp(
    "add", kernel: .add, x: Gradient { g, _ in g }, y: Gradient { g, s in s.alpha == 1 ? g : g * s.alpha })
  static let sub = BinaryOp(
    "sub", numberFirstNode: "rsub.1", kernel: .sub, result: .noBool, x: Gradient { g, _ in g },
    y: Gradient { g, s in s.alpha == 1 ? -g : g * -s.alpha })
  static let mul = BinaryOp(
    "mul", kernel: .mul, x: Gradient(.y) { g, s in g * s.y }, y: Gradient(.x) { g, s in g * s.x })
  static let div = BinaryOp(
    "div", kernel: .div, result: .floating, x: Gradient(.y) { g, s in g / s.y },
    y: Gradient([.x, .y]) { g, s in -g * ((s.x / s.y) / s.y) })
  static let floorDivide = BinaryOp(
    "div", node: "div.2", kernel: .floorDivide, result: .numbers, x: Gradient { g, _ in Tensor.zeros(like: g) },
    y: Gradient { g, _ in Tensor.zeros(like: g) })
  /// `torch.floor_divide`, which has no derivative there either.
  static let floorDivideOnly = BinaryOp(
    "floor_divide", node: "not_implemented.", kernel: .floorDivide, result: .numbers,
    x: Gradient { _, _ in noFloorDivideGradient() }, y: Gradient { _, _ in noFloorDivideGradient() })
  static let truncDivide = BinaryOp(
    "div", node: "div.2", kernel: .truncDivide, result: .numbers, x: Gradient { g, _ in Tensor.zeros(like: g) },
    y: Gradient { g, _ in Tensor.zeros(like: g) })
  static let remainder = BinaryOp(
    "remainder", node: "remainder.1", numberNode: "remainder", kernel: .remainder, result: .numbers,
    x: Gradient { g, _ in g },
    y: Gradient([.x, .y]) { g, s in -g * s.x.div(s.y, roundingMode: .floor) })
  static let fmod = BinaryOp(
    "fmod", node: "fmod.1", numberNode: "fmod", kernel: .fmod, result: .numbers, x: Gradient { g, _ in g },
    y: Gradient([.x, .y]) { g, s in -g * s.x.div(s.y, roundingMode: .trunc) })
  static let pow = BinaryOp(
    "pow", node: "pow.1", numberNode: "pow", numberFirstNode: "pow.2", kernel: .pow, result: .numbers,
    x: Gradient([.x, .y]) { g, s in
      let y = s.y
      return (g * (y * s.x.pow(y - 1))).where(y .!= 0, 0)
    },
    y: Gradient([.x, .y, .output]) { g, s in
      // Zero to a power of zero or more does not move with the power.
      let x = s.x
      return (g * (s.output * x.log())).where((x .!= 0).logicalOr(s.y .< 0), 0)
    })
  // Beside NaN both operands get the whole gradient, as in PyTorch.
  static let maximum = BinaryOp(
    "maximum", kernel: .maximum,
    x: Gradient([.x, .y]) { g, s in shared(g, s.x .== s.y).where((s.x .< s.y).logicalNot(), 0) },
    y: Gradient([.x, .y]) { g, s in shared(g, s.x .== s.y).where((s.y .< s.x).logicalNot(), 0) })
  static let minimum = BinaryOp(
    "minimum", kernel: .minimum,
    x: Gradient([.x, .y]) { g, s in shared(g, s.x .== s.y).where((s.x .> s.y).logicalNot(), 0) },
    y: Gradient([.x, .y]) { g, s in shared(g, s.x .== s.y).where((s.y .> s.x).logicalNot(), 0) })
  static let atan2 = BinaryOp(
    "atan2", kernel: .atan2, result: .floating,
    x: Gradient([.x, .y]) { g, s in g * s.y * oneOverSquares(s) },
    y: Gradient([.x, .y]) { g, s in g * -s.x * oneOverSquares(s) })
  static let bitwiseAnd = BinaryOp("bitwise_and", kernel: .bitwiseAnd, result: .integral, x: nil, y: nil)
  static let bitwiseOr = BinaryOp("bitwise_or", kernel: .bitwiseOr, result: .integral, x: nil, y: nil)
  static let bitwiseXor = BinaryOp("bitwise_xor", kernel: .bitwiseXor, result: .integral, x: nil, y: nil)

  // Gradients in one pass, with gradients of their own.
  static let tanhBackward: BinaryOp = BinaryOp(
    "tanh_backward", kernel: .tanhBackward, x: Gradient(.y) { g, s in BinaryOp.tanhBackward(g, s.y) },
    y: Gradient([.x, .y]) { g, s in g * (s.x * (s.y * -2)) })
  static let sigmoidBackward: BinaryOp = BinaryOp(
    "sigmoid_backward", kernel: .sigmoidBackward, x: Gradient(.y) { g, s in BinaryOp.sigmoidBackward(g, s.y) },
    y: Gradient([.x, .y]) { g, s in g * (s.x * (1 - s.y * 2)) })
  static let reluBackward: BinaryOp = BinaryOp(
    "threshold_backward", kernel: .reluBackward, x: Gradient(.y) { g, s in BinaryOp.reluBackward(g, s.y) },
    y: Gradient { g, _ in Tensor.zeros(like: g) })

  static let geluBackward: BinaryOp = BinaryOp(
    "gelu_backward", kernel: .geluBackward, x: Gradient(.y) { g, s in BinaryOp.geluBackward(g, s.y) },
    y: Gradient([.x, .y]) { g, s in
      let y = s.y
      return g * s.x * (y * y * -0.5).exp() * (2 - y * y) * 0.398942280401432678
    })
  static let siluBackward: BinaryOp = BinaryOp(
    "silu_backward", kernel: .siluBackward, x: Gradient(.y) { g, s in BinaryOp.siluBackward(g, s.y) },
    y: Gradient([.x, .y]) { g, s in
      let y = s.y, p = y.sigmoid()
      return g * s.x * p * (1 - p) * (2 + y * (1 - p * 2))
    })
}

private func noFloorDivideGradient() -> Never {
  fault("floor_divide", "has no derivative; use div(_:roundingMode: .floor), whose gradient is 0")
}

/// Half the gradient where operands tie.
func shared(_ gradient: Tensor, _ ties: Tensor) -> Tensor { (gradient * 0.5).where(ties, gradient) }

/// `1 / (x^2 + y^2)`, 0 at the origin.
private func oneOverSquares(_ saved: BinaryOp.Saved) -> Tensor {
  let squares = saved.x * saved.x + saved.y * saved.y
  return squares.reciprocal().where(squares .!= 0, 0)
}

/// How a quotient is rounded, as torch's `rounding_mode`.
public enum RoundingMode: String, Sendable { case trunc, floor }

extension Tensor {
  /// `self + alpha * other`, as `torch.add`. Broadcasts.
  public func add(_ other: Tensor, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.add(self, other, alpha: alpha.scalar.double)
  }
  public func add(_ other: some TensorScalar, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.add(self, other.scalar, alpha: alpha.scalar.double)
  }
  @discardableResult public func add_(_ other: Tensor, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.add.inPlace(self, other, alpha: alpha.scalar.double)
  }
  @discardableResult public func add_(_ other: some TensorScalar, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.add.inPlace(self, other.scalar, alpha: alpha.scalar.double)
  }

  /// `self - alpha * other`, as `torch.sub`. Broadcasts.
  /// - Precondition: not both are bool.
  public func sub(_ other: Tensor, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.sub(self, other, alpha: alpha.scalar.double)
  }
  public func sub(_ other: some TensorScalar, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.sub(self, other.scalar, alpha: alpha.scalar.double)
  }
  @discardableResult public func sub_(_ other: Tensor, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.sub.inPlace(self, other, alpha: alpha.scalar.double)
  }
  @discardableResult public func sub_(_ other: some TensorScalar, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.sub.inPlace(self, other.scalar, alpha: alpha.scalar.double)
  }

  /// The elementwise product, as `torch.mul`. Broadcasts.
  public func mul(_ other: Tensor) -> Tensor { BinaryOp.mul(self, other) }
  public func mul(_ other: some TensorScalar) -> Tensor { BinaryOp.mul(self, other.scalar) }
  @discardableResult public func mul_(_ other: Tensor) -> Tensor { BinaryOp.mul.inPlace(self, other) }
  @discardableResult public func mul_(_ other: some TensorScalar) -> Tensor { BinaryOp.mul.inPlace(self, other.scalar) }

  /// The elementwise quotient, as `torch.div`; whole numbers give float32 unless rounded. Broadcasts.
  public func div(_ other: Tensor, roundingMode: RoundingMode? = nil) -> Tensor {
    Self.quotient(roundingMode)(self, other)
  }
  public func div(_ other: some TensorScalar, roundingMode: RoundingMode? = nil) -> Tensor {
    Self.quotient(roundingMode)(self, other.scalar)
  }
  @discardableResult public func div_(_ other: Tensor, roundingMode: RoundingMode? = nil) -> Tensor {
    Self.quotient(roundingMode).inPlace(self, other)
  }
  @discardableResult public func div_(_ other: some TensorScalar, roundingMode: RoundingMode? = nil) -> Tensor {
    Self.quotient(roundingMode).inPlace(self, other.scalar)
  }

  private static func quotient(_ mode: RoundingMode?) -> BinaryOp {
    switch mode {
    case nil: .div
    case .floor: .floorDivide
    case .trunc: .truncDivide
    }
  }

  /// The quotient, as `torch.true_divide`.
  public func trueDivide(_ other: Tensor) -> Tensor { div(other) }
  public func trueDivide(_ other: some TensorScalar) -> Tensor { div(other) }
  @discardableResult public func trueDivide_(_ other: Tensor) -> Tensor { div_(other) }
  @discardableResult public func trueDivide_(_ other: some TensorScalar) -> Tensor { div_(other) }
  /// The quotient rounded down, as `torch.floor_divide`.
  public func floorDivide(_ other: Tensor) -> Tensor { BinaryOp.floorDivideOnly(self, other) }
  public func floorDivide(_ other: some TensorScalar) -> Tensor { BinaryOp.floorDivideOnly(self, other.scalar) }
  @discardableResult public func floorDivide_(_ other: Tensor) -> Tensor {
    BinaryOp.floorDivideOnly.inPlace(self, other)
  }
  @discardableResult public func floorDivide_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.floorDivideOnly.inPlace(self, other.scalar)
  }

  /// The rest of a division, with the sign of the divisor as in Python, as `torch.remainder`.
  public func remainder(_ other: Tensor) -> Tensor { BinaryOp.remainder(self, other) }
  public func remainder(_ other: some TensorScalar) -> Tensor { BinaryOp.remainder(self, other.scalar) }
  @discardableResult public func remainder_(_ other: Tensor) -> Tensor { BinaryOp.remainder.inPlace(self, other) }
  @discardableResult public func remainder_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.remainder.inPlace(self, other.scalar)
  }
  /// The rest of a division, with the sign of the dividend as in C, as `torch.fmod`.
  public func fmod(_ other: Tensor) -> Tensor { BinaryOp.fmod(self, other) }
  public func fmod(_ other: some TensorScalar) -> Tensor { BinaryOp.fmod(self, other.scalar) }
  @discardableResult public func fmod_(_ other: Tensor) -> Tensor { BinaryOp.fmod.inPlace(self, other) }
  @discardableResult public func fmod_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.fmod.inPlace(self, other.scalar)
  }

  /// Every element to a power, as `torch.pow`.
  public func pow(_ exponent: Tensor) -> Tensor { BinaryOp.pow(self, exponent) }
  /// Every element to a power, as `torch.pow`.
  /// - Precondition: whole numbers take no negative whole exponent.
  public func pow(_ exponent: some TensorScalar) -> Tensor { inOp("pow") { powered(exponent.scalar, inPlace: false) } }
  @discardableResult public func pow_(_ exponent: Tensor) -> Tensor { BinaryOp.pow.inPlace(self, exponent) }
  @discardableResult public func pow_(_ exponent: some TensorScalar) -> Tensor {
    inOp("pow") { powered(exponent.scalar, inPlace: true) }
  }

  private func powered(_ exponent: Scalar, inPlace: Bool) -> Tensor {
    let dtype = promotedType(self, exponent)
    if dtype.isFloatingPoint {
      let source = to(dtype)
      return inPlace
        ? UnaryOp.powScalar.inPlace(self, a: exponent.double) : UnaryOp.powScalar(source, a: exponent.double)
    }
    // The only powers of truth values that need no arithmetic.
    if dtype == .bool {
      return inPlace ? (exponent.bool ? self : fill_(true)) : exponent.bool ? clone() : .ones(like: self)
    }
    guard exponent.int64 >= 0 else {
      fault("pow", "whole numbers take no negative exponent, got \(exponent.int64); convert to a floating dtype first")
    }
    return inPlace ? BinaryOp.pow.inPlace(self, exponent) : BinaryOp.pow(self, exponent)
  }

  /// The larger of two elements; NaN wins. As `torch.maximum`.
  public func maximum(_ other: Tensor) -> Tensor { BinaryOp.maximum(self, other) }
  /// The smaller of two elements; NaN wins. As `torch.minimum`.
  public func minimum(_ other: Tensor) -> Tensor { BinaryOp.minimum(self, other) }
  /// The angle of (y, x) in radians, this tensor being y, as `torch.atan2`.
  public func atan2(_ other: Tensor) -> Tensor { BinaryOp.atan2(self, other) }
  @discardableResult public func atan2_(_ other: Tensor) -> Tensor { BinaryOp.atan2.inPlace(self, other) }

  /// Bits set in both, as `torch.bitwise_and`.
  public func bitwiseAnd(_ other: Tensor) -> Tensor { BinaryOp.bitwiseAnd(self, other) }
  public func bitwiseAnd(_ other: some TensorScalar) -> Tensor { BinaryOp.bitwiseAnd(self, other.scalar) }
  @discardableResult public func bitwiseAnd_(_ other: Tensor) -> Tensor { BinaryOp.bitwiseAnd.inPlace(self, other) }
  @discardableResult public func bitwiseAnd_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.bitwiseAnd.inPlace(self, other.scalar)
  }
  /// Bits set in either, as `torch.bitwise_or`.
  public func bitwiseOr(_ other: Tensor) -> Tensor { BinaryOp.bitwiseOr(self, other) }
  public func bitwiseOr(_ other: some TensorScalar) -> Tensor { BinaryOp.bitwiseOr(self, other.scalar) }
  @discardableResult public func bitwiseOr_(_ other: Tensor) -> Tensor { BinaryOp.bitwiseOr.inPlace(self, other) }
  @discardableResult public func bitwiseOr_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.bitwiseOr.inPlace(self, other.scalar)
  }
  /// Bits set in one of the two, as `torch.bitwise_xor`.
  public func bitwiseXor(_ other: Tensor) -> Tensor { BinaryOp.bitwiseXor(self, other) }
  public func bitwiseXor(_ other: some TensorScalar) -> Tensor { BinaryOp.bitwiseXor(self, other.scalar) }
  @discardableResult public func bitwiseXor_(_ other: Tensor) -> Tensor { BinaryOp.bitwiseXor.inPlace(self, other) }
  @discardableResult public func bitwiseXor_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.bitwiseXor.inPlace(self, other.scalar)
  }

  /// `self + value * tensor1 * tensor2`, as `torch.addcmul`.
  public func addcmul(_ tensor1: Tensor, _ tensor2: Tensor, value: some TensorScalar = 1) -> Tensor {
    AddProduct(value: value.scalar)(self, tensor1, tensor2)
  }
  @discardableResult public func addcmul_(_ tensor1: Tensor, _ tensor2: Tensor, value: some TensorScalar = 1) -> Tensor
  {
    copyInPlace(AddProduct(value: value.scalar)(self, tensor1, tensor2), "addcmul")
  }
  /// `self + value * tensor1 / tensor2`, as `torch.addcdiv`.
  /// - Precondition: one of the two is floating point.
  public func addcdiv(_ tensor1: Tensor, _ tensor2: Tensor, value: some TensorScalar = 1) -> Tensor {
    AddQuotient(value: value.scalar)(self, tensor1, tensor2)
  }
  @discardableResult public func addcdiv_(_ tensor1: Tensor, _ tensor2: Tensor, value: some TensorScalar = 1) -> Tensor
  {
    copyInPlace(AddQuotient(value: value.scalar)(self, tensor1, tensor2), "addcdiv")
  }

  /// Writes a result into this tensor, which keeps its shape and its dtype; a dtype of a higher kind is a fault.
  func copyInPlace(_ result: Tensor, _ op: StaticString) -> Tensor {
    guard result.shape == shape else {
      fault(OpError(op, "the result has shape \(result.shape.brackets) and cannot be written into \(shape.brackets)"))
    }
    guard result.dtype.category <= dtype.category else {
      fault(
        OpError(
          op,
          "the result is \(result.dtype.name) and cannot be written into a \(dtype.name) tensor; use the out-of-place form"
        ))
    }
    return copy_(result)
  }
}
