import Torch

extension F {
  /// The rows of a table at given positions, as `torch.nn.functional.embedding`.
  /// - Shape: input `[*]`, weight `[rows, size]`; the result is `[*, size]`.
  /// - Parameters:
  ///   - paddingIdx: a row whose gradient is 0; negative from the end.
  ///   - maxNorm: rows that are read and longer than this are shortened in `weight` itself first.
  ///   - normType: the p of the norm of `maxNorm`.
  ///   - scaleGradByFreq: whether a row's gradient is divided by how often it was read.
  ///   - sparse: sparse gradients, which do not exist here.
  /// - Precondition: `input` is int64 or int32 and names rows of `weight`; `sparse` is false.
  public static func embedding(
    _ input: Tensor, _ weight: Tensor, paddingIdx: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false, sparse: Bool = false
  ) -> Tensor {
    guard !sparse else { fault("embedding", "there are no sparse gradients; leave sparse at false") }
    if let maxNorm, weight.ndim == 2 { weight.embeddingRenorm_(input, maxNorm: maxNorm, normType: normType) }
    return weight.embedding(input, paddingIdx: paddingIdx, scaleGradByFreq: scaleGradByFreq)
  }

  /// Ones at given classes and zeros elsewhere, as `torch.nn.functional.one_hot`.
  /// - Shape: input `[*]`; the result is `[*, classes]`, int64.
  /// - Parameter numClasses: how many classes there are; -1 for one more than the largest in `input`.
  /// - Precondition: `input` is int64 and names classes from 0; it has elements where `numClasses` is -1.
  public static func oneHot(_ input: Tensor, numClasses: Int = -1) -> Tensor {
    inOp("one_hot") {
      let got = "; got input \(input.signature), numClasses \(numClasses)"
      guard input.dtype == .int64 else { fault("one_hot", "input wants int64; convert it with long()" + got) }
      guard input.numel() > 0 else {
        guard numClasses > 0 else { fault("one_hot", "an empty input does not tell the number of classes" + got) }
        return Tensor.zeros(Array(input.shape) + [numClasses], dtype: .int64, device: input.device)
      }
      let low: Int = input.amin().item(), high: Int = input.amax().item()
      guard low >= 0 else { fault("one_hot", "classes count from 0, there is \(low)" + got) }
      guard numClasses == -1 || numClasses > high else {
        fault("one_hot", "numClasses must be larger than the largest class, \(high)" + got)
      }
      let count = numClasses == -1 ? high + 1 : numClasses
      let zeros = Tensor.zeros(Array(input.shape) + [count], dtype: .int64, device: input.device)
      return zeros.scatter_(dim: -1, index: input.unsqueeze(-1), value: 1)
    }
  }
}
