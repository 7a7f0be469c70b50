// Writing parts of a copy, diagonals first.

/// A copy with the part that a view shows written anew.
struct ViewScatter<V: ViewOp>: Op {
  let op: V
  let name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let out = inputs[0].clone()
    op(out).copy_(inputs[1])
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [
      saved.needs(0) ? self(g, Tensor.zeros([], dtype: g.dtype, device: g.device)) : nil, saved.needs(1) ? op(g) : nil,
    ]
  }

  /// As `self(x, source)`; a fault unless the source has the shape of the part.
  func fitting(_ x: Tensor, _ source: Tensor) -> Tensor {
    inOp(name) {
      let part = checked { () throws(OpError) in try op.layout(of: x.strided.layout).shape }
      guard source.shape == part else {
        fault(
          OpError(
            name,
            "the source must have the shape of the part; got source \(source.shape.brackets), part \(part.brackets)")
        )
      }
      return self(x, source)
    }
  }
}

extension Tensor {
  /// A copy with a diagonal of two dimensions written anew, as `torch.diagonal_scatter`.
  /// - Shape: `src` is as ``diagonal(offset:dim1:dim2:)`` of this tensor.
  public func diagonalScatter(_ src: Tensor, offset: Int = 0, dim1: Int = 0, dim2: Int = 1) -> Tensor {
    ViewScatter(op: Diagonal(offset: offset, dim1: dim1, dim2: dim2), name: "diagonal_scatter").fitting(self, src)
  }

  /// A copy with one entry along a dimension written anew, as `torch.select_scatter`.
  /// - Shape: `src` is as ``select(dim:index:)`` of this tensor.
  public func selectScatter(_ src: Tensor, dim: Int, index: Int) -> Tensor {
    ViewScatter(op: Select(dim: dim, index: index), name: "select_scatter").fitting(self, src)
  }

  /// A copy with a slice along a dimension written anew, as `torch.slice_scatter`.
  /// - Shape: `src` is as ``slice(_:_:_:step:)`` of this tensor.
  /// - Precondition: `step` is positive.
  public func sliceScatter(_ src: Tensor, dim: Int = 0, start: Int? = nil, end: Int? = nil, step: Int = 1) -> Tensor {
    ViewScatter(op: Slice(dim: dim, start: start, end: end, step: step), name: "slice_scatter").fitting(self, src)
  }

  /// Matrices with the last dimension as a diagonal, zero elsewhere, as `torch.diag_embed`.
  /// - Parameters:
  ///   - offset: which diagonal; above zero further to the right.
  ///   - dim1: where the rows stand in the result.
  ///   - dim2: where the columns stand in the result.
  /// - Precondition: at least 1 dimension; `dim1` and `dim2` differ.
  public func diagEmbed(offset: Int = 0, dim1: Int = -2, dim2: Int = -1) -> Tensor {
    inOp("diag_embed") {
      guard ndim > 0 else { fault("diag_embed", "a 0-dim tensor has no dimension to lay along a diagonal") }
      let rows = checked { () throws(OpError) in try Layout.wrap(dim1, rank: ndim + 1, op: "diag_embed") }
      let columns = checked { () throws(OpError) in try Layout.wrap(dim2, rank: ndim + 1, op: "diag_embed") }
      guard rows != columns else { fault("diag_embed", "wants two different dims, got \(dim1) and \(dim2)") }
      let (side, overflow) = shape[ndim - 1].addingReportingOverflow(Int(clamping: offset.magnitude))
      guard !overflow else { fault("diag_embed", "offset \(offset) is more than any memory holds") }
      var sizes = Array(shape.dropLast())
      for dim in [Swift.min(rows, columns), Swift.max(rows, columns)] { sizes.insert(side, at: dim) }
      return Embed(op: Diagonal(offset: offset, dim1: rows, dim2: columns), shape: Shape(sizes))(self)
        .named("diag_embed")
    }
  }

  /// The matrix with all elements in row-major order as a diagonal, as `torch.diagflat`.
  /// - Parameter offset: which diagonal; above zero further to the right.
  public func diagflat(offset: Int = 0) -> Tensor { inOp("diagflat") { reshape(-1).diagEmbed(offset: offset) } }

