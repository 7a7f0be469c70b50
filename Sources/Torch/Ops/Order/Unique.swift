// The different elements of a tensor, or its different slices.

/// Equal things side by side: an order of them, and which ones differ from the one before.
private struct Runs {
  /// Positions, so that equal ones follow each other.
  let order: Tensor
  /// By place in that order, whether a new one begins.
  let begins: Tensor

  /// Of numbers; NaN equals nothing, itself included.
  init(of numbers: Tensor) {
    let (sorted, order) = numbers.sort(dim: 0, stable: true)
    self.order = order
    begins = Self.firstAnd(
      sorted.narrow(dim: 0, start: 1, length: sorted.numel() - 1)
        .ne(sorted.narrow(dim: 0, start: 0, length: sorted.numel() - 1)))
  }

  /// Of the rows of a matrix, which are compared number by number from the first on.
  init(ofRows rows: Tensor) {
    let (count, columns) = (rows.shape[0], rows.shape[1])
    var order = Tensor.arange(count, device: rows.device)
    // Stable sorts from the last column to the first make the order of the alphabet.
    for column in (0..<columns).reversed() {
      let numbers = rows.select(dim: 1, index: column).indexSelect(dim: 0, index: order)
      order = order.indexSelect(dim: 0, index: numbers.sort(dim: 0, stable: true).indices)
    }
    self.order = order
    let sorted = rows.indexSelect(dim: 0, index: order)
    begins = Self.firstAnd(
      sorted.narrow(dim: 0, start: 1, length: count - 1).ne(sorted.narrow(dim: 0, start: 0, length: count - 1)).any(
        dim: 1))
  }

  private static func firstAnd(_ rest: Tensor) -> Tensor {
    Tensor.cat([Tensor.ones([1], dtype: .bool, device: rest.device), rest])
  }

  /// Where the first of each kind stands.
  var firsts: Tensor { order.maskedSelect(begins) }

  /// For each position, the number of its kind.
  var inverse: Tensor {
    let kinds = begins.long().cumsum(dim: 0) - 1
    return Tensor.zeros([order.numel()], dtype: .int64, device: order.device)
      .scatter_(dim: 0, index: order, src: kinds)
  }

  /// How many there are of each kind.
  var counts: Tensor {
    let starts = begins.nonzero().flatten()
    let ends = starts.narrow(dim: 0, start: 1, length: starts.numel() - 1)
    return Tensor.cat([ends, Tensor([order.numel()], device: order.device)]) - starts
  }
}

extension Tensor {
  /// The different elements in ascending order, or the different slices along `dim`, as `torch.unique`.
  ///
  /// NaN differs from itself.
  /// - Parameter sorted: as in PyTorch on the CPU the result is sorted in any case.
  /// - Precondition: with `dim`, no other size is 0.
  public func unique(sorted: Bool = true, dim: Int? = nil) -> Tensor { kinds(dim).output }

  /// As ``unique(sorted:dim:)``, with the place of each element in the result: what `return_inverse=True` gives in torch.
  public func uniqueWithInverse(sorted: Bool = true, dim: Int? = nil) -> (output: Tensor, inverse: Tensor) {
    let kinds = kinds(dim)
    return (kinds.output, inverse(kinds.runs, dim))
  }

  /// As ``unique(sorted:dim:)``, with how often each is there: what `return_counts=True` gives in torch.
  public func uniqueWithCounts(sorted: Bool = true, dim: Int? = nil) -> (output: Tensor, counts: Tensor) {
    let kinds = kinds(dim)
    return (kinds.output, kinds.runs?.counts ?? Self.none)
  }

  /// As ``unique(sorted:dim:)``, with the place of each element in the result and how often each is there.
  public func uniqueWithInverseAndCounts(sorted: Bool = true, dim: Int? = nil)
    -> (output: Tensor, inverse: Tensor, counts: Tensor)
  {
    let kinds = kinds(dim)
    return (kinds.output, inverse(kinds.runs, dim), kinds.runs?.counts ?? Self.none)
  }

  private static var none: Tensor { zeros([0], dtype: .int64) }

  private func inverse(_ runs: Runs?, _ dim: Int?) -> Tensor {
    let places = runs?.inverse ?? Self.none
    return dim == nil ? places.view(shape) : places
  }

  /// One of each kind, and the order that they were found by; nil where there is nothing.
  private func kinds(_ dim: Int?) -> (output: Tensor, runs: Runs?) {
    inOp("unique") {
      noGrad {
        guard let dim, ndim > 0 else {
          let flat = flatten()
          if numel() == 0 { return (flat.clone(), nil) }
          let runs = Runs(of: flat.sortable)
          return (flat.indexSelect(dim: 0, index: runs.firsts), runs)
        }
        let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "unique") }
        guard !shape.indices.contains(where: { $0 != along && shape[$0] == 0 }) else {
          fault("unique", "a size of 0 besides dim leaves nothing to compare; got \(signature), dim \(dim)")
        }
        if shape[along] == 0 { return (clone(), nil) }
        let rows = transpose(0, along).reshape(shape[along], numel() / shape[along])
        let runs = Runs(ofRows: rows.sortable)
        return (indexSelect(dim: along, index: runs.firsts), runs)
      }
    }
  }

  /// Truth values as numbers.
  private var sortable: Tensor { dtype == .bool ? to(.uint8) : self }
}
