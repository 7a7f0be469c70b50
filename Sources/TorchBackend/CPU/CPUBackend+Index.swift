import CTorchKernels
import Synchronization

// Indices: every one is checked against the size it walks before it is used, those of an indexed write, which may be in
// place, before anything is written.

extension CPUBackend {
  package func gather(_ x: Strided, dim: Int, index: Strided, into out: Strided) {
    if index.count == 0 { return }
    let size = x.layout.rank == 0 ? 1 : x.shape[dim], item = x.dtype.itemSize
    let bad = BadIndex()
    let x = turnedBack(x, reads: index.count), index = turnedBack(index, reads: index.count)
    let lines = IndexedLines(index: index, partner: out, walked: x, dim: dim)
    lines.forEachLine(writes: false) { n, po, so, index, si, px, sx in
      if bad.isFound(n, index, si, size) { return }
      tk_gather_line(item, n, po, so, px, sx, index, si, size, lines.step)
    }
    bad.check(size: size, dim: dim, op: "gather")
  }

  package func scatter(_ source: Strided, dim: Int, index: Strided, mode: ScatterMode, into out: Strided) {
    if index.count == 0 { return }
    let size = out.layout.rank == 0 ? 1 : out.shape[dim]
    let bad = BadIndex()
    let source = turnedBack(source, reads: index.count), index = turnedBack(index, reads: index.count)
    let lines = IndexedLines(index: index, partner: source, walked: out, dim: dim)
    let fast =
      switch mode {
      case .assign: tk_scatter_line(out.dtype.itemSize)
      case .add: tk_scatter_add_line(out.dtype.kernelType)
      case .multiply, .amax, .amin: nil as tk_scatter_line_fn?
      }
    lines.forEachLine(writes: true) { n, ps, ss, index, si, po, so in
      if bad.isFound(n, index, si, size) { return }
      if let fast {
        let (o, i, s) = (
          po.assumingMemoryBound(to: CChar.self), index.assumingMemoryBound(to: CChar.self),
          ps.assumingMemoryBound(to: CChar.self)
        )
        fast(n, o, so, i, si, size, lines.step, s, ss)
      } else {
        out.dtype.visit(
          JoinIndexed(mode: mode, n: n, out: po, so: so, index: index, si: si, step: lines.step, x: ps, sx: ss))
      }
    }
    bad.check(size: size, dim: dim, op: "scatter")
  }

  package func indexRead(_ x: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, into out: Strided) {
    let indexRank = indices[0].layout.rank
    if out.count == 0 { return }
    guard let step = Self.singleStep(out.layout, first: indexRank) else {
      let dense = allocate(Layout(contiguous: out.shape), dtype: out.dtype)
      indexRead(x, indices: indices, dims: dims, countsFromEnd: countsFromEnd, into: dense)
      return copy(dense, into: out)
    }
    let x = turnedBack(x, reads: out.count)
    withOffsets(x, indices, dims, countsFromEnd) { count, offsets in
      IndexedBlocks(x, indexed: indices.count, block: out, indexRank: indexRank, count: count, step: step).read(offsets)
    }
  }

  package func indexWrite(
    _ source: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, mode: ScatterMode, into out: Strided
  ) {
    let indexRank = indices[0].layout.rank
    if source.count == 0 { return }
    guard let step = Self.singleStep(source.layout, first: indexRank) else {
      return indexWrite(
        contiguous(source), indices: indices, dims: dims, countsFromEnd: countsFromEnd, mode: mode, into: out)
    }
    withOffsets(out, indices, dims, countsFromEnd) { count, offsets in
      let blocks = IndexedBlocks(
        out, indexed: indices.count, block: source, indexRank: indexRank, count: count, step: step)
      if mode == .assign { blocks.write(offsets) } else { blocks.join(offsets, mode, out.dtype) }
    }
  }

  /// A row-major copy of a tensor that lies turned about, where most of it is read in another order: to turn it in tiles takes
  /// less time than to fetch a line of memory for every element.
  private func turnedBack(_ x: Strided, reads: Int) -> Strided {
    let strides = x.layout.strides, rank = x.layout.rank
    guard rank >= 2, x.count >= 4096, reads >= x.count / 2, !x.isContiguous, strides[rank - 1].magnitude > 1,
      (0..<rank).allSatisfy({ strides[$0] != 0 || x.shape[$0] == 1 })
    else { return x }
    return contiguous(x)
  }

  /// Where the blocks that the indices name begin in `x`, in bytes.
  private func withOffsets(
    _ x: Strided, _ indices: [Strided], _ dims: [Int], _ countsFromEnd: Bool,
    _ body: (Int, UnsafePointer<Int64>) -> Void
  ) {
    let count = indices[0].count
    let memory = allocate(byteCount: count * 8)
    let offsets = memory.base.assumingMemoryBound(to: Int64.self)
    for (dim, index) in indices.enumerated() {
      let size = x.shape[dim], step = x.layout.strides[dim] * x.dtype.itemSize
      check(index, lowest: countsFromEnd ? -size : 0, size: size, dim: dims[dim], op: "index")
      let dense = contiguous(index)
      parallelFor(count, grain: RowLoop.parallelGrain) { range in
        let line = dense.pointer + range.lowerBound * 8
        tk_index_offsets(range.count, offsets + range.lowerBound, line, 8, size, step, dim == 0 ? 0 : 1)
      }
    }
    body(count, offsets)
    withExtendedLifetime(memory) {}
  }

