/// Exponentials below zero and a straight line above, with numbers for both: selu and celu.
///
/// `low * (exp(inside * x) - 1)` up to zero, `high * x` above.
struct ScaledELU: Op {
  let name: StaticString
  let low: Double, high: Double, inside: Double
  var node: StaticString { "elu" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    let x = inputs[0].widened
    if inside == 1 {
      // The kernel of elu does it in one pass.
      let curve = UnaryOp.elu(x, a: low / high)
      return [(high == 1 ? curve : curve * high).to(inputs[0].dtype)]
    }
    let isBelow = x .<= 0
    let curve = (Self.keep(x, isBelow) * inside).expm1() * low
    return [curve.where(isBelow, x * high).to(inputs[0].dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0].widened, slope = g.widened
    let isBelow = x .<= 0
    let curved = slope * ((Self.keep(x, isBelow) * inside).exp() * (low * inside))
    return [curved.where(isBelow, slope * high).to(saved[0].dtype)]
  }

  /// The side below zero; 0 keeps the other finite, which is not taken.
  private static func keep(_ x: Tensor, _ isBelow: Tensor) -> Tensor { x.where(isBelow, 0) }
}

/// Numbers moved towards zero by a bound; 0 within it.
struct SoftShrink: Op {
  let bound: Double
  var name: StaticString { "softshrink" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    let x = inputs[0].widened
    // Within the bound a product, so that NaN stays.
    let result = (x - bound).where(x .> bound, (x + bound).where(x .< -bound, x * 0))
    return [result.to(inputs[0].dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    return [g.maskedFill((x .>= -bound).logicalAnd(x .<= bound), value: 0)]
  }
}

extension Tensor {
  /// This tensor, overwritten by a function of it.
  private func become(_ inPlace: Bool, _ function: (Tensor) -> Tensor) -> Tensor {
    guard inPlace else { return function(self) }
    return copy_(function(requiresGrad ? clone() : self))
  }

  package func selu(inPlace: Bool) -> Tensor {
    // The numbers at which mean 0 and variance 1 stay.
    let alpha = 1.6732632423543772848170429916717, scale = 1.0507009873554804934193349852946
    return floatingOnly("selu") {
      become(inPlace) { ScaledELU(name: "selu", low: alpha * scale, high: scale, inside: 1)($0) }
    }
  }

  package func celu(alpha: Double, inPlace: Bool) -> Tensor {
    floatingOnly("celu") {
      guard alpha != 0 else { fault("celu", "alpha cannot be 0; got input \(signature)") }
      return become(inPlace) { ScaledELU(name: "celu", low: alpha, high: 1, inside: 1 / alpha)($0) }
    }
  }

  package func softshrink(bound: Double) -> Tensor {
    floatingOnly("softshrink") {
      guard bound >= 0 else { fault("softshrink", "lambd wants to be 0 or more, is \(bound)") }
      return SoftShrink(bound: bound)(self)
    }
  }

  package func hardshrink(bound: Double) -> Tensor {
    floatingOnly("hardshrink") { maskedFill((self .>= -bound).logicalAnd(self .<= bound), value: 0) }
  }

  /// As torch's `rrelu`: each number below zero times a slope of its own, drawn one after another.
  package func randomLeakyRelu(lower: Double, upper: Double, training: Bool, inPlace: Bool) -> Tensor {
    floatingOnly("rrelu") {
      guard lower <= upper, lower.isFinite, upper.isFinite else {
        fault("rrelu", "lower wants to be at most upper, both finite; they are \(lower) and \(upper)")
      }
      guard training else { return leakyRelu(slope: (lower + upper) / 2, inPlace: inPlace) }
      let slopes = noGrad {
        let slopes = Tensor.ones([numel()], dtype: dtype.widened, device: device)
        let places = (detach() .<= 0).reshape(-1).nonzero().reshape(-1)
        let drawn = Tensor.empty([places.numel()], dtype: .float64, device: device).uniform_(from: lower, to: upper)
        return slopes.scatter(dim: 0, index: places, src: drawn.to(slopes.dtype)).view(shape)
      }
      return become(inPlace) { ($0.widened * slopes).to(dtype) }
    }
  }

  private func floatingOnly(_ op: StaticString, _ body: () -> Tensor) -> Tensor {
    inOp(op) {
      guard isFloatingPoint() else {
        fault(OpError(op, "takes floating point, not \(dtype.name); convert first with float()"))
      }
      return body()
    }
  }
}
