// Activations with numbers of their own: each row with its gradient, the methods that `F` calls under them.

extension UnaryOp {
  static let leakyRelu = UnaryOp("leaky_relu", kernel: .leakyRelu, domain: .onlyFloating, saves: .input) { g, x, p in
    g.where(x .> 0, g * p.a)
  }
  static let elu = UnaryOp("elu", kernel: .elu, domain: .onlyFloating, saves: .input) { g, x, p in
    // Above zero the exponential would overflow into a product with zero. NaN lets the gradient through, as in PyTorch.
    let isBelow = x .<= 0
    return (g * (x.where(isBelow, 0).exp() * p.a)).where(isBelow, g)
  }
  static let softplus = UnaryOp("softplus", kernel: .softplus, domain: .onlyFloating, saves: .input) { g, x, p in
    g.where(x * p.a .> p.b, g * (x * p.a).sigmoid())
  }
  static let logSigmoid = UnaryOp("log_sigmoid", kernel: .logSigmoid, domain: .onlyFloating, saves: .input) { g, x in
    g * (-x).sigmoid()
  }
  static let hardtanh = UnaryOp("hardtanh", kernel: .clamp, domain: .numbers, saves: .input) { g, x, p in
    g.keptWhere(x, isAbove: p.a, andBelow: p.b)
  }
  static let hardswish = UnaryOp("hardswish", kernel: .hardswish, domain: .onlyFloating, saves: .input) { g, x in
    // As in PyTorch 2.15, a bound counts to the outside.
    let slope = (g.widened * (x.widened / 3 + 0.5)).to(x.dtype)
    return slope.where(x .< 3, g).where(x .> -3, 0)
  }
  static let hardsigmoid = UnaryOp("hardsigmoid", kernel: .hardsigmoid, domain: .onlyFloating, saves: .input) { g, x in
    (g / 6).where((x .> -3).logicalAnd(x .< 3), 0)
  }
  static let mish = UnaryOp("mish", kernel: .mish, domain: .onlyFloating, saves: .input) { g, x in
    // Half types are rounded once, as in PyTorch.
    let wide = x.widened, curve = UnaryOp.softplus(wide, a: 1, b: 20).tanh()
    return (g.widened * (curve + wide * wide.sigmoid() * (1 - curve * curve))).to(g.dtype)
  }
  static let threshold = UnaryOp("threshold", kernel: .threshold, domain: .numbers, saves: .input) { g, x, p in
    g.maskedFill(x .<= p.a, value: 0)
  }
}

extension Tensor {
  package func leakyRelu(slope: Double, inPlace: Bool) -> Tensor { activated(.leakyRelu, a: slope, inPlace) }
  package func elu(alpha: Double, inPlace: Bool) -> Tensor { activated(.elu, a: alpha, inPlace) }
  package func softplus(beta: Double, threshold: Double) -> Tensor { UnaryOp.softplus(self, a: beta, b: threshold) }
  package func logSigmoid() -> Tensor { UnaryOp.logSigmoid(self) }
  package func hardtanh(low: Double, high: Double, inPlace: Bool) -> Tensor {
    activated(.hardtanh, a: low, b: high, inPlace)
  }
  package func hardswish(inPlace: Bool) -> Tensor { activated(.hardswish, inPlace) }
  package func hardsigmoid(inPlace: Bool) -> Tensor { activated(.hardsigmoid, inPlace) }
  package func mish(inPlace: Bool) -> Tensor { activated(.mish, inPlace) }
  package func threshold(_ threshold: Double, value: Double, inPlace: Bool) -> Tensor {
    activated(.threshold, a: threshold, b: value, inPlace)
  }

  private func activated(_ row: UnaryOp, a: Double = 0, b: Double = 0, _ inPlace: Bool) -> Tensor {
    inPlace ? row.inPlace(self, a: a, b: b) : row(self, a: a, b: b)
  }

  /// This tensor, overwritten by a function of it.
  func become(_ inPlace: Bool, _ function: (Tensor) -> Tensor) -> Tensor {
    guard inPlace else { return function(self) }
    return copy_(function(requiresGrad ? clone() : self))
  }

  func floatingOnly(_ op: StaticString, _ body: () -> Tensor) -> Tensor {
    inOp(op) {
      guard isFloatingPoint() else {
        fault(OpError(op, "takes floating point, not \(dtype.name); convert first with float()"))
      }
      return body()
    }
  }
}
