import Torch

// Lengths of vectors and the angles between them; labels as vectors.

extension F {
  /// Vectors of length 1, as `torch.nn.functional.normalize`.
  /// - Parameters:
  ///   - p: the norm that counts as length.
  ///   - eps: what a shorter vector is divided by.
  /// - Precondition: the dtype is floating point.
  public static func normalize(_ x: Tensor, p: Double = 2, dim: Int = 1, eps: Double = 1e-12) -> Tensor {
    inOp("normalize") { x / x.norm(p: p, dim: dim, keepdim: true).clamp(min: eps).expand(as: x) }
  }

  /// The cosine of the angle between vectors, as `torch.nn.functional.cosine_similarity`.
  /// - Parameter eps: the least length that a vector is divided by.
  /// - Shape: x1 and x2 broadcast; the result lacks `dim`.
  /// - Precondition: the dtype that both promote to is floating point.
  public static func cosineSimilarity(_ x1: Tensor, _ x2: Tensor, dim: Int = 1, eps: Double = 1e-8) -> Tensor {
    inOp("cosine_similarity") {
      let (x, y) = broadcastPair(x1, x2, op: "cosine_similarity")
      guard x.isFloatingPoint() else {
        fault("cosine_similarity", "takes floating point; got x1 \(x1.signature), x2 \(x2.signature)")
      }
      /// The gradient is that of the length itself where it is shorter than `eps`, too.
      func length(_ t: Tensor) -> Tensor {
        let norm = t.norm(p: 2, dim: dim, keepdim: true).clone()
        return noGrad { norm.clamp_(min: eps) }
      }
      return ((x / length(x)) * (y / length(y))).sum(dim: dim)
    }
  }

  /// A vector with a single one for each label, as `torch.nn.functional.one_hot`.
  /// - Parameter numClasses: the length of the vectors; -1 for one more than the largest label.
  /// - Shape: labels `[...]`, int64; the result `[..., classes]`, int64.
  /// - Precondition: labels are 0 or more and less than `numClasses`.
  public static func oneHot(_ tensor: Tensor, numClasses: Int = -1) -> Tensor {
    inOp("one_hot") {
      let got = "; got \(tensor.signature), numClasses \(numClasses)"
      guard tensor.dtype == .int64 else { fault("one_hot", "labels want int64; convert with long()" + got) }
      guard numClasses == -1 || numClasses > 0 else { fault("one_hot", "numClasses wants 1 or more, or -1" + got) }
      if tensor.numel() == 0 {
        guard numClasses > 0 else { fault("one_hot", "no labels tell no number of classes; give numClasses" + got) }
        return Tensor.zeros(Array(tensor.shape) + [numClasses], dtype: .int64)
      }
      let low: Int = tensor.min().item(), high: Int = tensor.max().item()
      guard low >= 0 else { fault("one_hot", "labels want to be 0 or more, there is \(low)" + got) }
      guard numClasses == -1 || high < numClasses else {
        fault("one_hot", "label \(high) is not below numClasses" + got)
      }
      let classes = numClasses == -1 ? high + 1 : numClasses
      return Tensor.zeros(Array(tensor.shape) + [classes], dtype: .int64)
        .scatter_(dim: -1, index: tensor.unsqueeze(-1), value: 1)
    }
  }
}
