// The subscript: NumPy's rules over views where positions and slices suffice, index ops where tensors take part.

extension Tensor {
  /// The part of the tensor that an index expression names: a view for positions and slices, a copy where index tensors
  /// or masks take part. As `tensor[...]` in PyTorch.
  ///
  /// Assignment writes to that part; the value broadcasts.
  /// - Precondition: positions are within bounds, masks have the shape of what they mask.
  public subscript(_ indices: any TensorIndexable...) -> Tensor {
    get { read(indices.map(\.tensorIndex)) }
    set { assign(newValue, at: indices.map(\.tensorIndex)) }
  }

  // `...` is a function to the compiler and needs places of its own.
  public subscript(_ first: UnboundedRange, _ rest: any TensorIndexable...) -> Tensor {
    get { read([.ellipsis] + rest.map(\.tensorIndex)) }
    set { assign(newValue, at: [.ellipsis] + rest.map(\.tensorIndex)) }
  }
  public subscript(_ a: any TensorIndexable, _ second: UnboundedRange, _ rest: any TensorIndexable...) -> Tensor {
    get { read([a.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)) }
    set { assign(newValue, at: [a.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)) }
  }
  public subscript(
    _ a: any TensorIndexable, _ b: any TensorIndexable, _ third: UnboundedRange, _ rest: any TensorIndexable...
  ) -> Tensor {
    get { read([a.tensorIndex, b.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)) }
    set { assign(newValue, at: [a.tensorIndex, b.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)) }
  }

  /// Assigns a number to a part, `x[mask] = 0`. For a number in a variable: `x[mask] = Tensor(value)`.
  @_disfavoredOverload
  public subscript(_ indices: any TensorIndexable...) -> AssignedNumber {
    get { AssignedNumber(scalar: read(indices.map(\.tensorIndex)).itemScalar()) }
    set { assign(.number(newValue.scalar), at: indices.map(\.tensorIndex)) }
  }
  @_disfavoredOverload
  public subscript(_ first: UnboundedRange, _ rest: any TensorIndexable...) -> AssignedNumber {
    get { AssignedNumber(scalar: read([.ellipsis] + rest.map(\.tensorIndex)).itemScalar()) }
    set { assign(.number(newValue.scalar), at: [.ellipsis] + rest.map(\.tensorIndex)) }
  }

  private func read(_ entries: [TensorIndex]) -> Tensor {
    inOp("index") {
      let (view, indices) = resolve(entries)
      guard indices.contains(where: { $0 != nil }) else {
        return view === self ? View(sizes: shape, name: "alias")(self) : view
      }
      let (front, tensors, place) = view.gathered(indices)
      let result = IndexRead(count: tensors.count).apply([front] + tensors)[0]
      return result.placed(place, rank: tensors[0].ndim)
    }
  }

  /// Writes through an index expression.
  func assign(_ value: Tensor, at entries: [TensorIndex]) {
    inOp("index_put_") { write(value, at: entries, accumulates: false) }
  }

  func write(_ value: Tensor, at entries: [TensorIndex], accumulates: Bool) {
    let (view, indices) = resolve(entries)
    guard indices.contains(where: { $0 != nil }) else {
      // Python drops leading dimensions of size one from the value.
      var source = value
      while source.ndim > view.ndim, source.shape[0] == 1 { source = source.squeeze(0) }
      if accumulates { view.add_(source) } else { view.copy_(source) }
      return
    }
    let (front, tensors, place) = view.gathered(indices)
    // The value's dimensions follow the indexed result; bring the indexed ones to the front.
    var source = value.dtype == dtype ? value : value.to(dtype)
    let resultRank = tensors[0].ndim + front.ndim - tensors.count
    while source.ndim > resultRank, source.shape[0] == 1 { source = source.squeeze(0) }
    if place > 0 && source.ndim > 0 {
      let missing = resultRank - source.ndim
      if missing > 0 {
        source = source.reshape(Array(repeating: 1, count: Swift.max(missing, 0)) + Array(source.shape))
      }
      source = source.movedim(source: Array(place..<(place + tensors[0].ndim)), destination: Array(0..<tensors[0].ndim))
    }
    let written = IndexWrite(count: tensors.count, accumulates: accumulates).apply([front, source] + tensors)[0]
    front.copy_(written)
  }