  /// - Parameter stretch: of the numbers of all rows, where in each the triangle begins and ends.
  private static func triangle(
    _ op: StaticString, _ row: Int, _ col: Int, _ dtype: DType, _ device: Device,
    _ stretch: (Tensor) -> (first: Tensor, end: Tensor)
  ) -> Tensor {
    inOp(op) {
      guard row >= 0, col >= 0 else { fault(OpError(op, "sizes cannot be negative, got \(row) and \(col)")) }
      guard dtype.isInteger else { fault(OpError(op, "positions are whole numbers, not \(dtype.name)")) }
      let (first, end) = stretch(arange(row))
      let counts = end - first
      let rows = repeatInterleave(counts)
      // What a number in the list of all lies ahead of its column.
      let lead = counts.cumsum(dim: 0) - end
      return stack([rows, arange(rows.numel()) - lead.indexSelect(dim: 0, index: rows)]).to(device, dtype)
    }
  }

  /// The rows and columns of the lower triangle's elements, row by row, as `torch.tril_indices`.
  /// - Parameter offset: which diagonal is the last one in it.
  /// - Shape: `[2, count]`.
  public static func trilIndices(
    _ row: Int, _ col: Int, offset: Int = 0, dtype: DType = .int64, device: Device = .cpu
  ) -> Tensor {
    // Further out the offset makes no difference.
    let offset = Swift.min(Swift.max(offset, -Swift.max(row, 0)), Swift.max(col, 0))
    return triangle("tril_indices", row, col, dtype, device) { rows in
      (Tensor.zeros(like: rows), (rows + (offset + 1)).clamp(min: 0, max: col))
    }
  }

  /// The rows and columns of the upper triangle's elements, row by row, as `torch.triu_indices`.
  /// - Parameter offset: which diagonal is the first one in it.
  /// - Shape: `[2, count]`.
  public static func triuIndices(
    _ row: Int, _ col: Int, offset: Int = 0, dtype: DType = .int64, device: Device = .cpu
  ) -> Tensor {
    let offset = Swift.min(Swift.max(offset, -Swift.max(row, 0)), Swift.max(col, 0))
    return triangle("triu_indices", row, col, dtype, device) { rows in
      ((rows + offset).clamp(min: 0, max: col), Tensor.full(like: rows, col))
    }
  }

  /// The positions of the elements that are not zero, one row each, as `torch.argwhere`.
  public func argwhere() -> Tensor { inOp("argwhere") { nonzero() } }

  /// The places, one tensor for each dimension of a shape, of elements numbered in row-major order, as
  /// `torch.unravel_index`.
  /// - Precondition: whole numbers; no size is negative, nor 0 where there is an element.
  public func unravelIndex(shape sizes: [Int]) -> [Tensor] {
    inOp("unravel_index") {
      guard dtype.isInteger else { fault("unravel_index", "wants whole numbers, got \(dtype.name)") }
      guard sizes.allSatisfy({ $0 >= 0 }), numel() == 0 || !sizes.contains(0) else {
        fault("unravel_index", "wants a shape without negative sizes, and without 0 for indices; got \(sizes)")
      }
      let numbers = long()
      var step = 1
      var places: [Tensor] = []
      for (i, size) in sizes.enumerated().reversed() {
        places.append(numel() == 0 ? numbers.clone() : numbers.floorDivide(step).remainder(size))
        let (next, overflow) = step.multipliedReportingOverflow(by: size)
        guard !overflow || i == 0 else { fault("unravel_index", "\(sizes) has more elements than int64 counts") }
        step = next
      }
      return places.reversed()
    }
  }
  /// As ``unravelIndex(shape:)-([Int])``, for one dimension.
  public func unravelIndex(shape size: Int) -> [Tensor] { unravelIndex(shape: [size]) }

  /// The shape that shapes broadcast to, as `torch.broadcast_shapes`.
  /// - Precondition: the shapes broadcast; no size is negative.
  public static func broadcastShapes(_ shapes: [[Int]]) -> [Int] {
    inOp("broadcast_shapes") {
      var result: Shape = []
      for shape in shapes {
        guard shape.allSatisfy({ $0 >= 0 }) else { fault("broadcast_shapes", "sizes cannot be negative, got \(shape)") }
        result = checked { () throws(OpError) in try Layout.broadcast(result, Shape(shape), op: "broadcast_shapes") }
      }
      return Array(result)
    }
  }

  /// The matrix with rows and columns swapped, as `torch.Tensor.H`: numbers here are real.
  /// - Precondition: 2 dimensions, or none.
  public var H: Tensor {
    guard ndim == 2 || ndim == 0 else { fault("H", "wants a matrix, got \(shape.brackets); use mH for a batch") }
    return mT
  }

  /// The last two dimensions swapped, as `torch.Tensor.mH`: numbers here are real.
  /// - Precondition: at least 2 dimensions, or none.
  public var mH: Tensor { mT }
  /// As ``mH``, as `torch.adjoint`.
  public func adjoint() -> Tensor { mT }
}
