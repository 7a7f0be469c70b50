// Reading and writing by index tensors over the leading dimensions; the subscript brings any expression to this form.

/// `x[i0, i1, ...]` with broadcast int64 tensors for the first dimensions.
struct IndexRead: Op {
  let count: Int
  var name: StaticString { "index" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    let indices = Array(inputs.dropFirst())
    for index in indices { saving.constant(index) }
    let shape = Shape(Array(indices[0].shape) + x.shape.dropFirst(count))
    Self.checkNotEmpty(x, indices, shape)
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device)
    x.backend.indexRead(x.strided, indices: indices.map(\.strided), into: out.strided)
    return [out]
  }

  /// An index into a dimension without elements is out of bounds whatever it is.
  static func checkNotEmpty(_ x: Tensor, _ indices: [Tensor], _ shape: Shape) {
    guard indices[0].numel() > 0 else { return }
    for dim in 0..<indices.count where x.shape[dim] == 0 {
      fault("index", "dim \(dim) has size 0 and takes no index; got input \(x.shape.brackets)")
    }
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let zeros = Tensor.zeros(saved.shape(of: 0), dtype: g.dtype, device: g.device)
    return [IndexWrite(count: count, accumulates: true).apply([zeros, g] + (0..<count).map { saved[$0] })[0]]
  }
}

/// A copy of `x` with `source` written or added at `[i0, i1, ...]`.
struct IndexWrite: Op {
  let count: Int
  let accumulates: Bool
  var name: StaticString { "index_put" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let indices = Array(inputs.dropFirst(2))
    for index in indices { saving.constant(index) }
    let out = inputs[0].clone()
    let shape = Shape(Array(indices[0].shape) + out.shape.dropFirst(count))
    IndexRead.checkNotEmpty(out, indices, shape)
    let source = inputs[1].strided
    guard let wide = try? Layout.broadcast(shape, source.shape, op: "index_put"), wide == shape else {
      fault(
        "index_put",
        "the value has shape \(source.shape.brackets) and does not broadcast to the indexed \(shape.brackets)")
    }
    out.backend.indexWrite(
      source.broadcast(to: shape), indices: indices.map(\.strided), mode: accumulates ? .add : .assign,
      into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let indices = (0..<count).map { saved[$0] }
    var kept: Tensor?
    if saved.needs(0) {
      kept =
        accumulates
        ? g : IndexWrite(count: count, accumulates: false).apply([g, Tensor.zeros([], dtype: g.dtype)] + indices)[0]
    }
    return [kept, saved.needs(1) ? IndexRead(count: count).apply([g] + indices)[0] : nil]
  }
}

extension Tensor {
  /// The positions of the elements that are not zero, one row each, as `torch.nonzero`.
  public func nonzero() -> Tensor { inOp("nonzero") { Tensor(backend.nonzero(strided)) } }

  /// The positions of the elements that are not zero: one row each, or one vector for each dimension, as `torch.nonzero`.
  /// - Parameter asTuple: whether the vectors are wanted, as an index expression takes them.
  public func nonzero(asTuple: Bool) -> [Tensor] {
    guard asTuple else { return [nonzero()] }
    return inOp("nonzero") { (ndim == 0 ? unsqueeze(0) : self).nonzero().unbind(dim: 1) }
  }

  /// The elements where the mask holds, row-major, as `torch.masked_select`. Broadcasts.
  public func maskedSelect(_ mask: Tensor) -> Tensor {
    inOp("masked_select") {
      guard mask.dtype == .bool else { fault("masked_select", "the mask must be bool, got \(mask.dtype.name)") }
      let shape = checked { () throws(OpError) in try Layout.broadcast(self.shape, mask.shape, op: "masked_select") }
      return expand(shape).reshape(-1)[mask.expand(shape).reshape(-1)]
    }
  }

  /// A copy with values written at `[indices[0], indices[1], ...]`, as `torch.index_put`.
  /// - Parameter accumulate: add instead, so that an index that comes twice counts twice.
  public func indexPut(_ indices: [Tensor?], _ values: Tensor, accumulate: Bool = false) -> Tensor {
    inOp("index_put") { clone().indexPut_(indices, values, accumulate: accumulate) }
  }

  /// Writes values at `[indices[0], indices[1], ...]`, as `torch.Tensor.index_put_`.
  /// - Parameter accumulate: add instead, so that an index that comes twice counts twice.
  @discardableResult
  public func indexPut_(_ indices: [Tensor?], _ values: Tensor, accumulate: Bool = false) -> Tensor {
    inOp("index_put_") {
      write(values, at: indices.map { $0.map { .tensor($0) } ?? .slice(nil, nil, 1) }, accumulates: accumulate)
      return self
    }
  }
}
