// Lengths of vectors.

/// The p-norm of the vectors along dimensions.
struct VectorNorm: Op {
  let p: Double
  /// All of them where all are meant.
  let dims: [Int]
  let keepdim: Bool
  var name: StaticString { "linalg_vector_norm" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    // Half types add up in float32 and are rounded once.
    return [length(inputs[0].widened).to(inputs[0].dtype)]
  }

  private func length(_ x: Tensor) -> Tensor {
    switch p {
    case 0: x.ne(0).sum(dim: dims, keepdim: keepdim, dtype: x.dtype)
    case 1: x.abs().sum(dim: dims, keepdim: keepdim)
    case 2: (quickSquares(x) ?? x.square().sum(dim: dims, keepdim: keepdim)).sqrt()
    case .infinity: x.abs().amax(dim: dims, keepdim: keepdim)
    case -.infinity: x.abs().amin(dim: dims, keepdim: keepdim)
    default: x.abs().pow(p).sum(dim: dims, keepdim: keepdim).pow(1 / p)
    }
  }

  /// The sums of squares of the last dimensions in one pass; nil where the numbers do not lie side by side.
  private func quickSquares(_ x: Tensor) -> Tensor? {
    let first = x.ndim - dims.count, columns = x.shape[first...].reduce(1, *)
    guard x.device == .cpu, x.dtype == .float32 || x.dtype == .float64, x.strided.isContiguous, x.numel() > 0,
      columns >= 16, columns <= 65536, dims.sorted() == Array(first..<x.ndim)
    else { return nil }
    let out = Tensor(shape: reducedShape(x.shape, dims, keepdim: keepdim), dtype: x.dtype, device: .cpu)
    CPUBackend.shared.rowSquares(x.strided, into: out.strided)
    return out
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let given = gradients[0] else { return [] }
    let x = saved[0]
    func wide(_ t: Tensor) -> Tensor { keepdim ? t : t.view(reducedShape(x.shape, dims, keepdim: true)) }
    let g = wide(given), norm = wide(saved[1])
    // Where the vector is zero the norm has a corner, and PyTorch takes 0.
    func unlessZero(_ t: Tensor) -> Tensor { t.maskedFill(norm.eq(0), value: 0) }
    switch p {
    // As in PyTorch, a count has no gradient, not even zeros.
    case 0: return [nil]
    case 1: return [x.sign() * g]
    case 2: return [g * unlessZero(x / norm)]
    case .infinity, -.infinity:
      let largest = x.abs().eq(norm)
      return [
        x.sign() * (g / largest.sum(dim: dims, keepdim: true).to(x.dtype)).maskedFill(largest.logicalNot(), value: 0)
      ]
    default: break
    }
    if p < 1 {
      let slope = x.sign() * x.abs().pow(p - 1).maskedFill(x.eq(0), value: 0)
      return [slope * unlessZero(g * norm.pow(1 - p))]
    }
    if p < 2 { return [x.sign() * x.abs().pow(p - 1) * unlessZero(g / norm.pow(p - 1))] }
    return [x * x.abs().pow(p - 2) * unlessZero(g / norm.pow(p - 1))]
  }
}

extension Tensor {
  /// The p-norm of the vectors along dimensions, as `torch.norm`.
  ///
  /// - Parameters:
  ///   - p: 2 for the Euclidean length; infinity for the largest magnitude, 0 for how many elements are not zero.
  ///   - dim: the dimensions of a vector; all where none is given.
  ///   - dtype: convert to it first.
  /// - Precondition: the dtype is floating point; an infinite or negative `p` wants at least one element.
  public func norm(p: Double = 2, dim: [Int] = [], keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    inOp("norm") {
      let x = dtype.map { to($0) } ?? self
      guard x.dtype.isFloatingPoint else {
        fault("norm", "takes floating point, not \(x.dtype.name); convert first, for instance with float()")
      }
      let dims = reducedDims(dim, of: x, op: "norm")
      if p < 0 || p == .infinity, dims.contains(where: { x.shape[$0] == 0 }) {
        fault("norm", "the norm of no elements has no value for p \(p); got \(x.shape.brackets)")
      }
      return VectorNorm(p: p, dims: dims, keepdim: keepdim)(x)
    }
  }
  /// As ``norm(p:dim:keepdim:dtype:)-(Double,[Int],Bool,DType?)``, along one dimension.
  public func norm(p: Double = 2, dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    norm(p: p, dim: [dim], keepdim: keepdim, dtype: dtype)
  }
}

/// A norm that ``Tensor/norm(p:dim:keepdim:dtype:)-(NormName,[Int],_,_)`` calls by name, as the `p` argument of torch.
public enum NormName: String, Sendable {
  /// Frobenius: the Euclidean length of all elements.
  case fro
}

extension Tensor {
  /// The norm of a name, over at most two dimensions where any is given, as `torch.norm`.
  /// - Precondition: floating point.
  public func norm(p: NormName, dim: [Int] = [], keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    guard dim.count <= 2 else { fault("norm", "of a matrix wants two dimensions, got \(dim)") }
    return norm(p: 2, dim: dim, keepdim: keepdim, dtype: dtype)
  }
  /// As ``norm(p:dim:keepdim:dtype:)-(NormName,[Int],_,_)``, over one dimension.
  public func norm(p: NormName, dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    norm(p: p, dim: [dim], keepdim: keepdim, dtype: dtype)
  }

  /// The p-norm of the difference, as `torch.dist`. Broadcasts.
  /// - Precondition: one of the two is floating point; an infinite or negative `p` wants at least one element.
  public func dist(_ other: Tensor, p: Double = 2) -> Tensor {
    inOp("dist") { (self - other).norm(p: p).named("dist") }
  }

  /// The slices along a dimension, those with a p-norm above `maxnorm` brought down to it, as `torch.renorm`.
  /// - Precondition: floating point with at least two dimensions; `p` is positive, `maxnorm` not negative.
  public func renorm(p: Double, dim: Int, maxnorm: Double) -> Tensor {
    inOp("renorm") {
      guard ndim >= 2 else { fault("renorm", "wants at least two dimensions, got \(shape.brackets)") }
      guard p > 0 else { fault("renorm", "p must be positive, got \(p)") }
      guard maxnorm >= 0 else { fault("renorm", "maxnorm cannot be negative, got \(maxnorm)") }
      let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "renorm") }
      let others = (0..<ndim).filter { $0 != along }
      let x = widened, length = x.norm(p: p, dim: others, keepdim: true)
      let factor = (maxnorm / (length + 1e-7)).where(length .> maxnorm, 1)
      return (x * factor).to(dtype)
    }
  }
  @discardableResult
  public func renorm_(p: Double, dim: Int, maxnorm: Double) -> Tensor {
    inOp("renorm_") { copyInPlace(renorm(p: p, dim: dim, maxnorm: maxnorm), "renorm") }
  }
}
