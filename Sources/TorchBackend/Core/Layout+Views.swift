// The layouts of views: pure arithmetic over sizes and strides. A rule that fails throws an OpError.

extension Layout {
  /// A dimension counted from the front; negative ones count from the end. 0-dim tensors accept 0 and -1.
  @inline(__always)
  package static func wrap(_ dim: Int, rank: Int, op: StaticString) throws(OpError) -> Int {
    let limit = Swift.max(rank, 1)
    if dim >= 0 && dim < limit { return dim }
    if dim < 0 && dim >= -limit { return dim + limit }
    throw OpError(
      op,
      "dim \(dim) is out of range; a tensor with \(rank) dimension\(rank == 1 ? "" : "s") takes \(-limit)...\(limit - 1)"
    )
  }

  /// A stride times a step; the stride alone where the product leaves every memory. There the dimension has no second
  /// element, so its stride is never used, but sums with it must not overflow.
  package static func steppedStride(_ stride: Int, times step: Int) -> Int {
    let (product, overflow) = stride.multipliedReportingOverflow(by: step)
    return overflow || product > 1 << 48 ? Swift.min(stride, 1 << 48) : product
  }

  @inline(__always)
  package func wrap(_ dim: Int, op: StaticString) throws(OpError) -> Int {
    try Layout.wrap(dim, rank: rank, op: op)
  }

  package func transposed(_ a: Int, _ b: Int) throws(OpError) -> Layout {
    let a = try wrap(a, op: "transpose"), b = try wrap(b, op: "transpose")
    guard rank > 0 else { return self }
    var result = self
    (result.shape[a], result.shape[b]) = (shape[b], shape[a])
    (result.strides[a], result.strides[b]) = (strides[b], strides[a])
    return result
  }

  package func permuted(_ dims: [Int]) throws(OpError) -> Layout {
    guard dims.count == rank else {
      throw OpError(
        "permute",
        "wants one dim for each of the \(rank) dimensions, got \(dims.count): \(dims); got input \(shape.brackets)")
    }
    var result = self
    var seen = Set<Int>()
    for (i, dim) in dims.enumerated() {
      let dim = try wrap(dim, op: "permute")
      guard seen.insert(dim).inserted else { throw OpError("permute", "dim \(dim) is repeated in \(dims)") }
      result.shape[i] = shape[dim]
      result.strides[i] = strides[dim]
    }
    return result
  }

  /// Stretches dimensions of size one; -1 keeps a size.
  package func expanded(to sizes: Shape) throws(OpError) -> Layout {
    guard sizes.count >= rank else {
      throw OpError("expand", "\(sizes.brackets) has fewer dimensions than the input \(shape.brackets)")
    }
    let lead = sizes.count - rank
    var result = Layout(shape: sizes, strides: sizes, offset: offset)
    for i in (0..<sizes.count).reversed() {
      if i < lead {
        guard sizes[i] >= 0 else {
          throw OpError(
            "expand",
            "-1 cannot stand for the new leading dimension \(i); got \(sizes.brackets) for input \(shape.brackets)")
        }
        // A new dimension of size one steps over everything inside, as in PyTorch.
        let inner = i + 1 < sizes.count ? result.shape[i + 1] * result.strides[i + 1] : 1
        result.strides[i] = sizes[i] == 1 && rank > 0 ? inner : 0
        continue
      }
      let own = shape[i - lead]
      if sizes[i] == -1 || sizes[i] == own {
        result.shape[i] = own
        result.strides[i] = strides[i - lead]
      } else if own == 1 && sizes[i] >= 0 {
        result.strides[i] = 0
      } else {
        throw OpError(
          "expand",
          "size \(sizes[i]) at dim \(i) does not match the existing size \(own), and only sizes of 1 stretch; got input \(shape.brackets), wanted \(sizes.brackets)"
        )
      }
    }
    return result
  }

