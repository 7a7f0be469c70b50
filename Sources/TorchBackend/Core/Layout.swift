/// Where the elements of a tensor lie in its storage: element (i, j, ...) at `offset + i * strides[0] + j * strides[1] + ...`.
@usableFromInline
package struct Layout: Sendable, Equatable {
  @usableFromInline package var shape: Shape
  /// Steps in elements, one per dimension; 0 where a dimension is expanded.
  @usableFromInline package var strides: Shape
  /// The index of the first element in the storage.
  @usableFromInline package var offset: Int

  @inline(__always)
  package init(shape: Shape, strides: Shape, offset: Int = 0) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
  }

  /// The row-major layout of a shape.
  @inline(__always)
  package init(contiguous shape: Shape) {
    self.init(shape: shape, strides: Layout.contiguousStrides(shape))
  }

  package var count: Int { shape.elementCount }
  package var rank: Int { shape.count }

  /// Row-major strides; sizes of zero count as one, as in PyTorch.
  @inline(__always)
  package static func contiguousStrides(_ shape: Shape) -> Shape {
    var strides = shape
    var step = 1
    var i = shape.count - 1
    while i >= 0 {
      strides[i] = step
      step &*= Swift.max(shape[i], 1)
      i -= 1
    }
    return strides
  }

  /// Strides of a batch of images or volumes whose channels lie innermost.
  package static func channelsLastStrides(_ shape: Shape) -> Shape {
    var strides = shape
    var step = 1
    for dim in [1] + Array((2..<shape.count).reversed()) + [0] {
      strides[dim] = step
      step *= Swift.max(shape[dim], 1)
    }
    return strides
  }

  /// Whether the elements follow one another in row-major order.
  @inline(__always)
  package var isContiguous: Bool {
    var step = 1
    var i = shape.count - 1
    while i >= 0 {
      let size = shape[i]
      if size == 0 { return true }
      if size != 1 {
        if strides[i] != step { return count == 0 }
        step &*= size
      }
      i -= 1
    }
    return true
  }

  /// Whether a 4-d or 5-d tensor lies with its channels innermost.
  package var isChannelsLast: Bool {
    guard rank == 4 || rank == 5 else { return false }
    var step = 1
    for dim in [1] + Array((2..<rank).reversed()) + [0] {
      if shape[dim] != 1 && strides[dim] != step { return false }
      step *= Swift.max(shape[dim], 1)
    }
    return true
  }

  /// Whether every element has a place of its own and there are no gaps, in whatever order of dimensions.
  package var isNonOverlappingAndDense: Bool {
    if isContiguous { return true }
    let order = (0..<rank).filter { shape[$0] != 1 }.sorted { strides[$0] < strides[$1] }
    var step = 1
    for dim in order {
      if strides[dim] != step { return false }
      step *= shape[dim]
    }
    return true
  }

  /// Whether two different indices may reach one element, as an expanded dimension does.
  package var mayOverlap: Bool {
    if count <= 1 { return false }
    let order = (0..<rank).filter { shape[$0] > 1 }.sorted { strides[$0] < strides[$1] }
    var reach = 0
    for dim in order {
      if strides[dim] <= reach { return true }
      reach += strides[dim] * (shape[dim] - 1)
    }
    return false
  }

  /// The largest element index the layout reaches, plus one; 0 for no elements.
  package var storageExtent: Int {
    if count == 0 { return 0 }
    var last = offset
    for i in 0..<rank { last += (shape[i] - 1) * strides[i] }
    return last + 1
  }

  /// The position of a linear row-major index.
  package func position(ofLinear index: Int) -> Int {
    var rest = index
    var position = offset
    for i in stride(from: rank - 1, through: 0, by: -1) {
      position += rest % shape[i] * strides[i]
      rest /= shape[i]
    }
    return position
  }
}
