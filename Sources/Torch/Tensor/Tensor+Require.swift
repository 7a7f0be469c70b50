extension Tensor {
  /// Checks what came from outside, so that a server can turn down a request instead of dying of it.
  ///
  /// ```swift
  /// try image.require(shape: [nil, 3, 224, 224], dtype: .float32)
  /// ```
  /// - Parameters:
  ///   - shape: the sizes wanted, nil where any will do.
  ///   - dtype: the dtype wanted; nil: any.
  ///   - device: the device wanted; nil: any.
  ///   - name: what the message calls the tensor.
  /// - Returns: the tensor.
  /// - Throws: `OpError` with what was wanted and what was met.
  @discardableResult
  public func require(
    shape: [Int?]? = nil, dtype: DType? = nil, device: Device? = nil, name: String = "tensor"
  ) throws(OpError) -> Tensor {
    if let wanted = shape {
      let fits = wanted.count == ndim && zip(wanted, self.shape).allSatisfy { $0 == nil || $0 == $1 }
      guard fits else {
        let sizes = wanted.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
        throw OpError("require", "\(name) wants shape [\(sizes)], got \(self.shape.brackets) \(self.dtype.name)")
      }
    }
    if let dtype, dtype != self.dtype {
      throw OpError("require", "\(name) wants dtype \(dtype.name), got \(self.dtype.name) \(self.shape.brackets)")
    }
    if let device, device != self.device {
      throw OpError("require", "\(name) wants device \(device), got \(self.device)")
    }
    return self
  }
}
