// Parts of matrices: triangles and diagonals.

extension Tensor {
  /// Column less row of each place of a matrix.
  private static func offsets(_ rows: Int, _ columns: Int, _ device: Device) -> Tensor {
    Tensor.arange(columns, device: device).unsqueeze(0) - Tensor.arange(rows, device: device).unsqueeze(1)
  }

  private func checkMatrix(_ op: StaticString) {
    guard ndim >= 2 else { fault(OpError(op, "wants at least 2 dimensions, got \(shape.brackets)")) }
  }

  /// The lower triangle of matrices, zero above the diagonal, as `torch.tril`.
  /// - Parameter diagonal: which diagonal is the last to stay; above zero further to the right.
  /// - Precondition: at least 2 dimensions.
  public func tril(diagonal: Int = 0) -> Tensor {
    inOp("tril") {
      checkMatrix("tril")
      return triangle(Self.offsets(size(-2), size(-1), device) .<= diagonal)
    }
  }
  @discardableResult public func tril_(diagonal: Int = 0) -> Tensor {
    inOp("tril_") { copyInPlace(tril(diagonal: diagonal), "tril") }
  }

  /// The upper triangle of matrices, zero below the diagonal, as `torch.triu`.
  /// - Parameter diagonal: which diagonal is the first to stay; above zero further to the right.
  /// - Precondition: at least 2 dimensions.
  public func triu(diagonal: Int = 0) -> Tensor {
    inOp("triu") {
      checkMatrix("triu")
      return triangle(Self.offsets(size(-2), size(-1), device) .>= diagonal)
    }
  }
  @discardableResult public func triu_(diagonal: Int = 0) -> Tensor {
    inOp("triu_") { copyInPlace(triu(diagonal: diagonal), "triu") }
  }

  private func triangle(_ inside: Tensor) -> Tensor {
    Where(isRowMajor: true)(inside, self, Tensor.zeros([], dtype: dtype))
  }

  /// The diagonal of a matrix, or the matrix with a vector as its diagonal, as `torch.diag`.
  /// - Parameter diagonal: which one; above zero further to the right.
  /// - Precondition: 1 or 2 dimensions; the diagonal lies within the matrix.
  public func diag(diagonal: Int = 0) -> Tensor {
    inOp("diag") {
      if ndim == 2 { return self.diagonal(offset: diagonal).clone(memoryFormat: .contiguousFormat) }
      guard ndim == 1 else { fault("diag", "wants 1 or 2 dimensions, got \(shape.brackets)") }
      guard diagonal.magnitude < 1 << 31 else { fault("diag", "diagonal \(diagonal) is not below 2^31") }
      let away = Swift.abs(diagonal), side = numel() + away
      let numbers = away == 0 ? self : Tensor.cat([self, Tensor.zeros([away], dtype: dtype, device: device)])
      let along = numbers.unsqueeze(diagonal < 0 ? 0 : 1)
      return Where(isRowMajor: true)(
        Self.offsets(side, side, device) .== diagonal, along, Tensor.zeros([], dtype: dtype))
    }
  }
}
