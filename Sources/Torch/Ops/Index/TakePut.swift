// Reading and writing by the number of an element in row-major order, and by mask.

extension Tensor {
  private static let flat = IndexedDims(dims: [0])

  private func checkNumbers(_ op: StaticString, _ index: Tensor) {
    guard index.dtype == .int64 else {
      fault(OpError(op, "the index must be int64, got \(index.dtype.name); convert with long()"))
    }
  }

  /// The elements at positions in row-major order, as `torch.take`.
  /// - Shape: that of `index`.
  /// - Precondition: `index` is int64, from minus the number of elements to below it.
  public func take(_ index: Tensor) -> Tensor {
    inOp("take") {
      checkNumbers("take", index)
      let elements = reshape(-1), places = index.reshape(-1)
      return IndexRead(indexed: Self.flat).apply([elements, places])[0].view(index.shape).named("take")
    }
  }

  /// A copy with the elements of `source` written at positions in row-major order, as `torch.put`.
  ///
  /// Where a position comes twice the later element stays.
  /// - Parameter accumulate: add instead, so that a position that comes twice counts twice.
  /// - Shape: `index` and `source` have equally many elements.
  /// - Precondition: `index` is int64, from minus the number of elements to below it; the dtypes are equal.
  public func put(_ index: Tensor, _ source: Tensor, accumulate: Bool = false) -> Tensor {
    inOp("put") {
      checkNumbers("put", index)
      guard source.dtype == dtype else {
        fault("put", "source is \(source.dtype.name), the tensor \(dtype.name); convert one")
      }
      guard source.numel() == index.numel() else {
        fault(
          "put",
          "wants one element of source for each position; got index \(index.shape.brackets), source \(source.shape.brackets)"
        )
      }
      return IndexWrite(indexed: Self.flat, accumulates: accumulate, node: "put")
        .apply([reshape(-1), source.reshape(-1), index.reshape(-1)])[0].view(shape).named("put")
    }
  }
  @discardableResult
  public func put_(_ index: Tensor, _ source: Tensor, accumulate: Bool = false) -> Tensor {
    inOp("put_") { copy_(put(index, source, accumulate: accumulate)).namedWrite("put") }
  }

  /// A copy with the first elements of `source` written where the mask holds, both in row-major order, as
  /// `torch.masked_scatter`.
  /// - Shape: this tensor and the mask broadcast; `source` has at least as many elements as places are masked.
  /// - Precondition: the mask is bool; the dtypes are equal.
  public func maskedScatter(_ mask: Tensor, _ source: Tensor) -> Tensor {
    inOp("masked_scatter") {
      guard mask.dtype == .bool else { fault("masked_scatter", "the mask must be bool, got \(mask.dtype.name)") }
      guard source.dtype == dtype else {
        fault("masked_scatter", "source is \(source.dtype.name), the tensor \(dtype.name); convert one")
      }
      let shape = checked { () throws(OpError) in try Layout.broadcast(self.shape, mask.shape, op: "masked_scatter") }
      let places = mask.expand(shape).reshape(-1).nonzero().reshape(-1)
      guard source.numel() >= places.numel() else {
        fault(
          "masked_scatter",
          "the mask holds at \(places.numel()) places, source has \(source.numel()) elements; got source \(source.shape.brackets)"
        )
      }
      let elements = source.reshape(-1).narrow(dim: 0, start: 0, length: places.numel())
      return IndexWrite(indexed: Self.flat, accumulates: false, node: "masked_scatter")
        .apply([expand(shape).reshape(-1), elements, places])[0].view(shape).named("masked_scatter")
    }
  }
  @discardableResult
  public func maskedScatter_(_ mask: Tensor, _ source: Tensor) -> Tensor {
    inOp("masked_scatter_") {
      copyInPlace(maskedScatter(mask.expand(shape), source), "masked_scatter").namedWrite("masked_scatter")
    }
  }
}
