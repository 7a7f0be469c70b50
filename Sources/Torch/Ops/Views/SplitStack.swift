// Cutting along a dimension by places, and joining tensors that are first given as many dimensions as it takes.

extension Tensor {
  private func cut(_ op: StaticString, at places: [Int], along dim: Int) -> [Tensor] {
    let starts = [0] + places
    return starts.indices.map { i in slice(dim, starts[i], i < places.count ? places[i] : nil) }
  }

  private func splitDim(_ dim: Int) -> Int {
    guard ndim > 0 else { fault("tensor_split", "a 0-dim tensor has no dimension to cut") }
    return checked { () throws(OpError) in try strided.layout.wrap(dim, op: "tensor_split") }
  }

  /// Cuts into so many parts along a dimension, the first ones larger by one where it must, as `torch.tensor_split`.
  /// - Precondition: at least 1 section, at least 1 dimension.
  public func tensorSplit(indicesOrSections sections: Int, dim: Int = 0) -> [Tensor] {
    inOp("tensor_split") {
      let along = splitDim(dim)
      guard sections > 0 else { fault("tensor_split", "wants at least 1 section, got \(sections)") }
      let size = shape[along] / sections, larger = shape[along] % sections
      return (0..<sections).map { i in
        let start = i * size + Swift.min(i, larger)
        return slice(along, start, start + size + (i < larger ? 1 : 0))
      }
    }
  }
  /// Cuts before these places along a dimension, which are read as bounds of slices, as `torch.tensor_split`.
  /// - Precondition: at least 1 dimension.
  public func tensorSplit(indicesOrSections indices: [Int], dim: Int = 0) -> [Tensor] {
    inOp("tensor_split") { cut("tensor_split", at: indices, along: splitDim(dim)) }
  }
  /// As the two others: a 0-dim tensor is a number of sections, a vector holds places.
  /// - Precondition: int64, at most 1 dimension.
  public func tensorSplit(indicesOrSections tensor: Tensor, dim: Int = 0) -> [Tensor] {
    inOp("tensor_split") {
      guard tensor.dtype == .int64, tensor.ndim <= 1 else {
        fault("tensor_split", "wants a number or a vector of int64, got \(tensor.signature)")
      }
      if tensor.ndim == 0 { return tensorSplit(indicesOrSections: tensor.item() as Int, dim: dim) }
      let places = (0..<tensor.numel()).map { tensor.select(dim: 0, index: $0).item() as Int }
      return tensorSplit(indicesOrSections: places, dim: dim)
    }
  }

  /// Cuts into stretches of these sizes along a dimension, as `torch.split_with_sizes`.
  /// - Precondition: the sizes add up to the size of the dimension.
  public func splitWithSizes(splitSizes: [Int], dim: Int = 0) -> [Tensor] {
    inOp("split_with_sizes") { split(splitSize: splitSizes, dim: dim) }
  }

  private func wantsDims(_ count: Int, _ op: StaticString) {
    guard ndim >= count else {
      fault(OpError(op, "wants at least \(count) dimension\(count == 1 ? "" : "s"), got \(shape.brackets)"))
    }
  }

  private func equalParts(_ op: StaticString, _ sections: Int, along dim: Int) -> [Tensor] {
    guard sections > 0, shape[dim] % sections == 0 else {
      fault(OpError(op, "dim \(dim) of size \(shape[dim]) does not fall into \(sections) equal parts; see tensorSplit"))
    }
    return tensorSplit(indicesOrSections: sections, dim: dim)
  }

  /// Cuts into equal parts along the second dimension, of a vector along its only one, as `torch.hsplit`.
  /// - Precondition: the size is a multiple of the sections; at least 1 dimension.
  public func hsplit(indicesOrSections sections: Int) -> [Tensor] {
    inOp("hsplit") {
      wantsDims(1, "hsplit")
      return equalParts("hsplit", sections, along: ndim == 1 ? 0 : 1)
    }
  }
  /// As ``hsplit(indicesOrSections:)-(Int)``, before these places.
  public func hsplit(indicesOrSections indices: [Int]) -> [Tensor] {
    inOp("hsplit") {
      wantsDims(1, "hsplit")
      return cut("hsplit", at: indices, along: ndim == 1 ? 0 : 1)
    }
  }

  /// Cuts into equal parts along the first dimension, as `torch.vsplit`.
  /// - Precondition: the size is a multiple of the sections; at least 2 dimensions.
  public func vsplit(indicesOrSections sections: Int) -> [Tensor] {
    inOp("vsplit") {
      wantsDims(2, "vsplit")
      return equalParts("vsplit", sections, along: 0)
    }
  }
  /// As ``vsplit(indicesOrSections:)-(Int)``, before these places.
  public func vsplit(indicesOrSections indices: [Int]) -> [Tensor] {
    inOp("vsplit") {
      wantsDims(2, "vsplit")
      return cut("vsplit", at: indices, along: 0)
    }
  }

