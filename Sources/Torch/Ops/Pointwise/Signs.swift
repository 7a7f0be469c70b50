// Signs, angles and tests of one tensor.

extension UnaryOp {
  static let sgn = UnaryOp("sgn", kernel: .sign, domain: .any, saves: .nothing) { g, _ in Tensor.zeros(like: g) }
  static let deg2rad = UnaryOp("deg2rad", kernel: .mulScalar, saves: .nothing) { g, _, p in g * p.a }
  static let rad2deg = UnaryOp("rad2deg", kernel: .mulScalar, saves: .nothing) { g, _, p in g * p.a }
}

extension Tensor {
  /// -1, 0 or 1 by the sign of every element, as `torch.sgn`.
  public func sgn() -> Tensor { UnaryOp.sgn(self) }
  @discardableResult public func sgn_() -> Tensor { UnaryOp.sgn.inPlace(self) }

  /// The tensor itself, as `torch.positive`.
  /// - Precondition: not bool.
  public func positive() -> Tensor {
    if dtype == .bool { fault("positive", "takes numbers, not bool; convert with to(.uint8)") }
    return self
  }

  /// Degrees as radians, as `torch.deg2rad`; whole numbers give float32.
  public func deg2rad() -> Tensor { UnaryOp.deg2rad(floating(), a: 0.017453292519943295) }
  @discardableResult public func deg2rad_() -> Tensor { UnaryOp.deg2rad.inPlace(self, a: 0.017453292519943295) }
  /// Radians as degrees, as `torch.rad2deg`; whole numbers give float32.
  public func rad2deg() -> Tensor { UnaryOp.rad2deg(floating(), a: 57.29577951308232) }
  @discardableResult public func rad2deg_() -> Tensor { UnaryOp.rad2deg.inPlace(self, a: 57.29577951308232) }

  private func floating() -> Tensor { dtype.isFloatingPoint ? self : float() }

  /// Whether elements are positive infinity, as `torch.isposinf`.
  public func isposinf() -> Tensor { inOp("isposinf") { eq(Double.infinity) } }
  /// Whether elements are negative infinity, as `torch.isneginf`.
  public func isneginf() -> Tensor { inOp("isneginf") { eq(-Double.infinity) } }
  /// Whether elements are real numbers, which all are here, as `torch.isreal`.
  public func isreal() -> Tensor { inOp("isreal") { Tensor.ones(like: self, dtype: .bool) } }
}
