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

  /// Assigns a number to a part, `x[mask] = 0`. A number in a variable goes through ``number(_:)``,
  /// `x[mask] = .number(value)`: a subscript of plain number types would make `x[0] += value` mean the number's `+=`.
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
  @_disfavoredOverload
  public subscript(_ a: any TensorIndexable, _ second: UnboundedRange, _ rest: any TensorIndexable...) -> AssignedNumber
  {
    get { AssignedNumber(scalar: read([a.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)).itemScalar()) }
    set { assign(.number(newValue.scalar), at: [a.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)) }
  }
  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndexable, _ b: any TensorIndexable, _ third: UnboundedRange, _ rest: any TensorIndexable...
  ) -> AssignedNumber {
    get {
      AssignedNumber(scalar: read([a.tensorIndex, b.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)).itemScalar())
    }
    set { assign(.number(newValue.scalar), at: [a.tensorIndex, b.tensorIndex, .ellipsis] + rest.map(\.tensorIndex)) }
  }

  private func read(_ entries: [TensorIndex]) -> Tensor {
    inOp("index") {
      // As in PyTorch, `x[0...]` alone is a slice to the graph, and a whole slice beside other entries is nothing.
      let (view, indices) = resolve(entries, entries.count == 1 ? .loneSlice : .all)
      guard indices.contains(where: { $0 != nil }) else {
        return view === self ? Alias()(self) : view
      }
      let (indexed, tensors) = view.gathered(indices)
      return IndexRead(indexed: indexed).apply([view] + tensors)[0]
    }
  }

  /// Writes through an index expression.
  func assign(_ value: Tensor, at entries: [TensorIndex]) {
    inOp("index_put_") {
      // A truth value alone takes the whole tensor or nothing.
      if entries.count == 1, case .bool(let keeps) = entries[0] {
        if keeps { write(value, at: [.newAxisEntry], accumulates: false, reading: .all) }
        return
      }
      write(value, at: entries, accumulates: false, reading: .all)
    }
  }

  func write(_ value: Tensor, at entries: [TensorIndex], accumulates: Bool, reading: IndexReading) {
    let (view, indices) = resolve(entries, reading)
    guard indices.contains(where: { $0 != nil }) else {
      if value.shows(view) { return }
      if value.flags.contains(.number) {
        _ = view.filled(value.itemScalar(), "fill.2")
      } else if value.ndim == 0 && view.ndim > 0 {
        view.copy_(value).namedWrite("fill.3")
      } else {
        view.copy_(value.withoutLeadingOnes(beyond: view.ndim))
      }
      return
    }
    let (indexed, tensors) = view.gathered(indices)
    let isNumber = value.flags.contains(.number)
    let isLoneMask = entries.count == 1 && entries[0].isMask
    guard isNumber || value.dtype == dtype || (isLoneMask && value.ndim == 0) else {
      fault(
        "index_put_", "the value is \(value.dtype.name), the tensor \(dtype.name); convert one with to(_:)")
    }
    let source = value.dtype == dtype ? value : value.to(dtype)
    // A number at a mask is a masked fill to PyTorch, at positions an index fill.
    let node: StaticString =
      !isNumber
      ? "index_put" : isLoneMask ? "masked_fill" : tensors.count == 1 && view === self ? "index_fill" : "index_put"
    let rank = tensors[0].ndim + view.ndim - tensors.count
    IndexWrite(indexed: indexed, accumulates: accumulates, node: node)
      .inPlace(view, source.withoutLeadingOnes(beyond: rank), at: tensors)
  }

  /// As Python's assignment, which drops leading dimensions of size one from the value.
  private func withoutLeadingOnes(beyond rank: Int) -> Tensor {
    var result = self
    while result.ndim > rank, result.shape[0] == 1 { result = result.squeeze(0) }
    return result
  }

  /// Whether this is the very part of a tensor that another view shows, as after `x[0] += 1`: nothing is left to write.
  private func shows(_ view: Tensor) -> Bool {
    (viewBase ?? self) === (view.viewBase ?? view) && strided.layout == view.strided.layout && dtype == view.dtype
  }

  /// The view that positions, slices and new axes make, and for each of its dimensions the index tensor still to apply.
  private func resolve(_ entries: [TensorIndex], _ reading: IndexReading) -> (view: Tensor, indices: [Tensor?]) {
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
      case .int(let position): view = view.selected(dim, position, of: self)
      case .tensor(let tensor) where tensor.ndim == 0 && reading != .tensorsOnly:
        // One number out of a tensor is a position or a truth value like any other.
        switch tensor.dtype {
        case .bool, .uint8:
          view = view.unsqueeze(dim)
          indices.append(Tensor.zeros([tensor.item() ? 1 : 0], dtype: .int64, device: device))
        case .int8, .int16, .int32, .int64: view = view.selected(dim, tensor.item(), of: self)
        default: refuseIndex(tensor)
        }
      case .slice(let start, let end, let step):
        let isWhole = start ?? 0 == 0 && step == 1 && dim < view.ndim && end ?? .max >= view.shape[dim]
        if !isWhole || reading == .loneSlice { view = view.slice(dim, start, end, step: step) }
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

  /// As in PyTorch, and unlike in NumPy, a position beside index tensors is not one of them.
  private func selected(_ dim: Int, _ position: Int, of whole: Tensor) -> Tensor {
    guard position >= -size(dim) && position < size(dim) else {
      fault(
        "index",
        "index \(position) is out of bounds for dim \(dim) with size \(size(dim)); got input \(whole.shape.brackets)")
    }
    return select(dim: dim, index: position)
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
    case .int32: return [index.long()]
    default: refuseIndex(index)
    }
  }

  private func refuseIndex(_ index: Tensor) -> Never {
    fault(
      "index",
      "index tensors are int64, int32, uint8 or bool, got \(index.dtype.name); convert with long(), or compare for a mask"
    )
  }

  /// The indexed dimensions, and their index tensors broadcast.
  private func gathered(_ indices: [Tensor?]) -> (indexed: IndexedDims, tensors: [Tensor]) {
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
      let index = indices[i]!
      if index.device == device { return index.expand(shape) }
      // The processor may say where to look on a device, as in PyTorch, but not the other way about.
      guard index.device == .cpu else { differentDevices(device, index.device) }
      return index.to(device).expand(shape)
    }
    return (IndexedDims(dims: indexed), tensors)
  }
}

/// How entries are read.
enum IndexReading {
  /// As Python reads brackets.
  case all
  /// As Python reads brackets with one slice in them.
  case loneSlice
  /// As `index_put_` reads its list: a 0-dim tensor is an index tensor.
  case tensorsOnly
}

extension TensorIndex {
  fileprivate var isMask: Bool {
    if case .tensor(let tensor) = self { return (tensor.dtype == .bool || tensor.dtype == .uint8) && tensor.ndim > 0 }
    return false
  }
}

extension Tensor {
  /// A number as a 0-dim tensor that takes the dtype of what it meets, as a plain number does in PyTorch:
  /// `x[mask] = .number(value)`.
  public static func number(_ value: some TensorScalar) -> Tensor { number(value.scalar) }
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
