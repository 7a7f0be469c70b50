// How variables vary together.

extension Tensor {
  /// The covariances of variables, which are the rows, over observations, which are the columns, as `torch.cov`.
  ///
  /// - Parameters:
  ///   - correction: taken off the number of observations; 1 gives the unbiased estimate.
  ///   - fweights: how often each observation was made, whole numbers.
  ///   - aweights: how much each observation counts, floating point.
  /// - Shape: `[variables, observations]` gives `[variables, variables]`; a vector is one variable and gives one number.
  /// - Precondition: at most two dimensions; not bool; weights are vectors with one number for each observation, none negative.
  public func cov(correction: Int = 1, fweights: Tensor? = nil, aweights: Tensor? = nil) -> Tensor {
    inOp("cov") {
      guard ndim <= 2 else { fault("cov", "wants at most two dimensions, got \(shape.brackets)") }
      guard dtype != .bool else { fault("cov", "takes numbers, not bool; convert with to(_:)") }
      let x = ndim < 2 ? reshape(1, -1) : self
      let count = x.shape[1]
      if let fweights {
        checkWeights(fweights, "fweights", count)
        guard fweights.dtype.isInteger else { fault("cov", "fweights are whole numbers, not \(fweights.dtype.name)") }
      }
      if let aweights {
        checkWeights(aweights, "aweights", count)
        guard aweights.dtype.isFloatingPoint else {
          fault("cov", "aweights are floating point, not \(aweights.dtype.name); whole numbers are fweights")
        }
      }
      guard let weights = fweights.map({ f in aweights.map { f * $0 } ?? f }) ?? aweights else {
        let centered = x - x.sum(dim: 1, keepdim: true) / count
        return (centered.mm(centered.t()) / Swift.max(count - correction, 0)).squeeze()
      }
      let total = weights.sum()
      guard count == 0 || total.detach().to(.float64).item() as Double != 0 else {
        fault("cov", "the weights sum to zero and cannot be normalised")
      }
      var divisor = total - correction
      if let aweights, correction != 0 { divisor = total - (weights * aweights).sum() / total * correction }
      let mean = (x * weights).sum(dim: 1, keepdim: true) / total
      let centered = x - mean, weighted = centered * weights
      return (centered.to(weighted.dtype).mm(weighted.t()) / divisor.clamp(min: 0)).squeeze()
    }
  }

  private func checkWeights(_ weights: Tensor, _ what: String, _ count: Int) {
    guard weights.ndim <= 1, weights.numel() == count else {
      fault("cov", "\(what) want one number for each of \(count) observations, got \(weights.shape.brackets)")
    }
    if weights.detach().lt(0).any().item() as Bool { fault("cov", "\(what) cannot be negative") }
  }

  /// The correlations of variables, which are the rows, over observations, which are the columns, as `torch.corrcoef`.
  /// - Shape: `[variables, observations]` gives `[variables, variables]`; a vector is one variable and gives one number.
  /// - Precondition: at most two dimensions; not bool.
  public func corrcoef() -> Tensor {
    inOp("corrcoef") {
      guard ndim <= 2 else { fault("corrcoef", "wants at most two dimensions, got \(shape.brackets)") }
      let c = cov()
      if c.ndim == 0 { return c / c }
      let deviations = c.diagonal().sqrt()
      return (c / deviations.unsqueeze(1) / deviations.unsqueeze(0)).clamp(min: -1, max: 1)
    }
  }
}
