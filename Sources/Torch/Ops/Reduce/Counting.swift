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
      if numel() == 0 { return Tensor.zeros([minlength], dtype: .int64, device: device) }
      return noGrad {
        let numbers = long()
        // As real numbers, whose extremes come faster; those that these do not hold are too large in any case.
        let reals = numbers.double()
        let low: Double = reals.min().item(), high: Double = reals.max().item()
        guard low >= 0 else { fault("bincount", "numbers cannot be negative, got \(Int(low))") }
        guard high < 1e15 else { fault("bincount", "a count for each number to \(high) is larger than any memory") }
        let size = Swift.max(minlength, Int(high) + 1)
        let added =
          weights.map { $0.dtype == .float32 ? $0 : $0.double() } ?? Tensor.ones([1], dtype: .int64, device: device)
        return Tensor.zeros([size], dtype: added.dtype, device: device)
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
        // The upper end belongs to the last bin. A range that the dtype does not resolve makes NaN.
        let places = inside.sub(first).mul(bins).div(last - first).double()
          .fmax(Tensor.zeros([], dtype: .float64)).clamp(max: Double(bins) - 0.5)
        return places.long().bincount(minlength: bins).to(dtype)
      }
    }
  }

  /// How many elements are not zero, as `torch.count_nonzero`.
  /// - Parameter dim: along these dimensions; empty for all.
  public func countNonzero(dim: [Int] = []) -> Tensor {
    // Real numbers add up faster; these hold every count exactly.
    inOp("count_nonzero") { ne(0).to(numel() < 1 << 24 ? .float32 : .float64).sum(dim: dim).long() }
  }
  /// As ``countNonzero(dim:)-([Int])``, along one dimension.
  public func countNonzero(dim: Int) -> Tensor { countNonzero(dim: [dim]) }
}
