// Held on one side only.

extension BinaryOp {
  static let clampMin = BinaryOp(
    "clamp_min", node: "clamp_min.1", kernel: .maximum, x: maximum.x, y: maximum.y)
  static let clampMax = BinaryOp(
    "clamp_max", node: "clamp_max.1", kernel: .minimum, x: minimum.x, y: minimum.y)
}

extension UnaryOp {
  static let clampMin = UnaryOp("clamp_min", kernel: .clamp, domain: .numbers, saves: .input) { g, x, p in
    g.where(x .> p.a, 0)
  }
  static let clampMax = UnaryOp("clamp_max", kernel: .clamp, domain: .numbers, saves: .input) { g, x, p in
    g.where(x .< p.b, 0)
  }
}

extension Tensor {
  /// Every element, or `min` where it is less, as `torch.clamp_min`.
  /// - Precondition: no bool beside a bool number.
  public func clampMin(_ min: some TensorScalar) -> Tensor {
    heldBy(min.scalar, UnaryOp.clampMin) { UnaryOp.clampMin($0, a: $1, b: .infinity) }
  }
  /// The larger of every element and its own bound, as `torch.clamp_min`. Broadcasts.
  public func clampMin(_ min: Tensor) -> Tensor { BinaryOp.clampMin(self, min) }
  @discardableResult public func clampMin_(_ min: some TensorScalar) -> Tensor {
    heldInPlace(min.scalar, UnaryOp.clampMin) { UnaryOp.clampMin.inPlace($0, a: $1, b: .infinity) }
  }
  @discardableResult public func clampMin_(_ min: Tensor) -> Tensor { BinaryOp.clampMin.inPlace(self, min) }

  /// Every element, or `max` where it is more, as `torch.clamp_max`.
  /// - Precondition: no bool beside a bool number.
  public func clampMax(_ max: some TensorScalar) -> Tensor {
    heldBy(max.scalar, UnaryOp.clampMax) { UnaryOp.clampMax($0, a: -.infinity, b: $1) }
  }
  /// The smaller of every element and its own bound, as `torch.clamp_max`. Broadcasts.
  public func clampMax(_ max: Tensor) -> Tensor { BinaryOp.clampMax(self, max) }
  @discardableResult public func clampMax_(_ max: some TensorScalar) -> Tensor {
    heldInPlace(max.scalar, UnaryOp.clampMax) { UnaryOp.clampMax.inPlace($0, a: -.infinity, b: $1) }
  }
  @discardableResult public func clampMax_(_ max: Tensor) -> Tensor { BinaryOp.clampMax.inPlace(self, max) }

  /// A fractional bound makes whole numbers float32; a NaN makes every element NaN.
  private func heldBy(_ bound: Scalar, _ row: UnaryOp, _ body: (Tensor, Double) -> Tensor) -> Tensor {
    inOp(row.name) {
      let x = to(promotedType(self, bound))
      return bound.double.isNaN ? x * Double.nan : body(x, bound.double)
    }
  }

  private func heldInPlace(_ bound: Scalar, _ row: UnaryOp, _ body: (Tensor, Double) -> Tensor) -> Tensor {
    inOp(row.name) {
      let result = promotedType(self, bound)
      guard result.category <= dtype.category else {
        fault(
          OpError(
            row.name,
            "the result is \(result.name) and cannot be written into a \(dtype.name) tensor; use the out-of-place form")
        )
      }
      return bound.double.isNaN ? mul_(Double.nan) : body(self, bound.double)
    }
  }
}
