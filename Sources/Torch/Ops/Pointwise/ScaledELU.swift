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

extension Tensor {
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
}
