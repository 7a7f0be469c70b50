// Views, as the user calls them. Shape and dim arguments stand without labels.

extension Tensor {
  /// The same elements in row-major order under other sizes; a view where strides allow it, else a copy.
  ///
  /// As `torch.Tensor.reshape`. One size may be -1 and is inferred.
  /// - Precondition: the sizes fit the number of elements.
  public func reshape(_ sizes: Int...) -> Tensor { reshape(Shape(sizes)) }
  /// As ``reshape(_:)-(Int...)``.
  public func reshape(_ sizes: some Collection<Int>) -> Tensor {
    inOp("reshape") {
      let sizes = checked { () throws(OpError) in
        try Layout.inferred(Shape(sizes), count: numel(), op: "reshape", input: shape)
      }
      if isContiguous() { return View(sizes: sizes, name: "view")(self) }
      if strided.layout.viewed(as: sizes) != nil { return View(sizes: sizes, name: "reshape_alias")(self) }
      return View(sizes: sizes, name: "unsafe_view")(clone(memoryFormat: .contiguousFormat))
    }
  }

  /// The same memory under other sizes, as `torch.Tensor.view`. One size may be -1 and is inferred.
  /// - Precondition: the sizes fit the number of elements, and the strides allow them without a copy.
  public func view(_ sizes: Int...) -> Tensor { view(Shape(sizes)) }
  /// As ``view(_:)-(Int...)``.
  public func view(_ sizes: some Collection<Int>) -> Tensor { View(sizes: Shape(sizes), name: "view")(self) }

  /// As ``view(_:)-(Int...)``, with the sizes of another tensor.
  public func view(as other: Tensor) -> Tensor { view(other.shape) }
  /// As ``reshape(_:)-(Int...)``, with the sizes of another tensor.
  public func reshape(as other: Tensor) -> Tensor { reshape(other.shape) }

  /// Joins the dimensions `startDim...endDim` into one, as `torch.flatten`.
  public func flatten(_ startDim: Int = 0, _ endDim: Int = -1) -> Tensor {
    inOp("flatten") {
      if ndim == 0 { return reshape(1) }
      let start = checked { () throws(OpError) in try strided.layout.wrap(startDim, op: "flatten") }
      let end = checked { () throws(OpError) in try strided.layout.wrap(endDim, op: "flatten") }
      guard start <= end else { fault("flatten", "startDim \(startDim) comes after endDim \(endDim)") }
      if start == end { return self }
      let joined = shape[start...end].reduce(1, *)
      return reshape(Array(shape[..<start]) + [joined] + Array(shape[(end + 1)...]))
    }
  }