  /// The view that positions, slices and new axes make, and for each of its dimensions the index tensor still to apply.
  private func resolve(_ entries: [TensorIndex]) -> (view: Tensor, indices: [Tensor?]) {
    var consumed = 0
    var ellipses = 0
    for entry in entries {
      switch entry {
      case .int, .slice: consumed += 1
      case .tensor(let t): consumed += t.dtype == .bool || t.dtype == .uint8 ? t.ndim : 1
      case .ellipsisEntry: ellipses += 1
      case .newAxisEntry, .bool: break
      }
    }
    guard ellipses <= 1 else { fault("index", "only one ellipsis is allowed, got \(ellipses)") }
    guard consumed <= ndim else {
      fault(
        "index",
        "too many indices: \(consumed) for a tensor with \(ndim) dimension\(ndim == 1 ? "" : "s") \(shape.brackets)")
    }
    var view = self
    var indices: [Tensor?] = []
    for entry in entries {
      let dim = indices.count
      switch entry {
      case .int(let position):
        guard position >= -view.size(dim) && position < view.size(dim) else {
          fault(
            "index",
            "index \(position) is out of bounds for dim \(dim) with size \(view.size(dim)); got input \(shape.brackets)"
          )
        }
        // As in PyTorch, and unlike in NumPy, a position beside index tensors is not one of them.
        view = view.select(dim: dim, index: position)
      case .slice(let start, let end, let step):
        if !(start == nil && end == nil && step == 1) { view = view.slice(dim, start, end, step: step) }
        indices.append(nil)
      case .ellipsisEntry:
        for _ in consumed..<ndim { indices.append(nil) }
      case .newAxisEntry:
        view = view.unsqueeze(dim)
        indices.append(nil)
      case .bool(let keep):
        view = view.unsqueeze(dim)
        indices.append(Tensor.zeros([keep ? 1 : 0], dtype: .int64, device: device))
      case .tensor(let tensor):
        indices.append(contentsOf: view.positions(of: tensor, at: dim, of: self))
      }
    }
    while indices.count < view.ndim { indices.append(nil) }
    return (view, indices)
  }

  /// An index tensor as int64 positions: a mask becomes one tensor for each dimension it covers.
  private func positions(of index: Tensor, at dim: Int, of whole: Tensor) -> [Tensor] {
    switch index.dtype {
    case .bool, .uint8:
      for i in 0..<index.ndim where index.shape[i] != size(dim + i) {
        fault(
          "index",
          "the mask has size \(index.shape[i]) at dim \(i), the tensor \(size(dim + i)) at dim \(dim + i); got mask \(index.shape.brackets), input \(whole.shape.brackets)"
        )
      }
      if index.ndim == 0 { fault("index", "a 0-dim mask is not supported; use a Bool") }
      return index.nonzero().unbind(dim: 1).map { $0.detach() }
    case .int64: return [index]
    case .int32, .int16, .int8: return [index.long()]
    default:
      fault(
        "index",
        "index tensors must be whole numbers or bool, got \(index.dtype.name); convert with long(), or compare for a mask"
      )
    }
  }

  /// The indexed dimensions moved to the front, their index tensors broadcast, and where the result's indexed part belongs.
  private func gathered(_ indices: [Tensor?]) -> (front: Tensor, tensors: [Tensor], place: Int) {
    let indexed = indices.indices.filter { indices[$0] != nil }
    var shape = Shape()
    for i in indexed {
      guard let joint = try? Layout.broadcast(shape, indices[i]!.shape, op: "index") else {
        let shapes = indexed.map { indices[$0]!.shape.brackets }.joined(separator: ", ")
        fault("index", "index tensors do not broadcast together; got \(shapes)")
      }
      shape = joint
    }
    let tensors = indexed.map { i -> Tensor in
      let index = indices[i]!.device == device ? indices[i]! : indices[i]!.to(device)
      return index.expand(shape)
    }
    let neighbours = indexed.last! - indexed.first! + 1 == indexed.count
    let order = indexed + indices.indices.filter { indices[$0] == nil }
    let front = order == Array(0..<order.count) ? self : permute(order)
    return (front, tensors, neighbours ? indexed.first! : 0)
  }

  /// Moves the indexed part of a result from the front to its place.
  private func placed(_ place: Int, rank: Int) -> Tensor {
    place == 0 || rank == 0 ? self : movedim(source: Array(0..<rank), destination: Array(place..<(place + rank)))
  }
}

/// A number literal on the right of `x[...] = 0`.
///
/// A type of its own and not Int or Double, so that `x[0] + 1` can only mean the tensor.
public struct AssignedNumber: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  Sendable
{
  let scalar: Scalar

  init(scalar: Scalar) { self.scalar = scalar }
  public init(integerLiteral value: Int) { scalar = value.scalar }
  public init(floatLiteral value: Double) { scalar = value.scalar }
  public init(booleanLiteral value: Bool) { scalar = value.scalar }
}
