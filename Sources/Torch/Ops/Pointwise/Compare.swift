// Comparisons and tests: bool results, no gradients.

/// A pointwise comparison: written `.notDifferentiable` by its nature.
struct CompareOp {
  let name: StaticString
  let kernel: CompareKernel

  @inline(__always)
  func callAsFunction(_ x: Tensor, _ y: Tensor) -> Tensor {
    inOp(name) {
      let dtype = promotedType([x, y])
      let shape = checked { () throws(OpError) in try Layout.broadcast(x.shape, y.shape, op: name) }
      let device = commonDevice(x, y)
      let backend = Backends.of(device)
      let p = onDevice(x, device), q = onDevice(y, device)
      let out = Tensor(
        backend.allocate(Layout.ofPointwise(shape, p.layout(as: dtype), q.layout(as: dtype)), dtype: .bool))
      backend.compare(
        kernel, backend.cast(p, to: dtype).broadcast(to: shape), backend.cast(q, to: dtype).broadcast(to: shape),
        into: out.strided)
      return out
    }
  }

  func callAsFunction(_ x: Tensor, _ number: Scalar) -> Tensor {
    self(x, x.device == .cpu ? Tensor.number(number) : Tensor.number(number).to(x.device))
  }

  func inPlace(_ x: Tensor, _ number: Scalar) -> Tensor { inOp(name) { x.copy_(self(x, number)) } }

  func inPlace(_ x: Tensor, _ y: Tensor) -> Tensor {
    inOp(name) { x.copyInPlace(self(x, y), name) }
  }
}

extension CompareOp {
  static let eq = CompareOp(name: "eq", kernel: .eq)
  static let ne = CompareOp(name: "ne", kernel: .ne)
  static let lt = CompareOp(name: "lt", kernel: .lt)
  static let le = CompareOp(name: "le", kernel: .le)
  static let gt = CompareOp(name: "gt", kernel: .gt)
  static let ge = CompareOp(name: "ge", kernel: .ge)
  static let logicalAnd = CompareOp(name: "logical_and", kernel: .logicalAnd)
  static let logicalOr = CompareOp(name: "logical_or", kernel: .logicalOr)
  static let logicalXor = CompareOp(name: "logical_xor", kernel: .logicalXor)
}

extension Tensor {
  /// Whether elements are equal, as `torch.eq`. Broadcasts; so do the other comparisons.
  public func eq(_ other: Tensor) -> Tensor { CompareOp.eq(self, other) }
  public func eq(_ other: some TensorScalar) -> Tensor { CompareOp.eq(self, other.scalar) }
  @discardableResult public func eq_(_ other: Tensor) -> Tensor {
    CompareOp.eq.inPlace(self, other)
  }
  @discardableResult public func eq_(_ other: some TensorScalar) -> Tensor {
    CompareOp.eq.inPlace(self, other.scalar)
  }
  /// Whether elements differ, as `torch.ne`.
  public func ne(_ other: Tensor) -> Tensor { CompareOp.ne(self, other) }
  public func ne(_ other: some TensorScalar) -> Tensor { CompareOp.ne(self, other.scalar) }
  @discardableResult public func ne_(_ other: Tensor) -> Tensor {
    CompareOp.ne.inPlace(self, other)
  }
  @discardableResult public func ne_(_ other: some TensorScalar) -> Tensor {
    CompareOp.ne.inPlace(self, other.scalar)
  }
  /// Whether elements are less, as `torch.lt`.
  public func lt(_ other: Tensor) -> Tensor { CompareOp.lt(self, other) }
  public func lt(_ other: some TensorScalar) -> Tensor { CompareOp.lt(self, other.scalar) }
  @discardableResult public func lt_(_ other: Tensor) -> Tensor {
    CompareOp.lt.inPlace(self, other)
  }
  @discardableResult public func lt_(_ other: some TensorScalar) -> Tensor {
    CompareOp.lt.inPlace(self, other.scalar)
  }
  /// Whether elements are less or equal, as `torch.le`.
  public func le(_ other: Tensor) -> Tensor { CompareOp.le(self, other) }
  public func le(_ other: some TensorScalar) -> Tensor { CompareOp.le(self, other.scalar) }
  @discardableResult public func le_(_ other: Tensor) -> Tensor {
    CompareOp.le.inPlace(self, other)
  }
  @discardableResult public func le_(_ other: some TensorScalar) -> Tensor {
    CompareOp.le.inPlace(self, other.scalar)
  }
  /// Whether elements are greater, as `torch.gt`.
  public func gt(_ other: Tensor) -> Tensor { CompareOp.gt(self, other) }
  public func gt(_ other: some TensorScalar) -> Tensor { CompareOp.gt(self, other.scalar) }
  @discardableResult public func gt_(_ other: Tensor) -> Tensor {
    CompareOp.gt.inPlace(self, other)
  }
  @discardableResult public func gt_(_ other: some TensorScalar) -> Tensor {
    CompareOp.gt.inPlace(self, other.scalar)
  }
  /// Whether elements are greater or equal, as `torch.ge`.
  public func ge(_ other: Tensor) -> Tensor { CompareOp.ge(self, other) }
  public func ge(_ other: some TensorScalar) -> Tensor { CompareOp.ge(self, other.scalar) }
  @discardableResult public func ge_(_ other: Tensor) -> Tensor {
    CompareOp.ge.inPlace(self, other)
  }
  @discardableResult public func ge_(_ other: some TensorScalar) -> Tensor {
    CompareOp.ge.inPlace(self, other.scalar)
  }

