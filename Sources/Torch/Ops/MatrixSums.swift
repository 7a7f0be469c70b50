// Sums over matrices and their products.

extension Tensor {
  /// The sum of a matrix's diagonal, as `torch.trace`; whole numbers give int64.
  /// - Precondition: two dimensions; not bool.
  public func trace() -> Tensor {
    inOp("trace") {
      guard ndim == 2 else { fault("trace", "wants a matrix, got \(shape.brackets)") }
      guard dtype != .bool else { fault("trace", "takes numbers, not bool; convert with to(_:)") }
      return diagonal().sum().named("trace")
    }
  }
}
