import CTorchRuntime

// Reading and writing by index along one dimension.

/// The gradient of writes adds up; its own gradient reads.
struct Gather: Op {
  let dim: Int
  var name: StaticString { "gather" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.constant(inputs[1])
    let out = Tensor(shape: inputs[1].shape, dtype: inputs[0].dtype, device: inputs[0].device)
    out.backend.gather(inputs[0].strided, dim: dim, index: inputs[1].strided, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let zeros = Tensor.zeros(saved.shape(of: 0), dtype: g.dtype, device: g.device)
    return [zeros.scatterInPlace(.add, g, dim: dim, index: saved[0]) ?? ScatterAdd(dim: dim)(zeros, saved[0], g), nil]
  }
}

struct ScatterAdd: Op {
  let dim: Int
  var name: StaticString { "scatter_add" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.constant(inputs[1])
    let out = inputs[0].clone(memoryFormat: .contiguousFormat)
    out.backend.scatter(inputs[2].strided, dim: dim, index: inputs[1].strided, mode: .add, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    guard saved.needs(2) else { return [g] }
    let read = Gather(dim: dim)(g, saved[0])
    return [g, nil, Self.fitted(read, saved.shape(of: 2))]
  }

  /// A source larger than the index gets zeros where it was not read.
  static func fitted(_ gradient: Tensor, _ shape: Shape) -> Tensor {
    if gradient.shape == shape { return gradient }
    var part = Layout(contiguous: shape)
    part.shape = gradient.shape
    let whole = Tensor.zeros(shape, dtype: gradient.dtype, device: gradient.device)
    return whole.asStrided(size: part.shape, stride: part.strides).embedding(gradient, in: whole)
  }
}

struct Scatter: Op {
  let dim: Int
  var name: StaticString { "scatter" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.constant(inputs[1])
    let out = inputs[0].clone(memoryFormat: .contiguousFormat)
    out.backend.scatter(inputs[2].strided, dim: dim, index: inputs[1].strided, mode: .assign, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let index = saved[0]
    let kept =
      saved.needs(0) ? Scatter(dim: dim)(g, index, Tensor.zeros(index.shape, dtype: g.dtype, device: g.device)) : nil
    let read = saved.needs(2) ? ScatterAdd.fitted(Gather(dim: dim)(g, index), saved.shape(of: 2)) : nil
    return [kept, nil, read]
  }
}

/// How written elements are joined with what is there, as the `reduce` of `torch.scatter`.
public enum ScatterReduction: String, Sendable { case add, multiply }

/// Products of what is there with what is written. PyTorch has no gradient for it either.
struct ScatterMultiply: Op {
  let dim: Int
  var name: StaticString { "scatter" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let out = inputs[0].clone(memoryFormat: .contiguousFormat)
    out.backend.scatter(inputs[2].strided, dim: dim, index: inputs[1].strided, mode: .multiply, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    fault("scatter", "products have no derivative here, as in PyTorch; use reduce: .add or multiply beforehand")
  }
}

/// Whole entries along one dimension, row-major.
struct IndexSelect: Op {
  let indexed: IndexedDims
  var name: StaticString { "index_select" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let (x, index) = (inputs[0], inputs[1])
    saving.constant(index)
    indexed.checkNotEmpty(x, [index])
    var shape = x.shape
    shape[indexed.dims[0]] = index.numel()
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device)
    out.backend.indexRead(
      x.strided.with(indexed.front(x.strided.layout)), indices: [index.strided], dims: indexed.dims,
      countsFromEnd: indexed.countsFromEnd,
      into: out.strided.with(indexed.front(out.strided.layout)))
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let shape = saved.shape(of: 0)
    // As in PyTorch's index_add, rows of half types are added up in float32.
    let terms = shape.count > 1 ? g.widened : g
    return [IndexWrite.sum(terms, at: [saved[0]], indexed, into: shape).to(g.dtype)]
  }
}

extension Tensor {
  /// The whole of which this is a view, after a value was written to the view.
  fileprivate func embedding(_ value: Tensor, in whole: Tensor) -> Tensor {
    copy_(value)
    return whole
  }