  package func selected(dim: Int, index: Int, op: StaticString = "select") throws(OpError) -> Layout {
    guard rank > 0 else { throw OpError(op, "a 0-dim tensor cannot be indexed; use item()") }
    let dim = try wrap(dim, op: op)
    guard index >= -shape[dim] && index < shape[dim] else {
      throw OpError(
        op, "index \(index) is out of bounds for dim \(dim) with size \(shape[dim]); got input \(shape.brackets)")
    }
    var result = self
    result.offset += (index < 0 ? index + shape[dim] : index) * strides[dim]
    result.shape.remove(at: dim)
    result.strides.remove(at: dim)
    return result
  }

  /// Python's slice along one dimension: bounds are clamped, negative ones count from the end, the step is positive.
  package func sliced(dim: Int, start: Int?, end: Int?, step: Int) throws(OpError) -> Layout {
    guard rank > 0 else { throw OpError("slice", "a 0-dim tensor cannot be sliced") }
    let dim = try wrap(dim, op: "slice")
    guard step > 0 else { throw OpError("slice", "step must be positive, got \(step)") }
    let size = shape[dim]
    func clamp(_ value: Int?, default missing: Int) -> Int {
      guard let value else { return missing }
      return value < 0 ? Swift.max(value &+ size, 0) : Swift.min(value, size)
    }
    let first = clamp(start, default: 0)
    let last = Swift.max(clamp(end, default: size), first)
    var result = self
    result.offset += first * strides[dim]
    result.shape[dim] = (last - first) / step + ((last - first) % step == 0 ? 0 : 1)
    result.strides[dim] = Layout.steppedStride(strides[dim], times: step)
    return result
  }

  package func unsqueezed(_ dim: Int) throws(OpError) -> Layout {
    let dim = try Layout.wrap(dim, rank: rank + 1, op: "unsqueeze")
    var result = self
    result.strides.insert(dim < rank ? shape[dim] * strides[dim] : 1, at: dim)
    result.shape.insert(1, at: dim)
    return result
  }

  /// Drops the dimensions of size one among `dims`, or all of them.
  package func squeezed(_ dims: [Int]?) throws(OpError) -> Layout {
    var drop = Set<Int>()
    if let dims {
      for dim in dims {
        let dim = try wrap(dim, op: "squeeze")
        guard drop.insert(dim).inserted else { throw OpError("squeeze", "dim \(dim) is repeated in \(dims)") }
      }
    } else {
      drop = Set(0..<rank)
    }
    var result = Layout(shape: [], strides: [], offset: offset)
    for i in 0..<rank where !(drop.contains(i) && shape[i] == 1) {
      result.shape.append(shape[i])
      result.strides.append(strides[i])
    }
    return result
  }

  package func diagonal(offset diagonal: Int, dim1: Int, dim2: Int) throws(OpError) -> Layout {
    guard rank >= 2 else {
      throw OpError("diagonal", "wants at least 2 dimensions, got input \(shape.brackets)")
    }
    let a = try wrap(dim1, op: "diagonal"), b = try wrap(dim2, op: "diagonal")
    guard a != b else { throw OpError("diagonal", "dim1 and dim2 are both \(a)") }
    let size = Swift.max(
      diagonal >= 0 ? Swift.min(shape[a], shape[b] - diagonal) : Swift.min(shape[a] + diagonal, shape[b]), 0)
    var result = self
    if size > 0 { result.offset += diagonal >= 0 ? diagonal * strides[b] : -diagonal * strides[a] }
    let step = strides[a] + strides[b]
    for dim in [Swift.max(a, b), Swift.min(a, b)] {
      result.shape.remove(at: dim)
      result.strides.remove(at: dim)
    }
    result.shape.append(size)
    result.strides.append(step)
    return result
  }

  /// Sliding windows along one dimension, as a new last dimension.
  package func unfolded(dim: Int, size: Int, step: Int) throws(OpError) -> Layout {
    let dim = try wrap(dim, op: "unfold")
    let length = rank == 0 ? 1 : shape[dim]
    guard size >= 0 && size <= length else {
      throw OpError("unfold", "window \(size) does not fit size \(length) at dim \(dim); got input \(shape.brackets)")
    }
    guard step > 0 else { throw OpError("unfold", "step must be positive, got \(step)") }
    var result = self
    if rank == 0 {
      result.shape = [size]
      result.strides = [1]
      return result
    }
    result.shape[dim] = (length - size) / step + 1
    result.strides[dim] = Layout.steppedStride(strides[dim], times: step)
    result.shape.append(size)
    result.strides.append(strides[dim])
    return result
  }

