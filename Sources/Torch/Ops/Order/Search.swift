// Places in sorted sequences, and membership.

/// On which side of equal elements a place lies, as the `side` of `torch.searchsorted`.
public enum SearchSide: String, Sendable { case left, right }

extension Tensor {
  /// Where in sorted rows values belong, so that the rows stay sorted, as `torch.searchsorted`.
  /// - Parameters:
  ///   - outInt32: whether the result is int32 and not int64.
  ///   - right: after equal elements and not before them.
  ///   - side: the same by name.
  ///   - sorter: the positions that bring each row in order, where the rows are not.
  /// - Shape: `sortedSequence` a vector, or as `input` but for the last dimension; the result as `input`.
  /// - Precondition: no bool; `right` and `side` agree; `sorter` is int64 in the shape of the sequence, within bounds.
  public static func searchsorted(
    _ sortedSequence: Tensor, _ input: Tensor, outInt32: Bool = false, right: Bool = false, side: SearchSide? = nil,
    sorter: Tensor? = nil
  ) -> Tensor {
    inOp("searchsorted") {
      guard !right || side != .left else { fault("searchsorted", "right is true and side is left; give one of them") }
      let sequence = sortedSequence
      let fits =
        sequence.ndim == 1
        || sequence.ndim > 0 && sequence.ndim == input.ndim && sequence.shape.dropLast() == input.shape.dropLast()
      guard fits else {
        fault(
          "searchsorted",
          "the sequence wants to be a vector, or as the values but for the last dimension; got sequence \(sequence.shape.brackets), values \(input.shape.brackets)"
        )
      }
      let dtype = promotedType(sequence, input)
      guard sequence.dtype != .bool, input.dtype != .bool else { fault("searchsorted", "takes numbers, not bool") }
      if let sorter { sequence.checkSorter(sorter) }
      let out = Tensor(shape: input.shape, dtype: .int64, device: sequence.device)
      sequence.backend.search(
        sequence.backend.cast(sequence.strided, to: dtype),
        sequence.backend.cast(onDevice(input, sequence.device), to: dtype),
        right: right || side == .right, order: sorter?.strided, into: out.strided)
      return outInt32 ? out.int() : out
    }
  }
  /// As ``searchsorted(_:_:outInt32:right:side:sorter:)-(_,Tensor,_,_,_,_)``, of one number.
  public static func searchsorted(
    _ sortedSequence: Tensor, _ input: some TensorScalar, outInt32: Bool = false, right: Bool = false,
    side: SearchSide? = nil, sorter: Tensor? = nil
  ) -> Tensor {
    searchsorted(
      sortedSequence, number(input.scalar), outInt32: outInt32, right: right, side: side, sorter: sorter)
  }

  private func checkSorter(_ sorter: Tensor) {
    guard sorter.dtype == .int64, sorter.shape == shape else {
      fault("searchsorted", "the sorter must be int64 in the sequence's shape; got \(sorter.signature), \(signature)")
    }
    if sorter.numel() == 0 { return }
    let low: Int = sorter.min().item(), high: Int = sorter.max().item()
    guard low >= 0, high < size(-1) else {
      fault("searchsorted", "the sorter names \(low < 0 ? low : high), the rows have \(size(-1)) elements")
    }
  }

  /// Which of the stretches between sorted boundaries each element lies in, as `torch.bucketize`.
  /// - Parameters:
  ///   - outInt32: whether the result is int32 and not int64.
  ///   - right: whether an element equal to a boundary belongs to the stretch after it.
  /// - Precondition: `boundaries` is a vector in ascending order; no bool.
  public func bucketize(_ boundaries: Tensor, outInt32: Bool = false, right: Bool = false) -> Tensor {
    inOp("bucketize") {
      guard boundaries.ndim == 1 else { fault("bucketize", "boundaries want a vector, got \(boundaries.signature)") }
      return Tensor.searchsorted(boundaries, self, outInt32: outInt32, right: right)
    }
  }
  /// As ``bucketize(_:outInt32:right:)``, of one number.
  public static func bucketize(
    _ input: some TensorScalar, _ boundaries: Tensor, outInt32: Bool = false, right: Bool = false
  ) -> Tensor { number(input.scalar).bucketize(boundaries, outInt32: outInt32, right: right) }

  /// Whether each element is among the elements of another tensor, as `torch.isin`; NaN is nowhere.
  /// - Parameters:
  ///   - assumeUnique: whether neither has an element twice, which makes no difference here.
  ///   - invert: whether it is not among them.
  /// - Precondition: no bool.
  public func isin(_ testElements: Tensor, assumeUnique: Bool = false, invert: Bool = false) -> Tensor {
    inOp("isin") {
      guard dtype != .bool, testElements.dtype != .bool else { fault("isin", "takes numbers, not bool") }
      if testElements.numel() == 0 { return Tensor.full(shape, invert, dtype: .bool, device: device) }
      let dtype = promotedType(self, testElements)
      return noGrad {
        let elements = to(dtype), others = testElements.to(dtype).flatten()
        let sorted = (dtype.isFloatingPoint ? others.maskedSelect(others .== others) : others).sort(dim: 0).values
        if sorted.numel() == 0 { return Tensor.full(shape, invert, dtype: .bool, device: device) }
        // What is larger than all of them meets the last one, which it does not equal.
        let last = sorted.narrow(dim: 0, start: sorted.numel() - 1, length: 1)
        let found = Tensor.cat([sorted, last]).take(Tensor.searchsorted(sorted, elements))
        return invert ? found .!= elements : found .== elements
      }
    }
  }
  /// As ``isin(_:assumeUnique:invert:)-(Tensor,_,_)``, with one number.
  public func isin(_ testElement: some TensorScalar, assumeUnique: Bool = false, invert: Bool = false) -> Tensor {
    isin(Tensor.number(testElement.scalar), assumeUnique: assumeUnique, invert: invert)
  }
  /// As ``isin(_:assumeUnique:invert:)-(Tensor,_,_)``, for one number.
  public static func isin(
    _ element: some TensorScalar, _ testElements: Tensor, assumeUnique: Bool = false, invert: Bool = false
  ) -> Tensor { number(element.scalar).isin(testElements, assumeUnique: assumeUnique, invert: invert) }
}