  /// The step in elements from one position of the leading dimensions to the next, where there is one.
  private static func singleStep(_ layout: Layout, first count: Int) -> Int? {
    var step = 0, reach: Int?
    for dim in stride(from: count - 1, through: 0, by: -1) where layout.shape[dim] != 1 {
      if let reach {
        if layout.strides[dim] != reach { return nil }
      } else {
        step = layout.strides[dim]
      }
      reach = layout.strides[dim] * layout.shape[dim]
    }
    return step
  }

  /// Faults on the first index outside `lowest..<size`.
  private func check(_ index: Strided, lowest: Int, size: Int, dim: Int, op: String) {
    // What is stretched needs one look.
    var layout = index.layout
    for i in 0..<layout.rank where layout.strides[i] == 0 { layout.shape[i] = 1 }
    let dense = contiguous(index.with(layout))
    let count = dense.count
    // The fault is raised on this thread, which knows the op that the user called.
    let pieces = count > RowLoop.parallelGrain ? 16 : 1
    withUnsafeTemporaryAllocation(of: Int.self, capacity: pieces) { found in
      parallelFor(pieces, grain: 1) { range in
        for piece in range {
          let begin = count * piece / pieces, end = count * (piece + 1) / pieces
          let place = tk_index_check(end - begin, dense.pointer + begin * 8, 8, lowest, size)
          found[piece] = place < 0 ? -1 : begin + place
        }
      }
      for place in found where place >= 0 {
        let bad = dense.pointer.load(fromByteOffset: place * 8, as: Int64.self)
        fault(op, "index \(bad) is out of bounds for dim \(dim) with size \(size)")
      }
    }
  }

  package func nonzero(_ x: Strided) -> Strided {
    let rank = x.layout.rank, count = x.count
    var flags = x
    if x.dtype != .bool || !x.layout.isContiguous {
      flags = allocate(Layout(contiguous: x.shape), dtype: .bool)
      copy(x, into: flags)
    }
    defer { withExtendedLifetime(flags) {} }
    let bytes = flags.pointer.assumingMemoryBound(to: UInt8.self)
    let pieceSize = 1 << 14
    let pieces = (count + pieceSize - 1) / pieceSize
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: pieces + 1) { starts in
      parallelFor(pieces, grain: 4) { range in
        for piece in range {
          let begin = piece * pieceSize
          starts[piece + 1] = tk_count_flags(Swift.min(pieceSize, count - begin), bytes + begin)
        }
      }
      starts[0] = 0
      for piece in 0..<pieces { starts[piece + 1] += starts[piece] }
      let found = starts[pieces]
      // One column after another, as in PyTorch: each is what an index wants.
      let out = allocate(Layout(shape: [found, rank], strides: [1, Swift.max(found, 1)]), dtype: .int64)
      if rank == 0 || found == 0 { return out }
      let columns = out.pointer.assumingMemoryBound(to: Int64.self)
      parallelFor(pieces, grain: 4) { range in
        for piece in range {
          let begin = piece * pieceSize, first = starts[piece], number = starts[piece + 1] - first
          var column = columns + ((rank - 1) * found + first)
          tk_find_flags(Swift.min(pieceSize, count - begin), column, bytes + begin, Int64(begin), number)
          for dim in stride(from: rank - 1, to: 0, by: -1) {
            tk_split_positions(number, column, column - found, Int64(x.shape[dim]))
            column -= found
          }
        }
      }
      return out
    }
  }
}

/// An index out of bounds that a line met. The fault is raised on the thread that knows the op which the user called.
private final class BadIndex: Sendable {
  private let found = Atomic(false)
  private let value = Atomic<Int>(0)

  /// Whether a line holds an index outside `0..<size`.
  func isFound(_ n: Int, _ index: UnsafeMutableRawPointer, _ si: Int, _ size: Int) -> Bool {
    let place = tk_index_check(n, index, si, 0, size)
    if place < 0 { return false }
    value.store(Int(index.load(fromByteOffset: place * si, as: Int64.self)), ordering: .relaxed)
    found.store(true, ordering: .releasing)
    return true
  }

  func check(size: Int, dim: Int, op: String) {
    if !found.load(ordering: .acquiring) { return }
    fault(op, "index \(value.load(ordering: .relaxed)) is out of bounds for dim \(dim) with size \(size)")
  }
}

extension ScatterMode {
  @inline(__always)
  fileprivate func joined<M: MathValue>(_ old: M, _ new: M) -> M {
    switch self {
    case .assign: new
    case .add: M.plus(old, new)
    case .multiply: M.times(old, new)
    case .amax: M.larger(old, new)
    case .amin: M.smaller(old, new)
    }
  }
}

/// Joins a row of values with what is there.
struct JoinItems: ElementVisitor {
  let mode: ScatterMode
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int, x: UnsafeMutableRawPointer, sx: Int

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      out.setElement(i &* so, mode.joined(out.element(i &* so, type), x.element(i &* sx, type)), type)
    }
  }
}

/// Joins values with those at offsets.
struct JoinAtOffsets: ElementVisitor {
  let mode: ScatterMode
  let n: Int
  let out: UnsafeMutableRawPointer, offsets: UnsafePointer<Int64>, x: UnsafeMutableRawPointer, sx: Int

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      let at = Int(offsets[i])
      out.setElement(at, mode.joined(out.element(at, type), x.element(i &* sx, type)), type)
    }
  }
}

/// Joins a line of values with those that a line of indices, none negative, names.
struct JoinIndexed: ElementVisitor {
  let mode: ScatterMode
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int, index: UnsafeMutableRawPointer, si: Int, step: Int
  let x: UnsafeMutableRawPointer, sx: Int

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      let at = i &* so &+ Int(index.load(fromByteOffset: i &* si, as: Int64.self)) &* step
      out.setElement(at, mode.joined(out.element(at, type), x.element(i &* sx, type)), type)
    }
  }
}
