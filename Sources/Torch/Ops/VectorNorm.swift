// Lengths of vectors, with gradients that are 0 where the length has no slope.

/// The p-norm along one dimension, which stays with size 1; floating point.
struct VectorNorm: Op {
  let p: Double
  let dim: Int
  var name: StaticString { "linalg_vector_norm" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    let x = inputs[0]
    let sums = x.dtype == .float16 || x.dtype == .bfloat16 ? x.float() : x
    return [Self.norm(sums, p, dim).to(x.dtype)]
  }

  private static func norm(_ x: Tensor, _ p: Double, _ dim: Int) -> Tensor {
    func sum(_ x: Tensor) -> Tensor { x.sum(dim: dim, keepdim: true) }
    switch p {
    case 0: return sum((x .!= 0).to(x.dtype))
    case 1: return sum(x.abs())
    case 2: return sum(x.square()).sqrt()
    case .infinity: return x.abs().amax(dim: dim, keepdim: true)
    case -.infinity: return x.abs().amin(dim: dim, keepdim: true)
    default: return sum(x.abs().pow(p)).pow(1 / p)
    }
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], norm = saved[1]
    func atZero(_ x: Tensor, _ mask: Tensor) -> Tensor { x.maskedFill(mask, value: 0) }
    switch p {
    case 0: return [Tensor.zeros(like: x)]
    case 1: return [x.sign() * g]
    case 2: return [g * atZero(x / norm, norm .== 0)]
    case .infinity, -.infinity:
      // Those that reach the extreme share the slope.
      let reached = (x.abs() .== norm).to(x.dtype)
      return [x.sign() * (g / reached.sum(dim: dim, keepdim: true) * reached)]
    case ..<1: return [x.sign() * atZero(x.abs().pow(p - 1), x .== 0) * g * norm.pow(1 - p)]
    case ..<2: return [x.sign() * x.abs().pow(p - 1) * atZero(g / norm.pow(p - 1), norm .== 0)]
    default: return [x * x.abs().pow(p - 2) * atZero(g / norm.pow(p - 1), norm .== 0)]
    }
  }
}

extension Tensor {
  /// The p-norm along one dimension, which stays with size 1. The dtype is floating point.
  package func vectorNorm(p: Double, dim: Int) -> Tensor {
    inOp("linalg_vector_norm") {
      if ndim == 0 { return reshape(1).vectorNorm(p: p, dim: 0).reshape([]) }
      return VectorNorm(p: p, dim: checked { () throws(OpError) in try strided.layout.wrap(dim, op: "norm") })(self)
    }
  }
}

extension Tensor {
  /// Two tensors in their common dtype and shape.
  package static func broadcast(_ x: Tensor, _ y: Tensor, op: StaticString) -> (Tensor, Tensor) {
    let dtype = promotedType(x, y)
    let shape = checked { () throws(OpError) in try Layout.broadcast(x.shape, y.shape, op: op) }
    return (x.to(dtype).expand(shape), y.to(dtype).expand(shape))
  }
}