  /// The dimension and the int64 positions of a write; a fault unless they fit this tensor and the source.
  private func checkScatter(_ index: Tensor, dim: Int, _ source: Tensor, _ op: StaticString) -> (
    dim: Int, index: Tensor
  ) {
    guard source.dtype == dtype else {
      fault(OpError(op, "src is \(source.dtype.name), the tensor \(dtype.name); convert one"))
    }
    let index = index.positions
    return (checkIndex(index, dim: dim, op: op, source: source), index)
  }

  private func write(_ source: Tensor, dim: Int, index: Tensor) -> Tensor {
    let (along, index) = checkScatter(index, dim: dim, source, "scatter")
    return scatterInPlace(.assign, source, dim: along, index: index) ?? copy_(Scatter(dim: along)(self, index, source))
  }

  /// Writes elements into this tensor itself, without a copy of it; nil where a gradient is to be recorded or the tensor is
  /// not row-major, and nothing was done.
  fileprivate func scatterInPlace(_ mode: ScatterMode, _ source: Tensor, dim: Int, index: Tensor) -> Tensor? {
    guard !(ct_grad_enabled() && (requiresGrad || source.requiresGrad)), isContiguous() else { return nil }
    checkInPlace("scatter_", recorded: false)
    func apart(_ x: Tensor) -> Strided {
      x.strided.storage === strided.storage ? copyOf(x.strided, x.backend) : x.strided
    }
    backend.scatter(apart(source), dim: dim, index: apart(index), mode: mode, into: strided)
    bumpVersion()
    return self
  }

  /// An int32 index as the int64 that the kernels read.
  private var positions: Tensor { dtype == .int32 ? long() : self }

  /// The dimension that an index walks; a fault unless it fits this tensor and the source.
  func checkIndex(_ index: Tensor, dim: Int, op: StaticString, source: Tensor? = nil) -> Int {
    guard index.dtype == .int64 else {
      fault(OpError(op, "the index must be int64, got \(index.dtype.name); convert with long()"))
    }
    let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: op) }
    guard index.ndim == ndim || (ndim <= 1 && index.ndim <= 1) else {
      fault(
        OpError(
          op, "the index needs as many dimensions as the input; got \(index.shape.brackets) and \(shape.brackets)"))
    }
    if let source, source.ndim != index.ndim && (source.ndim > 1 || index.ndim > 1) {
      fault(
        OpError(
          op,
          "the index needs as many dimensions as the source; got \(index.shape.brackets) and \(source.shape.brackets)"))
    }
    // A 0-dim tensor counts as one of one element.
    func size(_ x: Tensor, _ i: Int) -> Int { x.ndim == 0 ? 1 : x.shape[i] }
    for i in 0..<Swift.max(index.ndim, 1) {
      let tooLarge = i != along && size(index, i) > size(self, i)
      let beyondSource = source.map { size(index, i) > size($0, i) } ?? false
      if tooLarge || beyondSource {
        fault(
          OpError(
            op,
            "the index is larger than the \(tooLarge ? "input" : "source") at dim \(i); got index \(index.shape.brackets), input \(shape.brackets)"
              + (source.map { ", source \($0.shape.brackets)" } ?? "")))
      }
    }
    return along
  }

  /// Elements at positions along a dimension, as `torch.gather`: `out[i][j] = self[index[i][j]][j]` for dim 0.
  /// - Precondition: `index` is whole numbers, of the input's rank, and within bounds.
  public func gather(dim: Int, index: Tensor) -> Tensor {
    inOp("gather") {
      let index = index.dtype.isInteger ? index.long() : index
      // No position asks for nothing, whatever its shape.
      if index.numel() == 0 { return reshape(-1).narrow(dim: 0, start: 0, length: 0).reshape(index.shape) }
      return Gather(dim: checkIndex(index, dim: dim, op: "gather"))(self, index)
    }
  }

