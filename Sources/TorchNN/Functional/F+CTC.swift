import Torch

extension F {
  /// The negative log likelihood of labels whose places in time are not known, as `torch.nn.functional.ctc_loss`.
  ///
  /// Graves et al., "Connectionist Temporal Classification", 2006.
  /// - Parameters:
  ///   - logProbs: logarithms of the classes' probabilities at each step, as of ``logSoftmax(_:dim:dtype:)``.
  ///   - targets: the labels; all samples one after another, or a row for each.
  ///   - blank: the class that stands for no label.
  ///   - zeroInfinity: whether losses of samples too short for their labels count 0, with no gradient.
  /// - Shape: logProbs `[time, batch, classes]` or `[time, classes]`, targets `[batch, length]` or `[sum of lengths]`.
  /// - Precondition: the lengths fit; the labels name classes.
  public static func ctcLoss(
    _ logProbs: Tensor, _ targets: Tensor, inputLengths: [Int], targetLengths: [Int], blank: Int = 0,
    reduction: Reduction = .mean, zeroInfinity: Bool = false
  ) -> Tensor {
    logProbs.raised.ctcLoss(
      targets, inputLengths: inputLengths, targetLengths: targetLengths, blank: blank, reduction: reduction,
      zeroInfinity: zeroInfinity)
  }
  /// As ``ctcLoss(_:_:inputLengths:targetLengths:blank:reduction:zeroInfinity:)-(_,_,[Int],_,_,_,_)``, with tensors of
  /// lengths.
  public static func ctcLoss(
    _ logProbs: Tensor, _ targets: Tensor, inputLengths: Tensor, targetLengths: Tensor, blank: Int = 0,
    reduction: Reduction = .mean, zeroInfinity: Bool = false
  ) -> Tensor {
    ctcLoss(
      logProbs, targets, inputLengths: inputLengths.reshape(-1).array(Int.self),
      targetLengths: targetLengths.reshape(-1).array(Int.self), blank: blank, reduction: reduction,
      zeroInfinity: zeroInfinity)
  }
}