  /// Whether both are true, not zero, as `torch.logical_and`.
  public func logicalAnd(_ other: Tensor) -> Tensor { CompareOp.logicalAnd(self, other) }
  @discardableResult public func logicalAnd_(_ other: Tensor) -> Tensor {
    CompareOp.logicalAnd.inPlace(self, other)
  }
  /// Whether either is true, not zero, as `torch.logical_or`.
  public func logicalOr(_ other: Tensor) -> Tensor { CompareOp.logicalOr(self, other) }
  @discardableResult public func logicalOr_(_ other: Tensor) -> Tensor {
    CompareOp.logicalOr.inPlace(self, other)
  }
  /// Whether one of the two is true, as `torch.logical_xor`.
  public func logicalXor(_ other: Tensor) -> Tensor { CompareOp.logicalXor(self, other) }
  @discardableResult public func logicalXor_(_ other: Tensor) -> Tensor {
    CompareOp.logicalXor.inPlace(self, other)
  }

  /// Whether elements are zero, as `torch.logical_not`.
  public func logicalNot() -> Tensor { test("logical_not", .logicalNot) }
  @discardableResult public func logicalNot_() -> Tensor { inOp("logical_not_") { copy_(logicalNot()) } }
  /// Whether elements are NaN, as `torch.isnan`.
  public func isnan() -> Tensor { test("isnan", .isnan) }
  /// Whether elements are infinite, as `torch.isinf`.
  public func isinf() -> Tensor { test("isinf", .isinf) }
  /// Whether elements are neither infinite nor NaN, as `torch.isfinite`.
  public func isfinite() -> Tensor { test("isfinite", .isfinite) }
  /// Whether elements have their sign set, as `torch.signbit`.
  public func signbit() -> Tensor { test("signbit", .signbit) }

  private func test(_ name: StaticString, _ kernel: TestKernel) -> Tensor {
    inOp(name) {
      let out = Tensor(backend.allocate(like: strided, dtype: .bool))
      backend.test(kernel, strided, into: out.strided)
      return out
    }
  }

  /// Every bit flipped; logical not for bool. As `torch.bitwise_not`.
  /// - Precondition: whole numbers or bool.
  public func bitwiseNot() -> Tensor {
    inOp("bitwise_not") {
      if dtype == .bool { return logicalNot() }
      guard dtype.isInteger else { fault("bitwise_not", "takes whole numbers and bool, not \(dtype.name)") }
      let out = Tensor(backend.allocate(like: strided, dtype: dtype))
      backend.unary(.bitwiseNot, strided, a: 0, b: 0, into: out.strided)
      return out
    }
  }

  @discardableResult public func bitwiseNot_() -> Tensor { inOp("bitwise_not_") { copy_(bitwiseNot()) } }

  /// Whether two tensors have the same shape and equal elements, as `torch.equal`.
  public func equal(_ other: Tensor) -> Bool { shape == other.shape && eq(other).all().item() as Bool }

  /// Whether elements are close: `|self - other| <= atol + rtol * |other|`, as `torch.isclose`.
  public func isclose(_ other: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8, equalNan: Bool = false) -> Tensor {
    inOp("isclose") {
      let same = eq(other)
      guard dtype.isFloatingPoint else {
        let near = (to(.float64) - other.to(.float64)).abs() .<= (other.to(.float64).abs() * rtol + atol)
        return same.logicalOr(near)
      }
      let near = ((self - other).abs() .<= (other.abs() * rtol + atol)).logicalAnd(isfinite()).logicalAnd(
        other.isfinite())
      let close = same.logicalOr(near)
      return equalNan ? close.logicalOr(isnan().logicalAnd(other.isnan())) : close
    }
  }

  /// Whether all elements are close, as `torch.allclose`.
  public func allclose(_ other: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8, equalNan: Bool = false) -> Bool {
    isclose(other, rtol: rtol, atol: atol, equalNan: equalNan).all().item() as Bool
  }
}
