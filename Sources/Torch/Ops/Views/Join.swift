// Joining tensors, and cutting one into several.

struct Cat: Op {
  let dim: Int
  /// Per input its size along the dimension, nil where it is skipped.
  let sizes: [Int?]
  var name: StaticString { "cat" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let dtype = promotedType(inputs)
    let parts = inputs.filter { !Self.isSkipped($0) }
    guard let first = parts.first else { return [Tensor.empty([0], dtype: dtype, device: inputs[0].device)] }
    var shape = first.shape
    shape[dim] = 0
    for (i, part) in parts.enumerated() {
      guard part.ndim == shape.count, (0..<shape.count).allSatisfy({ $0 == dim || part.shape[$0] == shape[$0] }) else {
        fault(
          "cat",
          "sizes must match but along dim \(dim); got \(first.shape.brackets) and, as tensor \(i), \(part.shape.brackets)"
        )
      }
      shape[dim] += part.shape[dim]
    }
    let flowsChannelsLast =
      shape.count == 4 && parts.allSatisfy { !$0.isContiguous() && $0.strided.layout.isChannelsLast }
    let strides = flowsChannelsLast ? Layout.channelsLastStrides(shape) : Layout.contiguousStrides(shape)
    let layout = Layout(shape: shape, strides: strides)
    let out = Tensor(first.backend.allocate(layout, dtype: dtype))
    var start = 0
    for part in parts {
      let slot = checked { () throws(OpError) in
        try layout.sliced(dim: dim, start: start, end: start + part.shape[dim], step: 1)
      }
      out.backend.copy(onDevice(part, out.device), into: out.strided.with(slot))
      start += part.shape[dim]
    }
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    var start = 0
    return sizes.enumerated().map { i, size in
      guard let size else { return saved.needs(i) ? Tensor.zeros([0], dtype: g.dtype, device: g.device) : nil }
      defer { start += size }
      return saved.needs(i) ? g.narrow(dim: dim, start: start, length: size) : nil
    }
  }

  /// A 1-d tensor without elements joins with anything, as in PyTorch.
  static func isSkipped(_ x: Tensor) -> Bool { x.ndim == 1 && x.shape[0] == 0 }
}

/// One op with several views of its input as outputs.
struct Pieces: Op {
  enum Cut {
    /// Consecutive stretches of these sizes.
    case sizes([Int])
    /// One entry each, without the dimension.
    case entries(Int)
  }

  let cut: Cut
  let dim: Int
  let name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0].strided
    func view(_ layout: Layout) -> Tensor {
      let piece = Tensor(x.with(layout))
      return piece
    }
    switch cut {
    case .sizes(let sizes):
      var start = 0
      return sizes.map { size in
        defer { start += size }
        return view(
          checked { () throws(OpError) in try x.layout.sliced(dim: dim, start: start, end: start + size, step: 1) })
      }
    case .entries(let count):
      return (0..<count).map { i in view(checked { () throws(OpError) in try x.layout.selected(dim: dim, index: i) }) }
    }
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let present = gradients.compactMap({ $0 }).first else { return [] }
    var shape = saved.shape(of: 0)
    let parts = gradients.enumerated().map { i, gradient -> Tensor in
      if let gradient { return gradient }
      switch cut {
      case .sizes(let sizes): shape[dim] = sizes[i]
      case .entries: break
      }
      if case .entries = cut { return Tensor.zeros(like: present) }
      return Tensor.zeros(shape, dtype: present.dtype, device: present.device)
    }
    if case .entries = cut { return [Tensor.stack(parts, dim: dim)] }
    return [Tensor.cat(parts, dim: dim)]
  }

  func callAsFunction(_ x: Tensor) -> [Tensor] {
    let pieces = apply([x])
    for piece in pieces { piece.becomeView(of: x, origin: .multipleOutputs) }
    return pieces
  }
}

extension Tensor {
  /// Tensors one after another along a dimension, as `torch.cat`; dtypes are promoted.
  /// - Precondition: at least one tensor; all sizes but the one along `dim` are equal.
  public static func cat(_ tensors: [Tensor], dim: Int = 0) -> Tensor {
    inOp("cat") {
      guard let first = tensors.first(where: { !Cat.isSkipped($0) }) ?? tensors.first else {
        fault("cat", "wants at least one tensor, got an empty list")
      }
      if let zeroDim = tensors.firstIndex(where: { $0.ndim == 0 }) {
        fault("cat", "0-dim tensors cannot be joined (tensor \(zeroDim)); use stack, or unsqueeze(0) first")
      }
      let dim = checked { () throws(OpError) in try first.strided.layout.wrap(dim, op: "cat") }
      let sizes = tensors.map { Cat.isSkipped($0) ? nil : (dim < $0.ndim ? $0.shape[dim] : 0) }
      return Cat(dim: dim, sizes: sizes).apply(tensors)[0]
    }
  }

