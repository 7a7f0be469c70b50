// The layouts of fresh results: where PyTorch puts the elements of what an op computes.

extension Layout {
  /// The layout of the result of a pointwise op of one operand: dense, in the operand's own order of dimensions.
  @inline(__always)
  package var likeDense: Layout {
    if isContiguous { return Layout(contiguous: shape) }
    return ofPointwiseOperand
  }

  /// The layout of the result of a pointwise op of one operand and a number.
  @inline(__always)
  package var besideNumber: Layout {
    if isContiguous && strides == Layout.contiguousStrides(shape) { return Layout(contiguous: shape) }
    return Layout.ofPointwise(shape, [strides])
  }

  private var ofPointwiseOperand: Layout {
    isNonOverlappingAndDense ? Layout(shape: shape, strides: strides) : Layout.ofPointwise(shape, [strides])
  }

  /// The layout of a copy that preserves the order of dimensions: the same strides where they are dense.
  @inline(__always)
  package var ofCopy: Layout {
    if isContiguous || isNonOverlappingAndDense { return Layout(shape: shape, strides: strides) }
    return Layout(dense: shape, innermostFirst: Layout.order(of: shape, by: [strides]))
  }

  /// The layout of the result of a pointwise op of two operands under the shape on which they broadcast.
  package static func ofPointwise(_ shape: Shape, _ a: Layout, _ b: Layout) -> Layout {
    if a.shape == shape && b.shape == shape {
      if a.isContiguous && b.isContiguous { return Layout(contiguous: shape) }
      if a.strides == b.strides && a.isNonOverlappingAndDense { return Layout(shape: shape, strides: a.strides) }
      if a.isChannelsLast && b.isChannelsLast && shape.count == 4 {
        return Layout(shape: shape, strides: channelsLastStrides(shape))
      }
    }
    return ofPointwise(shape, [a.stridesBroadcast(to: shape), b.stridesBroadcast(to: shape)])
  }

  /// The dense layout of a shape whose dimensions nest as those of the operands do, given by their strides.
  package static func ofPointwise(_ shape: Shape, _ operands: [Shape]) -> Layout {
    let order = order(of: shape, by: operands)
    if order.elementsEqual((0..<shape.count).reversed()) { return Layout(contiguous: shape) }
    return Layout(dense: shape, innermostFirst: order, emptyStep: 0)
  }

  /// The layout without gaps whose dimensions nest in an order.
  /// - Parameter emptyStep: what a dimension of no elements counts as: one in copies, none in pointwise results.
  private init(dense shape: Shape, innermostFirst order: [Int], emptyStep: Int = 1) {
    self.init(shape: shape, strides: shape)
    var step = 1
    for dim in order {
      strides[dim] = step
      step *= Swift.max(shape[dim], emptyStep)
    }
  }

  /// The dimensions by their strides, outermost first: the order in which PyTorch walks this layout alone.
  package var outermostFirst: [Int] { Self.order(of: shape, by: [strides]).reversed() }

  /// The dimensions from the innermost outwards. The first operand that moves along both of two dimensions decides
  /// which one is inner; nothing moves past a dimension that is known to be outer.
  private static func order(of shape: Shape, by operands: [Shape]) -> [Int] {
    var order = Array((0..<shape.count).reversed())
    /// Positive: `a`, now inner, belongs outside of `b`; negative: it is right; 0: nothing is known.
    func compare(_ a: Int, _ b: Int) -> Int {
      for strides in operands where strides[a] != 0 && strides[b] != 0 {
        if strides[a] != strides[b] { return strides[a] < strides[b] ? -1 : 1 }
        if shape[a] > shape[b] { return 1 }
      }
      return 0
    }
    for i in 1..<Swift.max(order.count, 1) {
      var moving = i
      for other in stride(from: i - 1, through: 0, by: -1) {
        let known = compare(order[other], order[moving])
        if known > 0 {
          order.swapAt(other, moving)
          moving = other
        } else if known < 0 {
          break
        }
      }
    }
    return order
  }
}

extension Strided {
  /// The layout after a cast: PyTorch casts operands before it looks at how they lie.
  @inline(__always)
  package func layout(as dtype: DType) -> Layout { dtype == self.dtype ? layout : layout.ofCopy }
}
