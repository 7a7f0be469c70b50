// Pointwise ops of two operands that few programs need: rows of the table, methods under them.

extension BinaryOp {
  // NaN loses against a number.
  static let fmax = BinaryOp(
    "fmax", kernel: .fmax, x: Gradient([.x, .y]) { g, s in shared(g, s.x .== s.y).where(takesX(s, .ge), 0) },
    y: Gradient([.x, .y]) { g, s in
      let ties = s.x .== s.y
      return shared(g, ties).where(takesX(s, .ge).logicalNot().logicalOr(ties), 0)
    })
  static let fmin = BinaryOp(
    "fmin", kernel: .fmin, x: Gradient([.x, .y]) { g, s in shared(g, s.x .== s.y).where(takesX(s, .le), 0) },
    y: Gradient([.x, .y]) { g, s in
      let ties = s.x .== s.y
      return shared(g, ties).where(takesX(s, .le).logicalNot().logicalOr(ties), 0)
    })
  static let hypot = BinaryOp(
    "hypot", kernel: .hypot, result: .onlyFloating, x: Gradient([.x, .output]) { g, s in g * (s.x / s.output) },
    y: Gradient([.y, .output]) { g, s in g * (s.y / s.output) })
  static let copysign = BinaryOp(
    "copysign", numberNode: "copysign.1", kernel: .copysign, result: .floating,
    x: Gradient([.x, .output]) { g, s in
      let x = s.x
      return g * (s.output / x).where(x .!= 0, 0)
    }, y: Gradient { g, _ in Tensor.zeros(like: g) })
  static let logaddexp = BinaryOp(
    "logaddexp", kernel: .logaddexp, result: .onlyFloating,
    x: Gradient([.x, .y]) { g, s in g / ((s.y - s.x).exp() + 1) },
    y: Gradient([.x, .y]) { g, s in g / ((s.x - s.y).exp() + 1) })
  static let logaddexp2 = BinaryOp(
    "logaddexp2", kernel: .logaddexp2, result: .onlyFloating,
    x: Gradient([.x, .y]) { g, s in g / ((s.y - s.x).exp2() + 1) },
    y: Gradient([.x, .y]) { g, s in g / ((s.x - s.y).exp2() + 1) })
  static let nextafter = BinaryOp(
    "nextafter", kernel: .nextafter, result: .onlyFloating,
    x: Gradient([.x, .y]) { g, s in g.where(s.x .!= s.y, 0) }, y: Gradient { g, _ in Tensor.zeros(like: g) })
  static let xlogy: BinaryOp = BinaryOp(
    "xlogy", numberNode: "xlogy.2", numberFirstNode: "xlogy.1", kernel: .xlogy, result: .floating,
    x: Gradient([.x, .y]) { g, s in
      let y = s.y
      return BinaryOp.xlogy(g, y).where((s.x .== 0).logicalAnd(y .<= 0).logicalNot(), 0)
    }, y: Gradient([.x, .y]) { g, s in g * s.x / s.y })
  static let leftShift = BinaryOp("bitwise_left_shift", kernel: .leftShift, result: .integers, x: nil, y: nil)
  static let rightShift = BinaryOp("bitwise_right_shift", kernel: .rightShift, result: .integers, x: nil, y: nil)
}

/// Whether the first operand is the result.
private func takesX(_ saved: BinaryOp.Saved, _ order: CompareKernel) -> Tensor {
  let x = saved.x, y = saved.y
  return (order == .ge ? x .>= y : x .<= y).logicalOr(y.isnan())
}

extension Tensor {
  /// The larger of two elements; a number wins against NaN. As `torch.fmax`. Broadcasts.
  public func fmax(_ other: Tensor) -> Tensor { BinaryOp.fmax(self, other) }
  /// The smaller of two elements; a number wins against NaN. As `torch.fmin`. Broadcasts.
  public func fmin(_ other: Tensor) -> Tensor { BinaryOp.fmin(self, other) }

  /// The length of the hypotenuse over two legs, as `torch.hypot`. Broadcasts.
  /// - Precondition: one of the two is floating point.
  public func hypot(_ other: Tensor) -> Tensor { BinaryOp.hypot(self, other) }
  @discardableResult public func hypot_(_ other: Tensor) -> Tensor { BinaryOp.hypot.inPlace(self, other) }

