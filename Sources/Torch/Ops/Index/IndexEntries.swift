import CTorchRuntime

// Whole entries along one dimension, written or added at the positions that a vector names.

extension Tensor {
  /// How an op of whole entries speaks to the index ops: the tensor with at least one dimension, and its positions.
  func entries(_ op: StaticString, dim: Int, index: Tensor, takesInt32: Bool, countsFromEnd: Bool = false)
    -> (whole: Tensor, indexed: IndexedDims, index: Tensor)
  {
    let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: op) }
    guard index.ndim <= 1, index.dtype == .int64 || (takesInt32 && index.dtype == .int32) else {
      fault(
        OpError(
          op, "the index must be a vector of int64\(takesInt32 ? " or int32" : ""); got \(index.signature)"))
    }
    return (
      ndim == 0 ? reshape(1) : self, IndexedDims(dims: [along], countsFromEnd: countsFromEnd),
      index.long().reshape(-1)
    )
  }

  /// A fault unless `source` has one entry along `dim` for each position and is else as this tensor.
  func checkEntries(_ op: StaticString, _ source: Tensor, dim: Int, count: Int) {
    guard source.dtype == dtype else {
      fault(OpError(op, "source is \(source.dtype.name), the tensor \(dtype.name); convert one"))
    }
    let fits =
      source.ndim == ndim
      && (0..<ndim).allSatisfy { source.shape[$0] == ($0 == dim ? count : shape[$0]) }
    guard fits else {
      fault(
        OpError(
          op,
          "source must be as the tensor with \(count) along dim \(dim), one for each position; got source \(source.shape.brackets), tensor \(shape.brackets)"
        ))
    }
  }

  /// The tensor with entries written or added; this tensor itself where `inPlace`.
  private func writing(
    _ op: StaticString, _ source: Tensor, dim: Int, index: Tensor, accumulates: Bool, inPlace: Bool
  ) -> Tensor {
    let (whole, indexed, index) = entries(op, dim: dim, index: index, takesInt32: accumulates)
    // To index_add a 0-dim tensor is none of one element.
    if accumulates && source.ndim != ndim { checkEntries(op, source, dim: indexed.dims[0], count: index.numel()) }
    let source = source.ndim == 0 ? source.reshape(1) : source
    whole.checkEntries(op, source, dim: indexed.dims[0], count: index.numel())
    if accumulates && dtype.widened != dtype && ndim > 1 {
      // Rows of half types PyTorch adds up in float32 and rounds once.
      let sum = widened.writing(op, source.widened, dim: dim, index: index, accumulates: true, inPlace: false)
      return inPlace ? copy_(sum).namedWrite(op) : sum.to(dtype)
    }
    let write = IndexWrite(indexed: indexed, accumulates: accumulates, node: op)
    if inPlace {
      write.inPlace(whole, source, at: [index])
      return self
    }
    let result = write.apply([whole, source, index])[0]
    return ndim == 0 ? result.reshape([]).named(op) : result
  }

  /// As many times the source as `index_add` adds; whole numbers take a whole factor.
  private func times(_ alpha: Scalar) -> Tensor {
    switch dtype {
    case .bool: return alpha.bool ? self : logicalAnd(Tensor.zeros([], dtype: .bool))
    case _ where dtype.isInteger: return alpha.int64 == 1 ? self : mul(alpha.int64)
    default: return alpha.double == 1 ? self : mul(alpha.double)
    }
  }

  /// A copy with `alpha` times the entries of `source` added at positions along a dimension, as `torch.index_add`.
  /// - Shape: `index` is a vector; `source` has one entry for each position and is else as this tensor.
  /// - Precondition: `index` is int64 or int32 within bounds, none negative; the dtypes are equal.
  public func indexAdd(dim: Int, index: Tensor, source: Tensor, alpha: some TensorScalar = 1) -> Tensor {
    inOp("index_add") {
      writing("index_add", source.times(alpha.scalar), dim: dim, index: index, accumulates: true, inPlace: false)
    }
  }
  @discardableResult
  public func indexAdd_(dim: Int, index: Tensor, source: Tensor, alpha: some TensorScalar = 1) -> Tensor {
    inOp("index_add_") {
      writing("index_add", source.times(alpha.scalar), dim: dim, index: index, accumulates: true, inPlace: true)
    }
  }

  /// A copy with the entries of `source` written at positions along a dimension, as `torch.index_copy`.
  ///
  /// Where a position comes twice the later entry stays.
  /// - Shape: `index` is a vector; `source` has one entry for each position and is else as this tensor.
  /// - Precondition: `index` is int64 within bounds, none negative; the dtypes are equal.
  public func indexCopy(dim: Int, index: Tensor, source: Tensor) -> Tensor {
    inOp("index_copy") {
      writing("index_copy", source, dim: dim, index: index, accumulates: false, inPlace: false)
    }
  }
  @discardableResult
  public func indexCopy_(dim: Int, index: Tensor, source: Tensor) -> Tensor {
    inOp("index_copy_") {
      writing("index_copy", source, dim: dim, index: index, accumulates: false, inPlace: true)
    }
  }

  /// A copy with a number in the entries at positions along a dimension, as `torch.index_fill`.
  /// - Precondition: `index` is a vector of int64 from minus the size to below it; the number fits the dtype.
  public func indexFill(dim: Int, index: Tensor, value: some TensorScalar) -> Tensor {
    inOp("index_fill") { maskedFill(filledPlaces(dim, index), value: value).named("index_fill") }
  }
  /// As ``indexFill(dim:index:value:)-(_,_,TensorScalar)``, with a 0-dim tensor.
  public func indexFill(dim: Int, index: Tensor, value: Tensor) -> Tensor {
    inOp("index_fill") {
      checkFill(value)
      return maskedFill(filledPlaces(dim, index), value: value).named("index_fill.1")
    }
  }
  @discardableResult
  public func indexFill_(dim: Int, index: Tensor, value: some TensorScalar) -> Tensor {
    inOp("index_fill_") {
      value.scalar.checkFits(dtype, op: "index_fill", strictly: true)
      return fillEntries(dim, index, Tensor.full([], value, dtype: dtype), "index_fill")
    }
  }
  @discardableResult
  public func indexFill_(dim: Int, index: Tensor, value: Tensor) -> Tensor {
    inOp("index_fill_") {
      checkFill(value)
      if ct_grad_enabled() && value.requiresGrad {
        return copy_(indexFill(dim: dim, index: index, value: value)).namedWrite("index_fill.1")
      }
      return fillEntries(dim, index, value.to(dtype), "index_fill.1")
    }
  }

  private func checkFill(_ value: Tensor) {
    guard value.ndim == 0 else { fault("index_fill", "the value must be 0-dim, got shape \(value.shape.brackets)") }
  }

  private func fillEntries(_ dim: Int, _ index: Tensor, _ value: Tensor, _ node: StaticString) -> Tensor {
    let (whole, indexed, index) = entries(
      "index_fill", dim: dim, index: index, takesInt32: false, countsFromEnd: true)
    IndexWrite(indexed: indexed, accumulates: false, node: node).inPlace(whole, value, at: [index])
    return self
  }

  /// A mask, broadcasting to this tensor, of the entries at positions: one that comes twice is filled once, which the
  /// value's gradient must see.
  private func filledPlaces(_ dim: Int, _ index: Tensor) -> Tensor {
    let (whole, indexed, index) = entries(
      "index_fill", dim: dim, index: index, takesInt32: false, countsFromEnd: true)
    var sizes = [Int](repeating: 1, count: whole.ndim)
    sizes[indexed.dims[0]] = whole.shape[indexed.dims[0]]
    let mask = Tensor.zeros(sizes, dtype: .bool, device: device)
    IndexWrite(indexed: indexed, accumulates: false, node: "index_put")
      .inPlace(mask, Tensor.ones([], dtype: .bool), at: [index])
    return ndim == 0 ? mask.reshape([]) : mask
  }
}
