/// Linear algebra, as `torch.linalg`.
public enum Linalg {
  /// The matrix product, as `torch.linalg.matmul`; see ``Tensor/matmul(_:)``.
  public static func matmul(_ input: Tensor, _ other: Tensor) -> Tensor { input.matmul(other) }

  /// The cross products of vectors of three along a dimension, as `torch.linalg.cross`. Broadcasts.
  /// - Precondition: one dtype, not bool; equally many dimensions; `dim` has size 3.
  public static func cross(_ input: Tensor, _ other: Tensor, dim: Int = -1) -> Tensor {
    inOp("linalg_cross") { input.crossed(other, dim, "linalg_cross") }
  }

  /// The sums of products along a dimension, as `torch.linalg.vecdot`. Broadcasts.
  /// - Precondition: floating point of one dtype.
  public static func vecdot(_ x: Tensor, _ y: Tensor, dim: Int = -1) -> Tensor {
    inOp("linalg_vecdot") {
      let x = x.lowered, y = y.lowered
      guard x.dtype.isFloatingPoint, x.dtype == y.dtype else {
        fault("linalg_vecdot", "wants floating point of one dtype, got \(x.signature) and \(y.signature)")
      }
      return (x.widened * y.widened).sum(dim: dim).to(x.dtype)
    }
  }

  /// The p-norm of the vectors along dimensions, all by default, as `torch.linalg.vector_norm`.
  ///
  /// - Parameters:
  ///   - ord: 2 for the Euclidean length; infinity for the largest magnitude, 0 for how many elements are not zero.
  ///   - dtype: convert to it first.
  /// - Precondition: floating point; `dtype` is not narrower; an infinite or negative `ord` wants at least one element.
  public static func vectorNorm(
    _ x: Tensor, ord: Double = 2, dim: [Int] = [], keepdim: Bool = false, dtype: DType? = nil
  ) -> Tensor {
    inOp("linalg_vector_norm") {
      if let dtype, !dtype.isFloatingPoint || DType.promote(x.dtype, dtype) != dtype {
        fault("linalg_vector_norm", "\(x.dtype.name) cannot become \(dtype.name) without loss")
      }
      return x.norm(p: ord, dim: dim, keepdim: keepdim, dtype: dtype)
    }
  }
  /// As ``vectorNorm(_:ord:dim:keepdim:dtype:)-(_,_,[Int],_,_)``, along one dimension.
  public static func vectorNorm(
    _ x: Tensor, ord: Double = 2, dim: Int, keepdim: Bool = false, dtype: DType? = nil
  ) -> Tensor { vectorNorm(x, ord: ord, dim: [dim], keepdim: keepdim, dtype: dtype) }

  /// The product of matrices in the order that needs the fewest multiplications, as `torch.linalg.multi_dot`.
  /// - Shape: the first may be a vector, which counts as a row, and the last one, which counts as a column.
  /// - Precondition: at least two tensors of one dtype whose sizes fit.
  public static func multiDot(_ tensors: [Tensor]) -> Tensor {
    inOp("linalg_multi_dot") {
      let count = tensors.count
      guard count >= 2 else { fault("linalg_multi_dot", "wants at least 2 tensors, got \(count)") }
      let first = tensors[0], last = tensors[count - 1]
      for (i, x) in tensors.enumerated() {
        guard x.ndim == 2 || x.ndim == 1 && (i == 0 || i == count - 1) else {
          fault("linalg_multi_dot", "wants matrices, first and last may be vectors; tensor \(i) is \(x.shape.brackets)")
        }
      }
      var chain = tensors
      if first.ndim == 1 { chain[0] = first.unsqueeze(0) }
      if last.ndim == 1 { chain[count - 1] = last.unsqueeze(1) }
      for i in 1..<count where chain[i - 1].shape[1] != chain[i].shape[0] {
        fault(
          "linalg_multi_dot",
          "tensors \(i - 1) and \(i) do not fit, got \(tensors[i - 1].shape.brackets) and \(tensors[i].shape.brackets)")
      }
      let product = product(of: chain)
      var shape: [Int] = []
      if first.ndim == 2 { shape.append(product.shape[0]) }
      if last.ndim == 2 { shape.append(product.shape[1]) }
      return shape.count == 2 ? product : product.view(shape)
    }
  }

  /// The product of a chain of matrices, split where it costs least.
  private static func product(of chain: [Tensor]) -> Tensor {
    let count = chain.count
    let sizes = [Double(chain[0].shape[0])] + chain.map { Double($0.shape[1]) }
    // The least cost of the product of i...j and behind which one it is split.
    var cost = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    var split = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for length in 1..<count {
      for i in 0..<(count - length) {
        let j = i + length
        cost[i][j] = .infinity
        for k in i..<j {
          let total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
          if total < cost[i][j] { (cost[i][j], split[i][j]) = (total, k) }
        }
      }
    }
    func part(_ i: Int, _ j: Int) -> Tensor {
      i == j ? chain[i] : part(i, split[i][j]).mm(part(split[i][j] + 1, j))
    }
    return part(0, count - 1)
  }

  /// The diagonals of matrices, as a view whose last dimension they are, as `torch.linalg.diagonal`.
  public static func diagonal(_ A: Tensor, offset: Int = 0, dim1: Int = -2, dim2: Int = -1) -> Tensor {
    A.diagonal(offset: offset, dim1: dim1, dim2: dim2)
  }

  /// The powers 0 to `N - 1` of every element, as a new last dimension, as `torch.linalg.vander`; whole numbers give int64.
  /// - Parameter N: the size of the last dimension by default.
  /// - Precondition: not bool; `N` is at least 2.
  public static func vander(_ x: Tensor, N: Int? = nil) -> Tensor {
    inOp("linalg_vander") {
      guard x.dtype != .bool else { fault("linalg_vander", "takes numbers, not bool; convert with to(_:)") }
      let base = x.ndim == 0 ? x.unsqueeze(0) : x
      let count = N ?? base.shape[base.ndim - 1]
      guard count > 1 else { fault("linalg_vander", "N must be at least 2, got \(count)") }
      let powers = base.unsqueeze(-1).expand(Array(base.shape) + [count - 1]).cumprod(dim: -1)
      return Tensor.cat([Tensor.ones(Array(base.shape) + [1], dtype: powers.dtype, device: x.device), powers], dim: -1)
    }
  }
}
