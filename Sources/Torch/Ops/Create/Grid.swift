// Tensors set against each other: grids and broadcasting.

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
}