  /// Splits one dimension into several, as `torch.unflatten`. One size may be -1.
  public func unflatten(dim: Int, sizes: [Int]) -> Tensor {
    inOp("unflatten") {
      guard ndim > 0 else { fault("unflatten", "a 0-dim tensor has no dimension to split") }
      let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "unflatten") }
      let parts = checked { () throws(OpError) in
        try Layout.inferred(Shape(sizes), count: shape[dim], op: "unflatten", input: [shape[dim]])
      }
      return view(Array(shape[..<dim]) + Array(parts) + Array(shape[(dim + 1)...]))
    }
  }

  /// Swaps two dimensions, as `torch.transpose`.
  public func transpose(_ dim0: Int, _ dim1: Int) -> Tensor {
    Transpose(dim0: dim0, dim1: dim1, name: "transpose")(self)
  }

  /// As ``transpose(_:_:)``, as `torch.swapaxes`.
  public func swapaxes(_ axis0: Int, _ axis1: Int) -> Tensor { transpose(axis0, axis1) }
  @discardableResult public func swapaxes_(_ axis0: Int, _ axis1: Int) -> Tensor { transpose_(axis0, axis1) }

  /// The matrix with rows and columns swapped, as `torch.t`.
  /// - Precondition: at most 2 dimensions.
  public func t() -> Tensor {
    guard ndim <= 2 else { fault("t", "wants at most 2 dimensions, got \(shape.brackets); use transpose or mT") }
    return Transpose(dim0: 0, dim1: ndim < 2 ? 0 : 1, name: "t")(self)
  }

  /// All dimensions reversed, as `torch.Tensor.T`.
  public var T: Tensor { permute(Array((0..<ndim).reversed())) }

  /// The last two dimensions swapped, as `torch.Tensor.mT`.
  public var mT: Tensor {
    if ndim == 0 { return self }
    guard ndim >= 2 else { fault("mT", "wants at least 2 dimensions, got \(shape.brackets)") }
    return transpose(-2, -1)
  }

  /// The dimensions in another order, as `torch.permute`.
  /// - Precondition: each dimension is named once.
  public func permute(_ dims: Int...) -> Tensor { permute(dims) }
  /// As ``permute(_:)-(Int...)``.
  public func permute(_ dims: [Int]) -> Tensor { Permute(dims: dims)(self) }

  /// Moves dimensions to other places, the rest keep their order, as `torch.movedim`.
  public func movedim(source: [Int], destination: [Int]) -> Tensor {
    inOp("movedim") {
      guard source.count == destination.count else {
        fault("movedim", "wants as many destinations as sources; got \(source) and \(destination)")
      }
      func wrapped(_ dims: [Int]) -> [Int] {
        dims.map { dim in checked { () throws(OpError) in try strided.layout.wrap(dim, op: "movedim") } }
      }
      let from = wrapped(source), to = wrapped(destination)
      if ndim == 0 { return self.view([]) }
      guard Set(from).count == from.count, Set(to).count == to.count else {
        fault("movedim", "a dim is repeated; got \(source) and \(destination)")
      }
      var order = [Int?](repeating: nil, count: ndim)
      for (source, target) in zip(from, to) { order[target] = source }
      var rest = (0..<ndim).filter { !from.contains($0) }.makeIterator()
      return permute(order.map { $0 ?? rest.next()! })
    }
  }
  /// As ``movedim(source:destination:)-([Int],[Int])``, for one dimension.
  public func movedim(source: Int, destination: Int) -> Tensor {
    movedim(source: [source], destination: [destination])
  }

  /// A new dimension of size one, as `torch.unsqueeze`.
  public func unsqueeze(_ dim: Int) -> Tensor { Unsqueeze(dim: dim)(self) }

  /// Without the dimensions of size one, as `torch.squeeze`.
  public func squeeze() -> Tensor { Squeeze(dims: nil, node: "squeeze")(self) }
  /// Without these dimensions where their size is one, as `torch.squeeze`.
  public func squeeze(_ dims: Int...) -> Tensor {
    Squeeze(dims: dims, node: dims.count == 1 ? "squeeze.1" : "squeeze.2")(self)
  }
  /// As ``squeeze(_:)-(Int...)``.
  public func squeeze(_ dims: [Int]) -> Tensor { Squeeze(dims: dims, node: "squeeze.2")(self) }

  /// Dimensions of size one stretched without a copy, as `torch.Tensor.expand`; -1 keeps a size.
  public func expand(_ sizes: Int...) -> Tensor { expand(Shape(sizes)) }
  /// As ``expand(_:)-(Int...)``.
  public func expand(_ sizes: some Collection<Int>) -> Tensor { Expand(sizes: Shape(sizes))(self) }
  /// As ``expand(_:)-(Int...)``, to the sizes of another tensor.
  public func expand(as other: Tensor) -> Tensor { expand(other.shape) }
  /// Stretched to a shape, as `torch.broadcast_to`.
  public func broadcast(to sizes: some Collection<Int>) -> Tensor { expand(sizes) }

  /// One entry along a dimension, which disappears, as `torch.select`.
  public func select(dim: Int, index: Int) -> Tensor { Select(dim: dim, index: index)(self) }

  /// The entries `start..<start + length` along a dimension, as `torch.narrow`.
  public func narrow(dim: Int, start: Int, length: Int) -> Tensor {
    inOp("narrow") {
      let size = size(dim)
      let first = start < 0 ? start + size : start
      guard length >= 0, first >= 0, first <= size, length <= size - first else {
        fault(
          "narrow",
          "start \(start) with length \(length) leaves dim \(dim) of size \(size); got input \(shape.brackets)")
      }
      return Slice(dim: dim, start: first, end: first + length, step: 1)(self)
    }
  }

  /// As ``narrow(dim:start:length:)-(Int,Int,Int)``, with the start in a tensor of one whole number.
  public func narrow(dim: Int, start: Tensor, length: Int) -> Tensor {
    guard start.ndim == 0, start.dtype.isInteger else {
      fault("narrow", "start wants a 0-dim tensor of whole numbers, got \(start.signature)")
    }
    return narrow(dim: dim, start: start.item(), length: length)
  }

  /// Python's slice along a dimension: bounds are clamped, negative ones count from the end.
  public func slice(_ dim: Int, _ start: Int? = nil, _ end: Int? = nil, step: Int = 1) -> Tensor {
    Slice(dim: dim, start: start, end: end, step: step)(self)
  }

  /// The diagonal of two dimensions, as the new last dimension, as `torch.diagonal`.
  public func diagonal(offset: Int = 0, dim1: Int = 0, dim2: Int = 1) -> Tensor {
    Diagonal(offset: offset, dim1: dim1, dim2: dim2)(self)
  }

  /// Windows of a size along a dimension, as a new last dimension, as `torch.Tensor.unfold`.
  public func unfold(dimension: Int, size: Int, step: Int) -> Tensor {
    Unfold(dim: dimension, size: size, step: step)(self)
  }

  /// The storage seen through any sizes and strides, in elements, as `torch.as_strided`.
  /// - Precondition: every place lies within the storage.
  public func asStrided(size: some Collection<Int>, stride: some Collection<Int>, storageOffset: Int? = nil)
    -> Tensor
  {
    inOp("as_strided") { checkedAsStrided(size, stride, storageOffset)(self) }
  }

  func checkedAsStrided(_ size: some Collection<Int>, _ stride: some Collection<Int>, _ storageOffset: Int?)
    -> AsStrided
  {
    inOp("as_strided") {
      let op = AsStrided(shape: Shape(size), strides: Shape(stride), offset: storageOffset ?? strided.layout.offset)
      let layout = checked { () throws(OpError) in try op.layout(of: strided.layout) }
      guard layout.fits(bytes: storage.byteCount, itemSize: dtype.itemSize) else {
        fault(
          "as_strided",
          "sizes \(layout.shape.brackets) with strides \(layout.strides.brackets) and offset \(layout.offset) leave the storage of \(storage.byteCount) bytes"
        )
      }
      return op
    }
  }
}

extension Layout {
  /// Whether every place lies within so many bytes; safe against overflow.
  func fits(bytes: Int, itemSize: Int) -> Bool {
    if shape.contains(0) { return true }
    var last = offset
    for i in 0..<rank {
      let (reach, overflow) = (shape[i] - 1).multipliedReportingOverflow(by: strides[i])
      let (sum, overflow2) = last.addingReportingOverflow(reach)
      if overflow || overflow2 { return false }
      last = sum
    }
    return last < bytes / itemSize
  }
}
