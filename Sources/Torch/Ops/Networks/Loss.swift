// Losses, composed of other ops.

/// What becomes of the losses of a batch, as the `reduction` argument of torch.
public enum Reduction: String, Sendable {
  /// One loss per element.
  case none
  /// The mean, weighted where there are weights.
  case mean
  case sum
  /// The sum over the number of samples; for `klDiv` alone.
  case batchmean
}

extension Tensor {
  package func reduced(_ reduction: Reduction) -> Tensor {
    switch reduction {
    case .none: self
    case .mean: mean()
    case .sum: sum()
    case .batchmean: fault("loss", "the reduction batchmean is for klDiv alone; use mean or sum")
    }
  }

  /// Negative log likelihood of labels, as `torch.nn.functional.nll_loss`; `self` holds logarithms of probabilities.
  package func nllLoss(_ target: Tensor, weight: Tensor?, ignoreIndex: Int, reduction: Reduction) -> Tensor {
    inOp("nll_loss") {
      let labels = Labels(target, for: self, weight: weight, ignoreIndex: ignoreIndex, op: "nll_loss")
      return NLLLoss(labels: labels, reduction: reduction)(self)
    }
  }

  /// Cross entropy of scores with labels or with probabilities, as `torch.nn.functional.cross_entropy`.
  package func crossEntropy(
    _ target: Tensor, weight: Tensor?, ignoreIndex: Int, reduction: Reduction, labelSmoothing: Double
  ) -> Tensor {
    inOp("cross_entropy") {
      let got = "; got input \(signature), target \(target.signature)"
      guard isFloatingPoint() else { fault("cross_entropy", "input wants floating point scores" + got) }
      guard ndim > 0 else { fault("cross_entropy", "input wants at least 1 dimension, the classes" + got) }
      guard labelSmoothing >= 0, labelSmoothing <= 1 else {
        fault("cross_entropy", "labelSmoothing is between 0 and 1, got \(labelSmoothing)")
      }
      let classDim = ndim == 1 ? 0 : 1, classes = shape[classDim]
      if target.isFloatingPoint() {
        guard target.shape == shape else {
          fault("cross_entropy", "probabilities want the shape of the input, or labels the dtype int64" + got)
        }
        let weights = checkedWeight(weight, classes: classes, op: "cross_entropy")
        let scores = logSoftmax(dim: classDim)
        let wanted = labelSmoothing > 0 ? target * (1 - labelSmoothing) + labelSmoothing / Double(classes) : target
        let products = (weights.map { scores * $0.alongClasses(ndim, classDim) } ?? scores) * wanted
        guard reduction == .mean else { return -(reduction == .sum ? products.sum() : products.sum(dim: classDim)) }
        return -(products.sum() / Double(numel() / Swift.max(classes, 1)))
      }
      let labels = Labels(target, for: self, weight: weight, ignoreIndex: ignoreIndex, op: "cross_entropy")
      let scores = logSoftmax(dim: classDim)
      let likely = NLLLoss(labels: labels, reduction: reduction)(scores)
      guard labelSmoothing > 0 else { return likely }
      let weighted = weight.map { scores * $0.alongClasses(ndim, classDim) } ?? scores
      let smooth = labels.reduce(weighted.sum(dim: classDim).neg(), reduction, isWeighted: true)
      return likely * (1 - labelSmoothing) + smooth * (labelSmoothing / Double(classes))
    }
  }

  /// One number per class, shaped to stretch over a batch.
  fileprivate func alongClasses(_ rank: Int, _ classDim: Int) -> Tensor {
    var sizes = [Int](repeating: 1, count: rank)
    sizes[classDim] = numel()
    return view(sizes)
  }

  func checkedWeight(_ weight: Tensor?, classes: Int, op: StaticString) -> Tensor? {
    guard let weight else { return nil }
    guard weight.shape == [classes], weight.dtype == dtype else {
      fault(
        OpError(
          op,
          "weight wants one \(dtype.name) for each of \(classes) classes; got weight \(weight.signature), "
            + "input \(signature)"
        ))
    }
    return weight
  }
}
