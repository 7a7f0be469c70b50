import CTorchRuntime

// Reading and writing by index tensors; the subscript brings any expression to this form.

/// Which dimensions of a tensor index tensors stand for, and where what they name lies.
struct IndexedDims {
  /// The dimensions, rising.
  let dims: [Int]
  /// Whether negative positions count from the end, as in a subscript; else they are out of bounds.
  var countsFromEnd = true

  /// Where the dimensions of the index tensors stand in the result: in place of neighbours, else first.
  var place: Int { dims.last! - dims.first! + 1 == dims.count ? dims.first! : 0 }

  /// The layout with the indexed dimensions in front, as the kernels want it.
  func front(_ x: Layout) -> Layout {
    if dims == Array(0..<dims.count) { return x }
    return checked { () throws(OpError) in
      try x.permuted(dims + (0..<x.rank).filter { !dims.contains($0) })
    }
  }

  /// The shape of `x[...]` for index tensors of one shape.
  func resultShape(_ x: Shape, index: Shape) -> Shape {
    let rest = (0..<x.count).filter { !dims.contains($0) }.map { x[$0] }
    return Shape(rest.prefix(place) + Array(index) + rest.dropFirst(place))
  }

  /// A layout of the result's shape with the dimensions of the index tensors in front.
  func indexFront(_ result: Layout, indexRank: Int) -> Layout {
    if place == 0 || indexRank == 0 { return result }
    let moved = Array(place..<(place + indexRank))
    return checked { () throws(OpError) in
      try result.permuted(moved + (0..<result.rank).filter { !moved.contains($0) })
    }
  }

  /// Where PyTorch puts the result: dense, its dimensions nesting as those of the source and of the indices do.
  func resultLayout(_ x: Layout, indices: [Layout]) -> Layout {
    let indexShape = indices[0].shape
    let shape = resultShape(x.shape, index: indexShape)
    let rest = (0..<x.rank).filter { !dims.contains($0) }.map { x.strides[$0] }
    let source = rest.prefix(place) + [Int](repeating: 0, count: indexShape.count) + rest.dropFirst(place)
    let before = [Int](repeating: 1, count: place), after = [Int](repeating: 1, count: rest.count - place)
    let operands = indices.map { index in
      let wide = index.viewed(as: Shape(before + Array(indexShape) + after)) ?? index
      return wide.stridesBroadcast(to: shape)
    }
    return Layout.ofPointwise(shape, [Shape(source)] + operands)
  }

  /// An index into a dimension without elements is out of bounds whatever it is.
  func checkNotEmpty(_ x: Tensor, _ indices: [Tensor]) {
    guard indices[0].numel() > 0 else { return }
    for dim in dims where x.shape[dim] == 0 {
      fault("index", "dim \(dim) has size 0 and takes no index; got input \(x.shape.brackets)")
    }
  }
}

/// `x[i0, i1, ...]` with int64 tensors of one shape for some of the dimensions.
struct IndexRead: Op {
  let indexed: IndexedDims
  var name: StaticString { "index" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    let indices = Array(inputs.dropFirst())
    for index in indices { saving.constant(index) }
    indexed.checkNotEmpty(x, indices)
    let layout = indexed.resultLayout(x.strided.layout, indices: indices.map(\.strided.layout))
    let out = x.backend.allocate(layout, dtype: x.dtype)
    x.backend.indexRead(
      x.strided.with(indexed.front(x.strided.layout)), indices: indices.map { onDevice($0, x.device) },
      dims: indexed.dims, countsFromEnd: indexed.countsFromEnd,
      into: out.with(indexed.indexFront(layout, indexRank: indices[0].ndim)))
    return [Tensor(out)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [IndexWrite.sum(g, at: (0..<indexed.dims.count).map { saved[$0] }, indexed, into: saved.shape(of: 0))]
  }
}

/// A copy of `x` with `source` written or added at `[i0, i1, ...]`.
struct IndexWrite: Op {
  let indexed: IndexedDims
  let accumulates: Bool
  let node: StaticString
  var name: StaticString { "index_put" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let indices = Array(inputs.dropFirst(2))
    for index in indices { saving.constant(index) }
    let out = inputs[0].clone()
    write(inputs[1], at: indices, into: out)
    return [out]
  }

