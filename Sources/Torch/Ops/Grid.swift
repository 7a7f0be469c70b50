// Tensors set against each other: grids, broadcasting, rolling, picking along a dimension.

/// Which of the first two dimensions of a grid belongs to the first tensor.
public enum GridIndexing: String, Sendable {
  /// Matrix order: the first tensor runs along the rows.
  case ij
  /// Plotting order: the first tensor runs along the columns.
  case xy
}

extension Tensor {
  /// Coordinates of a grid, one tensor for each axis, as `torch.meshgrid`.
  /// - Shape: each `[size]` or `[]`; the results have all sizes (the first two swapped for `.xy`).
  /// - Precondition: at most 1 dimension each, one dtype.
  public static func meshgrid(_ tensors: [Tensor], indexing: GridIndexing = .ij) -> [Tensor] {
    inOp("meshgrid") {
      for tensor in tensors {
        guard tensor.ndim <= 1 else { fault("meshgrid", "wants vectors, got \(tensor.signature)") }
        guard tensor.dtype == tensors[0].dtype else {
          fault("meshgrid", "wants one dtype, got \(tensors[0].dtype.name) and \(tensor.dtype.name)")
        }
      }
      guard !tensors.isEmpty else { fault("meshgrid", "wants at least one tensor, got an empty list") }
      let swaps = indexing == .xy && tensors.count >= 2
      var axes = tensors
      if swaps { axes.swapAt(0, 1) }
      let sizes = axes.map { $0.numel() }
      var grids = axes.enumerated().map { i, axis in
        var shape = [Int](repeating: 1, count: axes.count)
        shape[i] = sizes[i]
        return axis.view(shape).expand(sizes)
      }
      if swaps { grids.swapAt(0, 1) }
      return grids
    }
  }

  /// Tensors expanded to the shape that they broadcast to, as `torch.broadcast_tensors`.
  /// - Precondition: the shapes broadcast.
  public static func broadcastTensors(_ tensors: [Tensor]) -> [Tensor] {
    inOp("broadcast_tensors") {
      var shape: Shape = []
      for tensor in tensors {
        shape = checked { () throws(OpError) in try Layout.broadcast(shape, tensor.shape, op: "broadcast_tensors") }
      }
      return tensors.map { $0.expand(shape) }
    }
  }

  /// A 0-dim tensor, as `torch.scalar_tensor`.
  public static func scalarTensor(
    _ s: some TensorScalar, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor { full([], s, dtype: dtype, device: device, requiresGrad: requiresGrad) }

  /// Elements moved along dimensions, those at the end coming back at the front, as `torch.roll`.
  /// - Parameter dims: empty to roll the elements in row-major order, by one shift.
  /// - Precondition: as many shifts as dims.
  public func roll(shifts: [Int], dims: [Int] = []) -> Tensor {
    inOp("roll") {
      if dims.isEmpty {
        guard shifts.count == 1 else { fault("roll", "without dims wants 1 shift, got \(shifts)") }
        return flatten().roll(shifts: shifts, dims: [0]).view(shape)
      }
      guard shifts.count == dims.count else { fault("roll", "wants as many shifts as dims, got \(shifts) and \(dims)") }
      var result = self
      for (shift, dim) in zip(shifts, dims) {
        let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "roll") }
        let size = ndim == 0 ? 1 : shape[dim]
        if size == 0 { continue }
        let start = ((-shift % size) + size) % size
        if start == 0 { continue }
        let back = result.narrow(dim: dim, start: start, length: size - start)
        result = Tensor.cat([back, result.narrow(dim: dim, start: 0, length: start)], dim: dim)
      }
      return result === self ? clone(memoryFormat: .contiguousFormat) : result
    }
  }
  /// As ``roll(shifts:dims:)-([Int],[Int])``, along one dimension.
  public func roll(shifts: Int, dims: Int) -> Tensor { roll(shifts: [shifts], dims: [dims]) }
  /// As ``roll(shifts:dims:)-([Int],[Int])``, in row-major order.
  public func roll(shifts: Int) -> Tensor { roll(shifts: [shifts]) }

  /// The elements at positions along a dimension, as `torch.take_along_dim`.
  /// - Parameter dim: nil for positions in row-major order.
  /// - Shape: both broadcast but for `dim`.
  /// - Precondition: indices are int64, from minus the size to below it.
  public func takeAlongDim(_ indices: Tensor, dim: Int? = nil) -> Tensor {
    inOp("take_along_dim") {
      /// Unlike gather, this takes positions counted from the end.
      func positions(_ size: Int) -> Tensor { indices.where(indices .>= 0, indices + size) }
      guard let dim else { return flatten().gather(dim: 0, index: positions(numel()).flatten()) }
      guard ndim == indices.ndim else {
        fault("take_along_dim", "wants as many dimensions for both, got \(signature) and \(indices.signature)")
      }
      let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "take_along_dim") }
      var mine = shape, theirs = indices.shape
      (mine[along], theirs[along]) = (1, 1)
      var common = checked { () throws(OpError) in try Layout.broadcast(mine, theirs, op: "take_along_dim") }
      common[along] = shape[along]
      let x = expand(common)
      common[along] = indices.shape[along]
      return x.gather(dim: along, index: positions(ndim == 0 ? 1 : shape[along]).expand(common))
    }
  }
}
