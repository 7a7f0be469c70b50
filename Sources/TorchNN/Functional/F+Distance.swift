import Torch

extension F {
  /// Vectors along a dimension divided by their p-norm, as `torch.nn.functional.normalize`.
  /// - Parameter eps: the smallest norm that is divided by.
  /// - Precondition: the dtype is floating point.
  public static func normalize(_ input: Tensor, p: Double = 2, dim: Int = 1, eps: Double = 1e-12) -> Tensor {
    inOp("normalize") {
      guard input.dtype.isFloatingPoint else {
        fault("normalize", "input wants a floating point dtype; got \(input.signature)")
      }
      return input / input.norm(p: p, dim: dim, keepdim: true).clamp(min: eps)
    }
  }

  /// The cosine of the angle between vectors along a dimension, as `torch.nn.functional.cosine_similarity`. Broadcasts.
  /// - Parameter eps: the smallest length that is divided by.
  /// - Precondition: the common dtype is floating point.
  public static func cosineSimilarity(_ x1: Tensor, _ x2: Tensor, dim: Int = 1, eps: Double = 1e-8) -> Tensor {
    inOp("cosine_similarity") {
      let got = "; got \(x1.signature) and \(x2.signature)"
      let (x, y) = broadcastPair(x1, x2, op: "cosine_similarity")
      guard x.dtype.isFloatingPoint else { fault("cosine_similarity", "the common dtype must be floating point" + got) }
      func unit(_ x: Tensor) -> Tensor {
        let length = x.norm(p: 2, dim: dim, keepdim: true).clone()
        // The bound is not part of the derivative.
        noGrad { length.clamp_(min: eps) }
        return x / length
      }
      return (unit(x) * unit(y)).sum(dim: dim)
    }
  }

  /// The p-norm of the differences of vectors, the last dimension, as `torch.nn.functional.pairwise_distance`. Broadcasts.
  /// - Parameter eps: added to each difference.
  /// - Precondition: the common dtype is floating point.
  public static func pairwiseDistance(
    _ x1: Tensor, _ x2: Tensor, p: Double = 2, eps: Double = 1e-6, keepdim: Bool = false
  ) -> Tensor {
    inOp("pairwise_distance") {
      let difference = x1 - x2 + eps
      guard Swift.max(x1.ndim, x2.ndim) > 0 else {
        fault("pairwise_distance", "vectors want at least 1 dimension; got \(x1.signature) and \(x2.signature)")
      }
      let distance = difference.norm(p: p, dim: -1, keepdim: true)
      return keepdim ? distance : distance.squeeze(-1)
    }
  }
}

extension F {
  /// The p-norms of the differences between all pairs of rows, as `torch.nn.functional.pdist`.
  /// - Shape: input `[n, size]`; the result is `[n * (n - 1) / 2]`, the pairs in the order of rows.
  /// - Precondition: the input is floating point; `p` is not negative.
  public static func pdist(_ input: Tensor, p: Double = 2) -> Tensor { input.pdist(p: p) }
}
