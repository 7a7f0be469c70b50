// Elements in another order or more than once.

extension Tensor {
  /// The tensor repeated along each dimension, as `torch.tile`: missing leading counts are 1, further ones make dimensions.
  /// - Precondition: no count is negative.
  public func tile(dims: [Int]) -> Tensor {
    inOp("tile") {
      guard dims.allSatisfy({ $0 >= 0 }) else { fault("tile", "counts cannot be negative, got \(dims)") }
      return self.repeat([Int](repeating: 1, count: Swift.max(ndim - dims.count, 0)) + dims)
    }
  }

  /// Columns in reverse order, as `torch.fliplr`.
  /// - Precondition: at least 2 dimensions.
  public func fliplr() -> Tensor {
    guard ndim >= 2 else { fault("fliplr", "wants at least 2 dimensions, got \(shape.brackets)") }
    return inOp("fliplr") { flip(dims: [1]) }
  }

  /// Rows in reverse order, as `torch.flipud`.
  /// - Precondition: at least 1 dimension.
  public func flipud() -> Tensor {
    guard ndim >= 1 else { fault("flipud", "wants at least 1 dimension, got \(shape.brackets)") }
    return inOp("flipud") { flip(dims: [0]) }
  }

  /// The plane of two dimensions turned by `k` quarters from the first towards the second, as `torch.rot90`.
  /// - Precondition: two different dimensions.
  public func rot90(k: Int = 1, dims: [Int] = [0, 1]) -> Tensor {
    inOp("rot90") {
      guard dims.count == 2, ndim >= 2 else {
        fault("rot90", "wants 2 dims of a tensor with at least 2 dimensions; got dims \(dims), input \(shape.brackets)")
      }
      let plane = dims.map { dim in checked { () throws(OpError) in try strided.layout.wrap(dim, op: "rot90") } }
      guard plane[0] != plane[1] else { fault("rot90", "wants two different dims, got \(dims)") }
      switch (k % 4 + 4) % 4 {
      case 1: return flip(dims: [plane[1]]).transpose(plane[0], plane[1])
      case 2: return flip(dims: plane)
      case 3: return flip(dims: [plane[0]]).transpose(plane[0], plane[1])
      default: return clone(memoryFormat: .contiguousFormat)
      }
    }
  }

  /// The elements in row-major order as a vector, as `torch.ravel`; a view where they lie so.
  public func ravel() -> Tensor { inOp("ravel") { contiguous().view(-1) } }