  /// The sizes of a view with -1 filled in.
  package static func inferred(_ sizes: Shape, count: Int, op: StaticString, input: Shape) throws(OpError) -> Shape {
    var result = sizes
    var unknown: Int?
    var product = 1
    for (i, size) in sizes.enumerated() {
      if size == -1 {
        guard unknown == nil else { throw OpError(op, "only one size may be -1; got \(sizes.brackets)") }
        unknown = i
      } else {
        guard size >= 0 else { throw OpError(op, "invalid size \(size) in \(sizes.brackets)") }
        let (value, overflow) = product.multipliedReportingOverflow(by: size)
        guard !overflow else { throw OpError(op, "\(sizes.brackets) has too many elements") }
        product = value
      }
    }
    if let unknown {
      guard product > 0, count % product == 0 else {
        throw OpError(
          op,
          product == 0
            ? "-1 is ambiguous beside a size of 0 in \(sizes.brackets)"
            : "\(sizes.brackets) does not fit the \(count) elements of input \(input.brackets)")
      }
      result[unknown] = count / product
    } else {
      guard product == count else {
        throw OpError(op, "\(sizes.brackets) wants \(product) elements, input \(input.brackets) has \(count)")
      }
    }
    return result
  }

  /// The layout that shows the same elements under other sizes without a copy, or nil where strides forbid it.
  package func viewed(as sizes: Shape) -> Layout? {
    if count == 0 {
      return Layout(
        shape: sizes, strides: sizes == shape ? self.strides : Layout.contiguousStrides(sizes), offset: offset)
    }
    if self.strides == Layout.contiguousStrides(shape) {
      return Layout(shape: sizes, strides: Layout.contiguousStrides(sizes), offset: offset)
    }
    var strides = sizes
    var target = sizes.count - 1
    var chunkElements = 1
    var chunkStride = self.strides[rank - 1]
    var viewElements = 1
    for dim in Swift.stride(from: rank - 1, through: 0, by: -1) {
      chunkElements *= shape[dim]
      // A chunk of dimensions that lie densely in one another ends here?
      if dim == 0 || (shape[dim - 1] != 1 && self.strides[dim - 1] != chunkElements * chunkStride) {
        while target >= 0 && (viewElements < chunkElements || sizes[target] == 1) {
          strides[target] = viewElements * chunkStride
          viewElements *= sizes[target]
          target -= 1
        }
        if viewElements != chunkElements { return nil }
        if dim > 0 {
          chunkStride = self.strides[dim - 1]
          chunkElements = 1
          viewElements = 1
        }
      }
    }
    return target == -1 ? Layout(shape: sizes, strides: strides, offset: offset) : nil
  }

  /// The common shape of broadcast operands.
  @inline(__always)
  package static func broadcast(_ a: Shape, _ b: Shape, op: StaticString) throws(OpError) -> Shape {
    if a == b { return a }
    return try broadcastSlow(a, b, op: op)
  }

  @inline(never)
  private static func broadcastSlow(_ a: Shape, _ b: Shape, op: StaticString) throws(OpError) -> Shape {
    var result = a.count >= b.count ? a : b
    for i in 0..<result.count {
      let x = i < result.count - a.count ? 1 : a[i - (result.count - a.count)]
      let y = i < result.count - b.count ? 1 : b[i - (result.count - b.count)]
      if x == y || y == 1 {
        result[i] = x
      } else if x == 1 {
        result[i] = y
      } else {
        throw OpError(
          op,
          "shapes do not broadcast: size \(x) meets \(y) at dim \(i - result.count); got \(a.brackets) and \(b.brackets)"
        )
      }
    }
    return result
  }

  /// The strides of this layout under a shape it broadcasts to; 0 for stretched dimensions.
  @inline(__always)
  package func stridesBroadcast(to target: Shape) -> Shape {
    if shape == target { return strides }
    var result = Shape(repeating: 0, count: target.count)
    let lead = target.count - rank
    for i in 0..<rank where shape[i] != 1 || target[lead + i] == 1 { result[lead + i] = strides[i] }
    return result
  }
}