  /// The magnitude of this with the sign of the other, as `torch.copysign`; whole numbers give float32. Broadcasts.
  public func copysign(_ other: Tensor) -> Tensor { BinaryOp.copysign(self, other) }
  public func copysign(_ other: some TensorScalar) -> Tensor { BinaryOp.copysign(self, other.scalar) }
  @discardableResult public func copysign_(_ other: Tensor) -> Tensor { BinaryOp.copysign.inPlace(self, other) }
  @discardableResult public func copysign_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.copysign.inPlace(self, other.scalar)
  }

  /// `log(exp(self) + exp(other))` without overflow, as `torch.logaddexp`. Broadcasts.
  /// - Precondition: one of the two is floating point.
  public func logaddexp(_ other: Tensor) -> Tensor { BinaryOp.logaddexp(self, other) }
  /// `log2(2 ** self + 2 ** other)` without overflow, as `torch.logaddexp2`. Broadcasts.
  /// - Precondition: one of the two is floating point.
  public func logaddexp2(_ other: Tensor) -> Tensor { BinaryOp.logaddexp2(self, other) }

  /// The next number that the dtype can hold on the way to the other, as `torch.nextafter`. Broadcasts.
  /// - Precondition: one of the two is floating point.
  public func nextafter(_ other: Tensor) -> Tensor { BinaryOp.nextafter(self, other) }
  @discardableResult public func nextafter_(_ other: Tensor) -> Tensor { BinaryOp.nextafter.inPlace(self, other) }

  /// `self * log(other)`, 0 where this is 0, as `torch.xlogy`; whole numbers give float32. Broadcasts.
  public func xlogy(_ other: Tensor) -> Tensor { BinaryOp.xlogy(self, other) }
  public func xlogy(_ other: some TensorScalar) -> Tensor { BinaryOp.xlogy(self, other.scalar) }
  public static func xlogy(_ input: some TensorScalar, _ other: Tensor) -> Tensor {
    BinaryOp.xlogy(other, input.scalar, numberFirst: true)
  }
  @discardableResult public func xlogy_(_ other: Tensor) -> Tensor { BinaryOp.xlogy.inPlace(self, other) }
  @discardableResult public func xlogy_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.xlogy.inPlace(self, other.scalar)
  }

  /// The bits moved towards the high end, as `torch.bitwise_left_shift`. Broadcasts.
  /// - Precondition: whole numbers.
  public func bitwiseLeftShift(_ other: Tensor) -> Tensor { BinaryOp.leftShift(self, other) }
  public func bitwiseLeftShift(_ other: some TensorScalar) -> Tensor { BinaryOp.leftShift(self, other.scalar) }
  public static func bitwiseLeftShift(_ input: some TensorScalar, _ other: Tensor) -> Tensor {
    BinaryOp.leftShift(other, input.scalar, numberFirst: true)
  }
  @discardableResult public func bitwiseLeftShift_(_ other: Tensor) -> Tensor {
    BinaryOp.leftShift.inPlace(self, other)
  }
  @discardableResult public func bitwiseLeftShift_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.leftShift.inPlace(self, other.scalar)
  }
  /// The bits moved towards the low end, the sign kept, as `torch.bitwise_right_shift`. Broadcasts.
  /// - Precondition: whole numbers.
  public func bitwiseRightShift(_ other: Tensor) -> Tensor { BinaryOp.rightShift(self, other) }
  public func bitwiseRightShift(_ other: some TensorScalar) -> Tensor { BinaryOp.rightShift(self, other.scalar) }
  public static func bitwiseRightShift(_ input: some TensorScalar, _ other: Tensor) -> Tensor {
    BinaryOp.rightShift(other, input.scalar, numberFirst: true)
  }
  @discardableResult public func bitwiseRightShift_(_ other: Tensor) -> Tensor {
    BinaryOp.rightShift.inPlace(self, other)
  }
  @discardableResult public func bitwiseRightShift_(_ other: some TensorScalar) -> Tensor {
    BinaryOp.rightShift.inPlace(self, other.scalar)
  }

  /// `other - alpha * self`, as `torch.rsub`. Broadcasts.
  /// - Precondition: neither is bool.
  public func rsub(_ other: Tensor, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.sub(other, self, alpha: alpha.scalar.double)
  }
  public func rsub(_ other: some TensorScalar, alpha: some TensorScalar = 1) -> Tensor {
    BinaryOp.sub(self, other.scalar, numberFirst: true, alpha: alpha.scalar.double)
  }
}
