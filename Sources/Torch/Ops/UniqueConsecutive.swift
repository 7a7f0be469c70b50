// The first of each run of equal elements, or of equal slices.

extension Tensor {
  /// One element for each run of equal ones, or one slice along `dim`, as `torch.unique_consecutive`.
  ///
  /// NaN differs from itself.
  /// - Precondition: with `dim`, no other size is 0.
  public func uniqueConsecutive(dim: Int? = nil) -> Tensor { runs(dim).output }

  /// As ``uniqueConsecutive(dim:)``, with the run that each belongs to: what `return_inverse=True` gives in torch.
  public func uniqueConsecutiveWithInverse(dim: Int? = nil) -> (output: Tensor, inverse: Tensor) {
    let runs = runs(dim)
    return (runs.output, runs.inverse)
  }

  /// As ``uniqueConsecutive(dim:)``, with the length of each run: what `return_counts=True` gives in torch.
  public func uniqueConsecutiveWithCounts(dim: Int? = nil) -> (output: Tensor, counts: Tensor) {
    let runs = runs(dim)
    return (runs.output, runs.counts)
  }

  /// As ``uniqueConsecutive(dim:)``, with the run that each belongs to and the length of each run.
  public func uniqueConsecutiveWithInverseAndCounts(dim: Int? = nil)
    -> (output: Tensor, inverse: Tensor, counts: Tensor)
  {
    let runs = runs(dim)
    return (runs.output, runs.inverse, runs.counts)
  }

  private func runs(_ dim: Int?) -> (output: Tensor, inverse: Tensor, counts: Tensor) {
    inOp("unique_consecutive") {
      noGrad {
        let x = detach()
        guard let dim else {
          let elements = x.flatten()
          let runs = elements.runsOfRows(elements.reshape(elements.numel(), 1), along: 0)
          return (runs.output, runs.inverse.view(shape), runs.counts)
        }
        guard ndim > 0 else { fault("unique_consecutive", "a 0-dim tensor has no dim \(dim); leave dim out") }
        let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "unique_consecutive") }
        guard !shape.indices.contains(where: { $0 != along && shape[$0] == 0 }) else {
          fault(
            "unique_consecutive", "a size of 0 besides dim leaves nothing to compare; got \(signature), dim \(dim)")
        }
        let rows = x.transpose(0, along)
        return x.runsOfRows(rows.reshape(shape[along], shape[along] == 0 ? 0 : numel() / shape[along]), along: along)
      }
    }
  }

  /// The runs of equal rows, and of this tensor's slices along a dimension that they stand for.
  private func runsOfRows(_ rows: Tensor, along: Int) -> (output: Tensor, inverse: Tensor, counts: Tensor) {
    let count = rows.shape[0]
    if count == 0 {
      let none = Tensor.zeros([0], dtype: .int64)
      return (clone(), none, none.clone())
    }
    let differs = rows.narrow(dim: 0, start: 1, length: count - 1)
      .ne(rows.narrow(dim: 0, start: 0, length: count - 1)).any(dim: 1)
    let begins = Tensor.cat([Tensor.ones([1], dtype: .bool), differs])
    let starts = begins.nonzero().flatten()
    let ends = Tensor.cat([starts.narrow(dim: 0, start: 1, length: starts.numel() - 1), Tensor([count])])
    return (indexSelect(dim: along, index: starts), begins.long().cumsum(dim: 0) - 1, ends - starts)
  }
}
