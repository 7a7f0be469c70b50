// Views in place: the tensor itself takes another shape over its memory.

extension Tensor {
  /// Becomes what a view op shows of it. The elements are not touched, so sharing memory does not matter.
  private func become(_ op: some ViewOp) -> Tensor {
    inOp(op.name) {
      let recorded = isRecording
      if recorded && isLeaf {
        fault(OpError(op.name, "a leaf that requires gradients is changed in place; use noGrad { } or the plain form"))
      }
      let view = op(self)
      strided = view.strided
      if recorded {
        recordedNode = view.recordedNode
        outputIndex = view.outputIndex
      } else {
        gradSlot?.describe(self)
      }
      return self
    }
  }

  /// Becomes a fresh result of its dtype, with its shape and its memory.
  func become(_ result: Tensor, _ op: StaticString) -> Tensor {
    guard viewBase == nil, !(isLeaf && isRecording) else {
      fault(OpError(op, "a view or a leaf that requires gradients cannot take the result's shape; use the plain form"))
    }
    strided = result.strided
    recordedNode = result.recordedNode
    outputIndex = result.outputIndex
    if recordedNode == nil { gradSlot?.describe(self) }
    return self
  }

  @discardableResult
  public func transpose_(_ dim0: Int, _ dim1: Int) -> Tensor {
    become(Transpose(dim0: dim0, dim1: dim1, name: "transpose"))
  }

  @discardableResult
  public func t_() -> Tensor {
    guard ndim <= 2 else { fault("t", "wants at most 2 dimensions, got \(shape.brackets); use transpose_") }
    return ndim < 2 ? self : transpose_(0, 1)
  }

  @discardableResult
  public func unsqueeze_(_ dim: Int) -> Tensor { become(Unsqueeze(dim: dim)) }

  @discardableResult
  public func squeeze_() -> Tensor { become(Squeeze(dims: nil, node: "squeeze")) }
  @discardableResult
  public func squeeze_(_ dims: Int...) -> Tensor {
    become(Squeeze(dims: dims, node: dims.count == 1 ? "squeeze.1" : "squeeze.2"))
  }
  @discardableResult
  public func squeeze_(_ dims: [Int]) -> Tensor { become(Squeeze(dims: dims, node: "squeeze.2")) }

  /// - Precondition: every place lies within the storage.
  @discardableResult
  public func asStrided_(size: some Collection<Int>, stride: some Collection<Int>, storageOffset: Int? = nil) -> Tensor
  {
    become(checkedAsStrided(size, stride, storageOffset))
  }
}
