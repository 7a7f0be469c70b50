// The first of each run of equal elements, or of equal slices.

/// Equal neighbours.
private struct Runs {
  /// One of each run.
  let output: Tensor
  /// By position, whether a run begins.
  let begins: Tensor
  /// Where the runs begin.
  let starts: Tensor

  /// The runs of equal rows, and of a tensor's slices along a dimension that they stand for.
  init(ofRows rows: Tensor, of x: Tensor, along: Int) {
    let count = rows.shape[0]
    if count == 0 {
      begins = Tensor.zeros([0], dtype: .bool, device: x.device)
      starts = Tensor.zeros([0], dtype: .int64, device: x.device)
      output = x.clone()
      return
    }
    let differs = rows.narrow(dim: 0, start: 1, length: count - 1)
      .ne(rows.narrow(dim: 0, start: 0, length: count - 1))
    begins = Tensor.cat(
      [Tensor.ones([1], dtype: .bool, device: x.device), rows.shape[1] == 1 ? differs.flatten() : differs.any(dim: 1)])
    starts = begins.nonzero().flatten()
    output = x.indexSelect(dim: along, index: starts)
  }

  /// For each position, the number of its run.
  var inverse: Tensor { begins.numel() == 0 ? starts.clone() : begins.long().cumsum(dim: 0) - 1 }

  /// The lengths of the runs.
  var counts: Tensor {
    if starts.numel() == 0 { return starts.clone() }
    let ends = starts.narrow(dim: 0, start: 1, length: starts.numel() - 1)
    return Tensor.cat([ends, Tensor([begins.numel()], device: begins.device)]) - starts
  }
}

extension Tensor {
  /// One element for each run of equal ones, or one slice along `dim`, as `torch.unique_consecutive`.
  ///
  /// NaN differs from itself.
  /// - Precondition: with `dim`, no other size is 0.
  public func uniqueConsecutive(dim: Int? = nil) -> Tensor { runs(dim).output }

  /// As ``uniqueConsecutive(dim:)``, with the run that each belongs to: what `return_inverse=True` gives in torch.
  public func uniqueConsecutiveWithInverse(dim: Int? = nil) -> (output: Tensor, inverse: Tensor) {
    let runs = runs(dim)
    return (runs.output, inverse(runs, dim))
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
    return (runs.output, inverse(runs, dim), runs.counts)
  }

  /// The number of the run that each element, or slice along `dim`, belongs to.
  private func inverse(_ runs: Runs, _ dim: Int?) -> Tensor { dim == nil ? runs.inverse.view(shape) : runs.inverse }

  private func runs(_ dim: Int?) -> Runs {
    inOp("unique_consecutive") {
      noGrad {
        let x = detach()
        guard let dim else {
          let elements = x.flatten()
          return Runs(ofRows: elements.unsqueeze(1), of: elements, along: 0)
        }
        guard ndim > 0 else { fault("unique_consecutive", "a 0-dim tensor has no dim \(dim); leave dim out") }
        let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "unique_consecutive") }
        guard !shape.indices.contains(where: { $0 != along && shape[$0] == 0 }) else {
          fault(
            "unique_consecutive", "a size of 0 besides dim leaves nothing to compare; got \(signature), dim \(dim)")
        }
        let columns = shape[along] == 0 ? 0 : numel() / shape[along]
        return Runs(ofRows: x.transpose(0, along).reshape(shape[along], columns), of: x, along: along)
      }
    }
  }
}