  /// Each element so many times in a row, as `torch.repeat_interleave`.
  /// - Parameters:
  ///   - dim: along which whole entries are repeated; nil for all elements in row-major order.
  ///   - outputSize: what the size along the dimension will be.
  /// - Precondition: `repeats` is not negative.
  public func repeatInterleave(repeats: Int, dim: Int? = nil, outputSize: Int? = nil) -> Tensor {
    inOp("repeat_interleave") {
      guard let dim else { return flatten().repeatInterleave(repeats: repeats, dim: 0, outputSize: outputSize) }
      let along = interleaveDim(dim)
      guard repeats >= 0 else { fault("repeat_interleave", "repeats cannot be negative, got \(repeats)") }
      let (size, overflow) = shape[along].multipliedReportingOverflow(by: repeats)
      guard !overflow else { fault("repeat_interleave", "\(repeats) repeats are more than any memory holds") }
      checkOutputSize(outputSize, size)
      if 1...8 ~= repeats {
        return Tensor.stack(Array(repeating: self, count: repeats), dim: along + 1).flatten(along, along + 1)
          .named("repeat_interleave")
      }
      var wide = Array(shape)
      wide.insert(repeats, at: along + 1)
      return unsqueeze(along + 1).expand(wide).clone(memoryFormat: .contiguousFormat).flatten(along, along + 1)
        .named("repeat_interleave")
    }
  }
  /// As ``repeatInterleave(repeats:dim:outputSize:)-(Int,_,_)``, with a number for each entry or one for all.
  /// - Precondition: `repeats` is a number or a vector of int64 or int32, none negative.
  public func repeatInterleave(repeats: Tensor, dim: Int? = nil, outputSize: Int? = nil) -> Tensor {
    inOp("repeat_interleave") {
      guard let dim else { return flatten().repeatInterleave(repeats: repeats, dim: 0, outputSize: outputSize) }
      let along = interleaveDim(dim)
      guard repeats.ndim <= 1 else {
        fault("repeat_interleave", "repeats wants a number or a vector, got \(repeats.signature)")
      }
      var counts = repeats
      if repeats.numel() == 1 { counts = repeats.reshape(1).expand(shape[along]) }
      guard counts.numel() == shape[along] else {
        fault(
          "repeat_interleave",
          "wants a repeat for each of the \(shape[along]) entries along dim \(along); got repeats \(repeats.shape.brackets), input \(shape.brackets)"
        )
      }
      return indexSelect(dim: along, index: Tensor.repeatInterleave(counts, outputSize: outputSize))
    }
  }
  /// Each position as many times in a row as a vector says, as `torch.repeat_interleave(repeats)`.
  /// - Precondition: `repeats` is a vector of int64 or int32, none negative.
  public static func repeatInterleave(_ repeats: Tensor, outputSize: Int? = nil) -> Tensor {
    inOp("repeat_interleave") {
      guard repeats.ndim == 1, repeats.dtype == .int64 || repeats.dtype == .int32 else {
        fault("repeat_interleave", "repeats wants a vector of int64 or int32, got \(repeats.signature)")
      }
      return noGrad {
        if repeats.numel() == 0 {
          repeats.checkOutputSize(outputSize, 0)
          return repeats.clone()
        }
        let counts = repeats.long()
        guard !(counts .< 0).any().item() else { fault("repeat_interleave", "repeats cannot be negative") }
        // Added up as real numbers, a total beyond all memory shows.
        guard counts.double().sum().item() < 1e15 else {
          fault("repeat_interleave", "the repeats are more than any memory holds")
        }
        let ends = counts.cumsum(dim: 0)
        let total: Int = ends.select(dim: 0, index: -1).item()
        repeats.checkOutputSize(outputSize, total)
        // A step up where each next one begins; those that begin at the very end have no place.
        let steps = zeros([total + 1], dtype: .int64, device: repeats.device)
          .indexAdd_(dim: 0, index: ends, source: ones(like: ends))
        return steps.narrow(dim: 0, start: 0, length: total).cumsum(dim: 0).to(repeats.dtype)
      }
    }
  }

  private func interleaveDim(_ dim: Int) -> Int {
    guard ndim > 0 else { fault("repeat_interleave", "a 0-dim tensor has no dim \(dim); leave dim out") }
    return checked { () throws(OpError) in try strided.layout.wrap(dim, op: "repeat_interleave") }
  }

  fileprivate func checkOutputSize(_ told: Int?, _ size: Int) {
    guard told == nil || told == size else {
      fault("repeat_interleave", "outputSize is \(told!), the repeats make \(size)")
    }
  }

  /// The rows of all ways to take `r` of the elements in order, as `torch.combinations`.
  /// - Parameter withReplacement: whether an element may be taken again.
  /// - Shape: input `[n]`, result `[count, r]`; for no elements `[0]`.
  /// - Precondition: 1 dimension; `r` is not negative.
  public func combinations(r: Int = 2, withReplacement: Bool = false) -> Tensor {
    inOp("combinations") {
      guard ndim == 1 else { fault("combinations", "wants a vector, got \(signature)") }
      guard r >= 0 else { fault("combinations", "r cannot be negative, got \(r)") }
      if r == 0 { return Tensor.empty([0], dtype: dtype, device: device) }
      let n = numel()
      var positions: [Int] = []
      var row = withReplacement ? [Int](repeating: 0, count: n == 0 ? 0 : r) : Array(0..<Swift.min(r, n))
      /// The last value that a place may have.
      func limit(_ i: Int) -> Int { withReplacement ? n - 1 : n - r + i }
      while n > 0 && row.count == r {
        positions += row
        // The last place that can still move up takes those after it along.
        guard let i = row.indices.last(where: { row[$0] < limit($0) }) else { break }
        let next = row[i] + 1
        for j in i..<r { row[j] = withReplacement ? next : next + j - i }
      }
      return take(Tensor(positions, dtype: .int64, device: device).view(positions.count / r, r))
    }
  }
}
