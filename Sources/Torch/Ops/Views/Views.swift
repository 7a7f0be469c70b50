// Views: the same memory under another shape.

struct View: ViewOp {
  let sizes: Shape
  let name: StaticString

  func layout(of x: Layout) throws(OpError) -> Layout {
    let sizes = try Layout.inferred(sizes, count: x.count, op: name, input: x.shape)
    guard let layout = x.viewed(as: sizes) else {
      throw OpError(
        name,
        "the strides \(x.strides.brackets) of the input \(x.shape.brackets) do not allow \(sizes.brackets) without a copy; use reshape(...), or contiguous() first"
      )
    }
    return layout
  }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient.reshape(input.shape) }
}

/// The same elements as a tensor of its own.
struct Alias: ViewOp {
  var name: StaticString { "alias" }

  func layout(of x: Layout) throws(OpError) -> Layout { x }
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient }
}

struct Transpose: ViewOp {
  let dim0: Int, dim1: Int
  let name: StaticString

  func layout(of x: Layout) throws(OpError) -> Layout { try x.transposed(dim0, dim1) }
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient.transpose(dim0, dim1) }
}

struct Permute: ViewOp {
  let dims: [Int]
  var name: StaticString { "permute" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.permuted(dims) }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor {
    var inverse = [Int](repeating: 0, count: dims.count)
    for (i, dim) in dims.enumerated() { inverse[dim < 0 ? dim + dims.count : dim] = i }
    return gradient.permute(inverse)
  }
}

struct Expand: ViewOp {
  let sizes: Shape
  var name: StaticString { "expand" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.expanded(to: sizes) }
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient.summed(toFit: input.shape)! }
}

struct Select: ViewOp {
  let dim: Int, index: Int
  var name: StaticString { "select" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.selected(dim: dim, index: index) }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor {
    Embed(op: self, shape: input.shape)(gradient)
  }
}

struct Slice: ViewOp {
  let dim: Int, start: Int?, end: Int?, step: Int
  var name: StaticString { "slice" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.sliced(dim: dim, start: start, end: end, step: step) }
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { Embed(op: self, shape: input.shape)(gradient) }
}

struct Diagonal: ViewOp {
  let offset: Int, dim1: Int, dim2: Int
  var name: StaticString { "diagonal" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.diagonal(offset: offset, dim1: dim1, dim2: dim2) }
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { Embed(op: self, shape: input.shape)(gradient) }
}

/// Zeros of a shape with the gradient of a view written into the part the view shows; its own gradient is that view.
struct Embed<V: ViewOp>: Op {
  let op: V
  let shape: Shape
  var name: StaticString { "embed" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let whole = Tensor.zeros(shape, dtype: inputs[0].dtype, device: inputs[0].device)
    op(whole).copy_(inputs[0])
    return [whole]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] { [gradients[0].map { op($0) }] }
}

struct Unsqueeze: ViewOp {
  let dim: Int
  var name: StaticString { "unsqueeze" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.unsqueezed(dim) }
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient.reshape(input.shape) }
}

struct Squeeze: ViewOp {
  /// nil: every dimension of size one.
  let dims: [Int]?
  let node: StaticString
  var name: StaticString { "squeeze" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.squeezed(dims) }
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient.reshape(input.shape) }
}

struct Unfold: ViewOp {
  let dim: Int, size: Int, step: Int
  var name: StaticString { "unfold" }

  func layout(of x: Layout) throws(OpError) -> Layout { try x.unfolded(dim: dim, size: size, step: step) }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor {
    FoldWindows(op: self, shape: input.shape)(gradient)
  }
}

/// The gradient of windows that overlap: each element gets the sum over the windows it lies in.
struct FoldWindows: Op {
  let op: Unfold
  let shape: Shape
  var name: StaticString { "unfold_backward" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let whole = Tensor.zeros(shape, dtype: inputs[0].dtype, device: inputs[0].device)
    let windows = op(whole)
    // One offset within the window at a time: those places never overlap. From the last, so that each element's sum
    // takes the windows in their order.
    for i in (0..<op.size).reversed() { windows.select(dim: -1, index: i).add_(inputs[0].select(dim: -1, index: i)) }
    return [whole]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] { [gradients[0].map { op($0) }] }
}

struct AsStrided: ViewOp {
  let shape: Shape, strides: Shape
  let offset: Int
  var name: StaticString { "as_strided" }

  func layout(of x: Layout) throws(OpError) -> Layout {
    guard shape.count == strides.count else {
      throw OpError(name, "wants as many strides as sizes; got \(shape.brackets) and \(strides.brackets)")
    }
    guard !shape.contains(where: { $0 < 0 }), !strides.contains(where: { $0 < 0 }), offset >= 0 else {
      throw OpError(
        name, "sizes, strides and offset cannot be negative; got \(shape.brackets), \(strides.brackets), \(offset)")
    }
    let isEmpty = shape.contains(0)
    let used = shape.indices.map {
      isEmpty || shape[$0] == 1 ? Layout.steppedStride(strides[$0], times: 1) : strides[$0]
    }
    return Layout(shape: shape, strides: Shape(used), offset: offset)
  }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor {
    AsStridedGradient(view: self, input: input)(gradient)
  }
}

/// Scatters the gradient of a strided view into the geometry of its base, adding where places coincide, and shares
/// each place's sum among the base's elements that lie there.
struct AsStridedGradient: Op {
  let view: AsStrided
  let input: Layout
  var name: StaticString { "as_strided_backward" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let gradient = inputs[0]
    let viewLayout = Layout(shape: view.shape, strides: view.strides, offset: view.offset)
    let origin = min(input.offset, view.offset)
    let extent = max(input.storageExtent, viewLayout.storageExtent) - origin
    let memory = Tensor.zeros([max(extent, 0)], dtype: gradient.dtype, device: gradient.device)
    func places(_ layout: Layout) -> Tensor {
      var result = Tensor.full([], layout.offset - origin, dtype: .int64)
      for (dim, size) in layout.shape.enumerated() {
        var sizes = [Int](repeating: 1, count: layout.rank)
        sizes[dim] = size
        result = result + Tensor.arange(size).reshape(sizes) * layout.strides[dim]
      }
      return result.expand(layout.shape).reshape(-1).to(gradient.device)
    }
    if viewLayout.mayOverlap {
      memory.scatterAdd_(dim: 0, index: places(viewLayout), src: gradient.reshape(-1))
    } else {
      memory.asStrided(size: view.shape, stride: view.strides, storageOffset: view.offset - origin).copy_(gradient)
    }
    let shown = memory.asStrided(size: input.shape, stride: input.strides, storageOffset: input.offset - origin)
    guard input.mayOverlap else { return [shown] }
    let sharers = Tensor.zeros(like: memory)
    let where_ = places(input)
    sharers.scatterAdd_(
      dim: 0, index: where_, src: Tensor.ones([where_.numel()], dtype: gradient.dtype, device: gradient.device))
    return [shown / sharers.asStrided(size: input.shape, stride: input.strides, storageOffset: input.offset - origin)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    gradients[0].map {
      let dense = $0.copied(inLayout: Layout(shape: input.shape, strides: input.strides, offset: 0))
      return [dense.asStrided(size: view.shape, stride: view.strides, storageOffset: view.offset - input.offset)]
    } ?? []
  }
}
