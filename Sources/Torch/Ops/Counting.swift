// Counts: of values, of ranges of values, of what is not zero.

extension Tensor {
  /// How often each number from 0 on is there, or the sum of its weights, as `torch.bincount`.
  /// - Parameter minlength: the least size of the result, which ends with the largest number there is.
  /// - Shape: `[max(minlength, largest + 1)]`.
  /// - Precondition: a vector of whole numbers, none negative; one weight for each.
  public func bincount(weights: Tensor? = nil, minlength: Int = 0) -> Tensor {
    inOp("bincount") {
      guard ndim == 1, dtype.isInteger else { fault("bincount", "wants a vector of whole numbers, got \(signature)") }
      guard minlength >= 0 else { fault("bincount", "minlength cannot be negative, got \(minlength)") }
      if let weights, weights.shape != shape {
        fault("bincount", "wants one weight for each number; got \(weights.shape.brackets) for \(shape.brackets)")
      }
      if numel() == 0 { return Tensor.zeros([minlength], dtype: .int64) }
      return noGrad {
        let numbers = long()
        let low: Int = numbers.min().item(), high: Int = numbers.max().item()
        guard low >= 0 else { fault("bincount", "numbers cannot be negative, got \(low)") }
        guard high < Int.max else { fault("bincount", "a result of \(high) and one more is larger than any memory") }
        let size = Swift.max(minlength, high + 1)
        let added = weights.map { $0.dtype == .float32 ? $0 : $0.double() } ?? Tensor.ones([1], dtype: .int64)
        return Tensor.zeros([size], dtype: added.dtype)
          .indexAdd_(dim: 0, index: numbers, source: added.detach().expand(numel()))
      }
    }
  }

  /// How many elements lie in each of equal ranges from `min` to `max`, as `torch.histc`; those beyond count nowhere.
  ///
  /// Where `min` and `max` are equal they are the smallest and the largest element.
  /// - Shape: `[bins]`, of this tensor's dtype.
  /// - Precondition: floating point; at least 1 bin; `min` is not above `max`, and both are finite.
  public func histc(bins: Int = 100, min: some TensorScalar = 0, max: some TensorScalar = 0) -> Tensor {
    inOp("histc") {
      guard dtype.isFloatingPoint else {
        fault("histc", "wants floating point, got \(dtype.name); convert with float()")
      }
      guard bins > 0 else { fault("histc", "wants at least 1 bin, got \(bins)") }
      return noGrad {
        let x = detach().flatten()
        var low = min.scalar.double, high = max.scalar.double
        if low == high && x.numel() > 0 { (low, high) = (x.min().item(), x.max().item()) }
        if low == high { (low, high) = (low - 1, high + 1) }
        guard low.isFinite, high.isFinite else { fault("histc", "the range from \(low) to \(high) is not finite") }
        guard low < high else { fault("histc", "max must be larger than min, got \(low) and \(high)") }
        let first = Tensor.full([], low, dtype: dtype), last = Tensor.full([], high, dtype: dtype)
        let inside = x.maskedSelect((x .>= first) & (x .<= last))
        let places = inside.sub(first).mul(bins).div(last - first).long().clamp(min: 0, max: bins - 1)
        return places.bincount(minlength: bins).to(dtype)
      }
    }
  }

  /// How many elements are not zero, as `torch.count_nonzero`.
  /// - Parameter dim: along these dimensions; empty for all.
  public func countNonzero(dim: [Int] = []) -> Tensor { inOp("count_nonzero") { ne(0).sum(dim: dim) } }
  /// As ``countNonzero(dim:)-([Int])``, along one dimension.
  public func countNonzero(dim: Int) -> Tensor { countNonzero(dim: [dim]) }
}