  /// Tensors of one shape along a new dimension, as `torch.stack`.
  /// - Precondition: at least one tensor; all shapes are equal.
  public static func stack(_ tensors: [Tensor], dim: Int = 0) -> Tensor {
    inOp("stack") {
      guard let first = tensors.first else { fault("stack", "wants at least one tensor, got an empty list") }
      for (i, tensor) in tensors.enumerated() where tensor.shape != first.shape {
        fault(
          "stack",
          "wants tensors of one shape; got \(first.shape.brackets) and, as tensor \(i), \(tensor.shape.brackets)")
      }
      let dim = checked { () throws(OpError) in try Layout.wrap(dim, rank: first.ndim + 1, op: "stack") }
      if dim < first.ndim, tensors.allSatisfy({ $0.isContiguous() && !$0.isRecording }) {
        // The same numbers in the same order, without a view of each.
        var shape = Array(first.shape)
        shape.insert(tensors.count, at: dim)
        return cat(tensors, dim: dim).view(shape)
      }
      return cat(tensors.map { $0.unsqueeze(dim) }, dim: dim).named("stack")
    }
  }

  /// Cuts into stretches of a size along a dimension, the last one smaller where it must, as `torch.split`.
  public func split(splitSize: Int, dim: Int = 0) -> [Tensor] {
    inOp("split") {
      let size = size(dim)
      guard splitSize > 0 || (splitSize == 0 && size == 0) else {
        fault("split", "wants a positive size, got \(splitSize)")
      }
      let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "split") }
      let count = size == 0 ? 1 : (size - 1) / splitSize + 1
      let sizes = (0..<count).map { Swift.min(splitSize, size - $0 * splitSize) }
      return Pieces(cut: .sizes(sizes), dim: along, name: "split")(self)
    }
  }

  /// Cuts into stretches of these sizes along a dimension, as `torch.split`.
  /// - Precondition: the sizes add up to the size of the dimension.
  public func split(splitSize splitSizes: [Int], dim: Int = 0) -> [Tensor] {
    inOp("split") {
      let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "split") }
      guard splitSizes.allSatisfy({ $0 >= 0 }), splitSizes.allSatisfy({ $0 <= size(along) }),
        splitSizes.reduce(0, &+) == size(along)
      else {
        fault(
          "split",
          "sizes \(splitSizes) do not add up to \(size(along)), the size of dim \(along); got input \(shape.brackets)")
      }
      return Pieces(cut: .sizes(splitSizes), dim: along, name: "split_with_sizes")(self)
    }
  }

  /// Cuts into at most so many equal stretches along a dimension, as `torch.chunk`.
  public func chunk(chunks: Int, dim: Int = 0) -> [Tensor] {
    inOp("chunk") {
      guard chunks > 0, chunks < 1 << 31 else { fault("chunk", "wants 1 to 2^31 - 1 chunks, got \(chunks)") }
      let size = size(dim)
      if size == 0 { return split(splitSize: Array(repeating: 0, count: chunks), dim: dim) }
      return split(splitSize: (size + chunks - 1) / chunks, dim: dim)
    }
  }

  /// All entries along a dimension, each without it, as `torch.unbind`.
  public func unbind(dim: Int = 0) -> [Tensor] {
    inOp("unbind") {
      guard ndim > 0 else { fault("unbind", "a 0-dim tensor has no dimension to unbind") }
      let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "unbind") }
      return Pieces(cut: .entries(shape[along]), dim: along, name: "unbind")(self)
    }
  }

  /// The tensor repeated along each dimension, as `torch.Tensor.repeat`.
  public func `repeat`(_ repeats: Int...) -> Tensor { self.repeat(repeats) }
  /// As ``repeat(_:)-(Int...)``.
  public func `repeat`(_ repeats: [Int]) -> Tensor {
    inOp("repeat") {
      guard repeats.count >= ndim, repeats.allSatisfy({ $0 >= 0 }) else {
        fault("repeat", "wants a count for each of the \(ndim) dimensions, got \(repeats)")
      }
      let lead = repeats.count - ndim
      func refuse() -> Never {
        fault("repeat", "\(repeats) times \(shape.brackets) has more elements than any memory holds")
      }
      let sizes = Array(repeating: 1, count: lead) + Array(shape)
      let long = zip(repeats, sizes).map { $0.multipliedReportingOverflow(by: $1) }
      guard !long.contains(where: \.overflow),
        Shape(long.map(\.partialValue)).checkedElementCount(itemSize: dtype.itemSize) != nil,
        Shape(zip(repeats, sizes).flatMap { [$0, $1] }).checkedElementCount(itemSize: dtype.itemSize) != nil
      else { refuse() }
      // [r0, s0, r1, s1, ...] stretched, then joined in pairs.
      let wide = zip(repeats, sizes).flatMap { [$0, $1] }
      let pairs = reshape(sizes.flatMap { [1, $0] }).expand(wide).clone(memoryFormat: .contiguousFormat)
      return pairs.view(long.map(\.partialValue)).named("repeat")
    }
  }
}
