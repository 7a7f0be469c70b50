// Sums and means that leave out what is not a number.

extension Tensor {
  /// Sums over dimensions, all by default, of what is not NaN, as `torch.nansum`; whole numbers and bool give int64.
  /// - Parameters:
  ///   - keepdim: keep the reduced dimensions with size one.
  ///   - dtype: convert to it before adding.
  public func nansum(dim: [Int] = [], keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    inOp("nansum") {
      let x = dtype.map { to($0) } ?? self
      guard x.dtype.isFloatingPoint else { return x.sum(dim: dim, keepdim: keepdim, dtype: dtype) }
      return x.maskedFill(x.isnan(), value: 0).sum(dim: dim, keepdim: keepdim).named("nansum")
    }
  }
  /// As ``nansum(dim:keepdim:dtype:)-([Int],Bool,DType?)``, over one dimension.
  public func nansum(dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    nansum(dim: [dim], keepdim: keepdim, dtype: dtype)
  }

  /// Means over dimensions, all by default, of what is not NaN, as `torch.nanmean`; NaN where there is nothing else.
  /// - Precondition: floating point.
  public func nanmean(dim: [Int] = [], keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    inOp("nanmean") {
      guard self.dtype.isFloatingPoint else {
        fault("nanmean", "takes floating point, not \(self.dtype.name); convert first, for instance with float()")
      }
      let count = isnan().logicalNot().sum(dim: dim, keepdim: keepdim)
      return nansum(dim: dim, keepdim: keepdim, dtype: dtype) / count
    }
  }
  /// As ``nanmean(dim:keepdim:dtype:)-([Int],Bool,DType?)``, over one dimension.
  public func nanmean(dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    nanmean(dim: [dim], keepdim: keepdim, dtype: dtype)
  }
}