  /// Cuts into equal parts along the third dimension, as `torch.dsplit`.
  /// - Precondition: the size is a multiple of the sections; at least 3 dimensions.
  public func dsplit(indicesOrSections sections: Int) -> [Tensor] {
    inOp("dsplit") {
      wantsDims(3, "dsplit")
      return equalParts("dsplit", sections, along: 2)
    }
  }
  /// As ``dsplit(indicesOrSections:)-(Int)``, before these places.
  public func dsplit(indicesOrSections indices: [Int]) -> [Tensor] {
    inOp("dsplit") {
      wantsDims(3, "dsplit")
      return cut("dsplit", at: indices, along: 2)
    }
  }

  /// The tensor, a number as a vector of one, as `torch.atleast_1d`.
  public func atleast1d() -> Tensor { ndim == 0 ? reshape(1) : self }
  /// The tensor, a vector as a row, as `torch.atleast_2d`.
  public func atleast2d() -> Tensor {
    switch ndim {
    case 0: reshape(1, 1)
    case 1: unsqueeze(0)
    default: self
    }
  }
  /// The tensor, a vector as a row and a matrix as one of depth one, as `torch.atleast_3d`.
  public func atleast3d() -> Tensor {
    switch ndim {
    case 0: reshape(1, 1, 1)
    case 1: unsqueeze(0).unsqueeze(-1)
    case 2: unsqueeze(-1)
    default: self
    }
  }
  /// As ``atleast1d()``, of each.
  public static func atleast1d(_ tensors: [Tensor]) -> [Tensor] { tensors.map { $0.atleast1d() } }
  /// As ``atleast2d()``, of each.
  public static func atleast2d(_ tensors: [Tensor]) -> [Tensor] { tensors.map { $0.atleast2d() } }
  /// As ``atleast3d()``, of each.
  public static func atleast3d(_ tensors: [Tensor]) -> [Tensor] { tensors.map { $0.atleast3d() } }

  private static func wantsSome(_ tensors: [Tensor], _ op: StaticString) {
    if tensors.isEmpty { fault(OpError(op, "wants at least one tensor, got an empty list")) }
  }

  /// Tensors side by side: along the second dimension, vectors one after another, as `torch.hstack`.
  /// - Precondition: at least one tensor; all sizes but the one along that dimension are equal.
  public static func hstack(_ tensors: [Tensor]) -> Tensor {
    inOp("hstack") {
      wantsSome(tensors, "hstack")
      let parts = atleast1d(tensors)
      return cat(parts, dim: parts[0].ndim == 1 ? 0 : 1)
    }
  }

  /// Tensors one below another: along the first dimension, vectors as rows, as `torch.vstack`.
  /// - Precondition: at least one tensor; all sizes but the one along that dimension are equal.
  public static func vstack(_ tensors: [Tensor]) -> Tensor {
    inOp("vstack") {
      wantsSome(tensors, "vstack")
      return cat(atleast2d(tensors), dim: 0)
    }
  }

  /// Tensors one behind another: along the third dimension, as `torch.dstack`.
  /// - Precondition: at least one tensor; all sizes but the one along that dimension are equal.
  public static func dstack(_ tensors: [Tensor]) -> Tensor {
    inOp("dstack") {
      wantsSome(tensors, "dstack")
      return cat(atleast3d(tensors), dim: 2)
    }
  }

  /// Tensors side by side, vectors as columns, as `torch.column_stack`.
  /// - Precondition: at least one tensor; all sizes but the second are equal.
  public static func columnStack(_ tensors: [Tensor]) -> Tensor {
    inOp("column_stack") {
      wantsSome(tensors, "column_stack")
      return hstack(tensors.map { $0.ndim <= 1 ? $0.reshape($0.numel(), 1) : $0 })
    }
  }

  /// Matrices along the diagonal of a larger one, zero elsewhere, as `torch.block_diag`; vectors are rows.
  /// - Precondition: at most 2 dimensions each.
  public static func blockDiag(_ tensors: [Tensor]) -> Tensor {
    inOp("block_diag") {
      for (i, tensor) in tensors.enumerated() where tensor.ndim > 2 {
        fault("block_diag", "wants at most 2 dimensions; got, as tensor \(i), \(tensor.shape.brackets)")
      }
      if tensors.isEmpty { return zeros([1, 0]) }
      let blocks = atleast2d(tensors)
      let dtype = promotedType(tensors), width = blocks.reduce(0) { $0 + $1.shape[1] }
      var before = 0
      let rows = blocks.map { block in
        let after = before + block.shape[1]
        defer { before = after }
        func blank(_ columns: Int) -> Tensor { zeros([block.shape[0], columns], dtype: dtype, device: block.device) }
        return cat([blank(before), block.to(dtype), blank(width - after)], dim: 1)
      }
      return cat(rows, dim: 0).named("block_diag")
    }
  }

  /// The rows of all ways to take one element from each vector, as `torch.cartesian_prod`; one vector is given back.
  /// - Precondition: at least one; vectors of one dtype.
  public static func cartesianProd(_ tensors: [Tensor]) -> Tensor {
    inOp("cartesian_prod") {
      wantsSome(tensors, "cartesian_prod")
      for tensor in tensors where tensor.ndim != 1 {
        fault("cartesian_prod", "wants vectors, got \(tensor.signature)")
      }
      if tensors.count == 1 { return tensors[0] }
      return stack(meshgrid(tensors).map { $0.reshape(-1) }, dim: 1)
    }
  }
}