  /// A copy with the elements of `src` added at positions along a dimension, as `torch.scatter_add`.
  public func scatterAdd(dim: Int, index: Tensor, src: Tensor) -> Tensor {
    inOp("scatter_add") {
      let (along, index) = checkScatter(index, dim: dim, src, "scatter_add")
      return ScatterAdd(dim: along)(self, index, src)
    }
  }
  @discardableResult
  public func scatterAdd_(dim: Int, index: Tensor, src: Tensor) -> Tensor {
    inOp("scatter_add_") {
      let (along, index) = checkScatter(index, dim: dim, src, "scatter_add")
      return scatterInPlace(.add, src, dim: along, index: index)
        ?? copy_(ScatterAdd(dim: along)(self, index, src)).namedWrite("scatter_add")
    }
  }

  /// A copy with the elements of `src` written at positions along a dimension, as `torch.scatter`.
  public func scatter(dim: Int, index: Tensor, src: Tensor) -> Tensor {
    inOp("scatter") {
      let (along, index) = checkScatter(index, dim: dim, src, "scatter")
      return Scatter(dim: along)(self, index, src)
    }
  }
  /// A copy with a number written at positions along a dimension, as `torch.scatter`.
  public func scatter(dim: Int, index: Tensor, value: some TensorScalar) -> Tensor {
    scatter(dim: dim, index: index, src: Tensor.full(index.shape, value, dtype: dtype, device: device)).named(
      "scatter.1")
  }
  @discardableResult
  public func scatter_(dim: Int, index: Tensor, src: Tensor) -> Tensor {
    inOp("scatter_") { write(src, dim: dim, index: index).namedWrite("scatter") }
  }
  @discardableResult
  public func scatter_(dim: Int, index: Tensor, value: some TensorScalar) -> Tensor {
    inOp("scatter_") {
      write(Tensor.full(index.shape, value, dtype: dtype, device: device), dim: dim, index: index).namedWrite(
        "scatter.1")
    }
  }

  /// A copy with elements joined with what is there, as `torch.scatter` with `reduce`.
  public func scatter(dim: Int, index: Tensor, src: Tensor, reduce: ScatterReduction) -> Tensor {
    inOp("scatter") {
      let (along, index) = checkScatter(index, dim: dim, src, "scatter")
      switch reduce {
      case .add: return ScatterAdd(dim: along)(self, index, src)
      case .multiply: return ScatterMultiply(dim: along)(self, index, src)
      }
    }
  }
  /// As ``scatter(dim:index:src:reduce:)``, with one number.
  public func scatter(dim: Int, index: Tensor, value: some TensorScalar, reduce: ScatterReduction) -> Tensor {
    scatter(dim: dim, index: index, src: Tensor.full(index.shape, value, dtype: dtype, device: device), reduce: reduce)
  }
  @discardableResult
  public func scatter_(dim: Int, index: Tensor, src: Tensor, reduce: ScatterReduction) -> Tensor {
    inOp("scatter_") {
      let (along, positions) = checkScatter(index, dim: dim, src, "scatter")
      return scatterInPlace(reduce == .add ? .add : .multiply, src, dim: along, index: positions)
        ?? copy_(scatter(dim: dim, index: index, src: src, reduce: reduce))
    }
  }
  @discardableResult
  public func scatter_(dim: Int, index: Tensor, value: some TensorScalar, reduce: ScatterReduction) -> Tensor {
    scatter_(dim: dim, index: index, src: Tensor.full(index.shape, value, dtype: dtype, device: device), reduce: reduce)
  }

  /// Whole entries along a dimension in the order of an index, as `torch.index_select`.
  /// - Precondition: `index` is whole numbers with at most one dimension, within bounds.
  public func indexSelect(dim: Int, index: Tensor) -> Tensor {
    inOp("index_select") {
      guard index.ndim <= 1, index.dtype == .int64 || index.dtype == .int32 else {
        fault(
          "index_select",
          "the index must be a vector of int64 or int32; got \(index.shape.brackets) \(index.dtype.name)")
      }
      if ndim == 0 { return reshape(1).indexSelect(dim: 0, index: index).reshape([]) }
      let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "index_select") }
      return IndexSelect(indexed: IndexedDims(dims: [along], countsFromEnd: false))(self, index.long().reshape(-1))
    }
  }

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
