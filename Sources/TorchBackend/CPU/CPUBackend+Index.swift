// Indices: every one is checked against the size it walks, negative ones count from the end.

extension CPUBackend {
  package func gather(_ x: Strided, dim: Int, index: Strided, into out: Strided) {
    let size = x.layout.rank == 0 ? 1 : x.shape[dim]
    let step = x.layout.rank == 0 ? 0 : x.layout.strides[dim]
    forEachIndexed(index, other: out, walked: x, dim: dim) { index, po, px in
      let position = Self.checkedIndex(index, size: size, dim: dim, op: "gather")
      Self.copyItem(px + position * step * x.dtype.itemSize, po, x.dtype.itemSize)
    }
  }

  package func scatter(_ source: Strided, dim: Int, index: Strided, mode: ScatterMode, into out: Strided) {
    let size = out.layout.rank == 0 ? 1 : out.shape[dim]
    let step = out.layout.rank == 0 ? 0 : out.layout.strides[dim]
    forEachIndexed(index, other: source, walked: out, dim: dim) { index, ps, po in
      let position = Self.checkedIndex(index, size: size, dim: dim, op: "scatter")
      out.dtype.visit(JoinItems(mode: mode, n: 1, out: po + position * step * out.dtype.itemSize, so: 0, x: ps, sx: 0))
    }
  }

  /// Visits each element of `index` with the address of its partner in `other` and the start of its line in `walked`.
  private func forEachIndexed(
    _ index: Strided, other: Strided, walked: Strided, dim: Int,
    _ body: (_ index: Int64, _ other: UnsafeMutableRawPointer, _ line: UnsafeMutableRawPointer) -> Void
  ) {
    var lineStrides = walked.layout.strides
    if walked.layout.rank > 0 { lineStrides[dim] = 0 }
    let lines = walked.with(Layout(shape: index.shape, strides: lineStrides, offset: walked.layout.offset))
    let partner = other.with(Layout(shape: index.shape, strides: other.layout.strides, offset: other.layout.offset))
    for i in 0..<index.count {
      let at = index.storage.base.load(
        fromByteOffset: index.layout.position(ofLinear: i) * 8, as: Int64.self)
      body(
        at, partner.storage.base + partner.layout.position(ofLinear: i) * other.dtype.itemSize,
        lines.storage.base + lines.layout.position(ofLinear: i) * walked.dtype.itemSize)
    }
  }

  package func indexRead(_ x: Strided, indices: [Strided], into out: Strided) {
    forEachIndexedBlock(x, indices: indices, block: out) { n, px, sx, po, so in
      x.dtype.visit(PlainCast(to: x.dtype, n: n, out: po, so: so, x: px, sx: sx))
    }
  }

  package func indexWrite(_ source: Strided, indices: [Strided], mode: ScatterMode, into out: Strided) {
    forEachIndexedBlock(out, indices: indices, block: source) { n, po, so, ps, ss in
      out.dtype.visit(JoinItems(mode: mode, n: n, out: po, so: so, x: ps, sx: ss))
    }
  }

  /// Visits, for each combination of indices, the rows of the block of `x` behind it beside those of `block`.
  private func forEachIndexedBlock(
    _ x: Strided, indices: [Strided], block: Strided,
    _ body: (
      _ n: Int, _ x: UnsafeMutableRawPointer, _ sx: Int, _ block: UnsafeMutableRawPointer, _ sb: Int
    ) -> Void
  ) {
    if block.count == 0 {
      return
    }
    let indexShape = indices[0].shape
    let indexed = indices.count
    let restShape = Shape(x.shape.dropFirst(indexed))
    let restStrides = Shape(x.layout.strides.dropFirst(indexed))
    let blockRest = Shape(block.layout.strides.dropFirst(indexShape.count))
    let blockIndex = Layout(
      shape: indexShape, strides: Shape(block.layout.strides.prefix(indexShape.count)), offset: block.layout.offset)
    for i in 0..<indexShape.elementCount {
      var offset = x.layout.offset
      for (dim, index) in indices.enumerated() {
        let at = index.storage.base.load(fromByteOffset: index.layout.position(ofLinear: i) * 8, as: Int64.self)
        offset += Self.checkedIndex(at, size: x.shape[dim], dim: dim, op: "index") * x.layout.strides[dim]
      }
      let from = x.with(Layout(shape: restShape, strides: restStrides, offset: offset))
      let to = block.with(Layout(shape: restShape, strides: blockRest, offset: blockIndex.position(ofLinear: i)))
      RowLoop.run(to, from) { n, pb, sb, px, sx in body(n, px, sx, pb, sb) }
    }
  }

  @inline(__always)
  static func checkedIndex(_ index: Int64, size: Int, dim: Int, op: String) -> Int {
    let at = Int(truncatingIfNeeded: index)
    if at >= 0 && at < size { return at }
    if at < 0 && at >= -size { return at + size }
    fault(op, "index \(index) is out of bounds for dim \(dim) with size \(size)")
  }

  @inline(__always)
  private static func copyItem(_ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer, _ itemSize: Int) {
    to.copyMemory(from: from, byteCount: itemSize)
  }

  package func nonzero(_ x: Strided) -> Strided {
    let flags = allocate(Layout(contiguous: x.shape), dtype: .bool)
    copy(x, into: flags)
    let places = (0..<x.count).filter { flags.pointer.load(fromByteOffset: $0, as: Bool.self) }
    // One column after another, as in PyTorch: each is what an index wants.
    let found = places.count, rank = x.layout.rank
    let out = allocate(Layout(shape: [found, rank], strides: [1, Swift.max(found, 1)]), dtype: .int64)
    for (row, place) in places.enumerated() {
      var rest = place
      for dim in stride(from: rank - 1, through: 0, by: -1) {
        let at = Int64(rest % x.shape[dim])
        out.pointer.storeBytes(of: at, toByteOffset: (dim * found + row) * 8, as: Int64.self)
        rest /= x.shape[dim]
      }
    }
    return out
  }
}

/// Joins a row of values with what is there.
private struct JoinItems: ElementVisitor {
  let mode: ScatterMode
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int, x: UnsafeMutableRawPointer, sx: Int

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      let new = x.element(i &* sx, type), old = out.element(i &* so, type)
      let value =
        switch mode {
        case .assign: new
        case .add: T.Math.plus(old, new)
        case .multiply: T.Math.times(old, new)
        case .amax: T.Math.larger(old, new)
        case .amin: T.Math.smaller(old, new)
        }
      out.setElement(i &* so, value, type)
    }
  }
}