  /// Zeros of a shape with values added at the indices: the gradient of a read.
  static func sum(_ value: Tensor, at indices: [Tensor], _ indexed: IndexedDims, into shape: Shape) -> Tensor {
    let zeros = Tensor.zeros(shape, dtype: value.dtype, device: value.device)
    let write = IndexWrite(indexed: indexed, accumulates: true, node: "index_put")
    if ct_grad_enabled() { return write.apply([zeros, value] + indices)[0] }
    write.write(value, at: indices, into: zeros)
    return zeros
  }

  private func write(_ value: Tensor, at indices: [Tensor], into out: Tensor) {
    indexed.checkNotEmpty(out, indices)
    let shape = indexed.resultShape(out.shape, index: indices[0].shape)
    guard let wide = try? Layout.broadcast(shape, value.shape, op: "index_put"), wide == shape else {
      fault(
        "index_put",
        "the value has shape \(value.shape.brackets) and does not broadcast to the indexed \(shape.brackets)")
    }
    var source = onDevice(value, out.device).broadcast(to: shape)
    if source.storage === out.strided.storage { source = copyOf(source, out.backend) }
    out.backend.indexWrite(
      source.with(indexed.indexFront(source.layout, indexRank: indices[0].ndim)),
      indices: indices.map { onDevice($0, out.device) },
      dims: indexed.dims, countsFromEnd: indexed.countsFromEnd, mode: accumulates ? .add : .assign,
      into: out.strided.with(indexed.front(out.strided.layout)))
  }

  /// Writes into `x` itself and records that.
  func inPlace(_ x: Tensor, _ value: Tensor, at indices: [Tensor]) {
    let recorded = ct_grad_enabled() && (x.requiresGrad || (value.requiresGrad && x.dtype.isFloatingPoint))
    x.checkInPlace("index_put_", recorded: recorded)
    let step = recorded ? OpNode(self, EdgeList([x.gradEdge, value.gradEdge] + indices.map { _ in nil })) : nil
    write(value, at: indices, into: x)
    x.bumpVersion()
    guard let step else { return }
    step.saved = indices.map { SavedTensor($0, .constant) }
    x.rebaseHistory(step)
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let indices = (0..<indexed.dims.count).map { saved[$0] }
    var kept: Tensor?
    if saved.needs(0) {
      kept = accumulates ? g : apply([g, Tensor.zeros([], dtype: g.dtype, device: g.device)] + indices)[0]
    }
    return [kept, saved.needs(1) ? IndexRead(indexed: indexed).apply([g] + indices)[0] : nil]
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
      let flags = mask.expand(shape)
      // One index is cheaper than one for each dimension; and a 0-dim pair still gives a list.
      let isFlat = shape == self.shape && (isContiguous() && flags.isContiguous() || isQuicklyCopied)
      let chosen =
        isFlat
        ? reshape(-1).indexSelect(dim: 0, index: flags.reshape(-1).nonzero().reshape(-1)) : expand(shape)[flags]
      return chosen.named("masked_select")
    }
  }

  /// Whether a copy costs less than to follow strides, and nobody would see it in a graph.
  private var isQuicklyCopied: Bool { numel() <= RowLoop.parallelGrain && !isRecording }

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
      guard indices.contains(where: { $0 != nil }) else { fault("index_put_", "wants at least one index tensor") }
      write(
        values, at: indices.map { $0.map { .tensor($0) } ?? .slice(nil, nil, 1) }, accumulates: accumulate,
        reading: .tensorsOnly)
      return self
    }
  }
}
