import CTorchKernels

// Order along a dimension. Lines are brought side by side first, each contiguous, whatever the dimension.

extension CPUBackend {
  package func sort(_ x: Strided, dim: Int, descending: Bool, values: Strided, indices: Strided) {
    if plainOnly || (x.layout.rank > 0 && x.shape[dim] >= Int(UInt32.max)) {
      return forEachLine(x.shape, dim: dim, [values, indices, x]) { n, p, s in
        x.dtype.visit(
          PlainSort(n: n, descending: descending, values: p[0], sv: s[0], indices: p[1], si: s[1], x: p[2], sx: s[2]))
      }
    }
    ordered(x, dim, descending, values, indices) { line, n in
      if line.isNarrow {
        let (items, spare) = line.narrow(n, spares: 1)
        let special = line.makeItems(n, items)
        line.store(n, tk_sort_narrow(n, items, spare), special)
      } else {
        let (items, spare) = line.wide(n)
        _ = tk_sort_wide_items(line.type, n, line.x, line.size, descending ? 1 : 0, items)
        line.storeWide(n, tk_sort_wide(n, items, spare))
      }
    }
  }

  package func topk(_ x: Strided, dim: Int, largest: Bool, values: Strided, indices: Strided) {
    let k = values.shape[dim]
    ordered(x, dim, largest, values, indices) { line, n in
      if line.isNarrow {
        let (items, _) = line.narrow(n, spares: 0)
        let special = line.makeItems(n, items)
        tk_top_narrow(n, k, items)
        line.store(k, items, special)
      } else {
        let (items, _) = line.wide(n)
        _ = tk_sort_wide_items(line.type, n, line.x, line.size, largest ? 1 : 0, items)
        tk_top_wide(n, k, items)
        line.storeWide(k, items)
      }
    }
  }

  /// Visits each line with room for its items.
  private func ordered(
    _ x: Strided, _ dim: Int, _ descending: Bool, _ values: Strided, _ indices: Strided,
    _ body: (_ line: SortLine, _ n: Int) -> Void
  ) {
    if values.count == 0 { return }
    let n = x.layout.rank == 0 ? 1 : x.shape[dim], k = values.layout.rank == 0 ? 1 : values.shape[dim]
    let source = contiguous(Self.lastly(x, dim))
    let first = Self.lastly(values, dim), second = Self.lastly(indices, dim)
    let v = first.layout.isContiguous ? first : allocate(Layout(contiguous: first.shape), dtype: values.dtype)
    let i = second.layout.isContiguous ? second : allocate(Layout(contiguous: second.shape), dtype: .int64)
    let size = x.dtype.itemSize, lines = x.count / n
    func line(_ number: Int, _ room: UnsafeMutableRawPointer) -> SortLine {
      SortLine(
        type: x.dtype.kernelType, size: size, descending: descending, x: source.pointer + number * n * size,
        values: v.pointer + number * k * size, indices: i.pointer + number * k * 8, room: room, n: n)
    }
    if lines == 1 && k == n && n >= Self.sharedSort {
      let room = allocate(byteCount: 32 * n)
      let only = line(0, room.base)
      if only.isNarrow { sortShared(only, n) } else { body(only, n) }
      withExtendedLifetime(room) {}
    } else {
      parallelFor(lines, grain: Swift.max(4096 / n, 1)) { range in
        let room = allocate(byteCount: 32 * n)
        for number in range { body(line(number, room.base), n) }
        withExtendedLifetime(room) {}
      }
    }
    if !first.layout.isContiguous { copy(v, into: first) }
    if !second.layout.isContiguous { copy(i, into: second) }
    withExtendedLifetime((source, v, i)) {}
  }

  /// From this length on the threads share the sort of one line.
  private static let sharedSort = 1 << 16

  /// The same elements with one dimension behind the others.
  private static func lastly(_ x: Strided, _ dim: Int) -> Strided {
    if dim >= x.layout.rank - 1 { return x }
    var shape = x.shape, strides = x.layout.strides
    for i in dim..<(shape.count - 1) { (shape[i], strides[i]) = (shape[i + 1], strides[i + 1]) }
    (shape[shape.count - 1], strides[shape.count - 1]) = (x.shape[dim], x.layout.strides[dim])
    return x.with(Layout(shape: shape, strides: strides, offset: x.layout.offset))
  }

  /// Sorts one long line, pass by pass over the digits of its keys: each thread counts the digits of its piece, then moves
  /// its items to where they follow those of the pieces before.
  private func sortShared(_ line: SortLine, _ n: Int) {
    let pieces = numThreads()
    var (items, spare) = line.narrow(n, spares: 1)
    func bounds(_ piece: Int) -> (Int, Int) { (n * piece / pieces, n * (piece + 1) / pieces) }
    let (type, x, size, descending, lowest) = (line.type, line.x, line.size, line.descending, line.lowest)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: pieces * 257) { counts in
      let table = counts.baseAddress!
      parallelFor(pieces, grain: 1) { range in
        for piece in range {
          let (begin, end) = bounds(piece)
          table[pieces * 256 + piece] = UInt32(
            tk_sort_items(type, begin, end, x, size, descending ? 1 : 0, lowest, items))
        }
      }
      let special = (0..<pieces).contains { table[pieces * 256 + $0] != 0 }
      for shift: Int32 in [32, 40, 48, 56] {
        parallelFor(pieces, grain: 1) { range in
          for piece in range {
            let (begin, end) = bounds(piece)
            tk_sort_count(end - begin, items + begin, shift, table + piece * 256)
          }
        }
        var place: UInt32 = 0, most: UInt32 = 0
        for digit in 0..<256 {
          let before = place
          for piece in 0..<pieces {
            let count = table[piece * 256 + digit]
            table[piece * 256 + digit] = place
            place += count
          }
          most = Swift.max(most, place - before)
        }
        if most == n { continue }
        parallelFor(pieces, grain: 1) { range in
          for piece in range {
            let (begin, end) = bounds(piece)
            tk_sort_move(end - begin, items + begin, spare, shift, table + piece * 256)
          }
        }
        swap(&items, &spare)
      }
      let (values, indices) = (line.values, line.indices.assumingMemoryBound(to: Int64.self))
      parallelFor(pieces, grain: 1) { range in
        for piece in range {
          let (begin, end) = bounds(piece)
          tk_sort_store(
            type, end - begin, items + begin, descending ? 1 : 0, lowest, special ? 1 : 0, x, size,
            values + begin * size, size, indices + begin, 8)
        }
      }
    }
  }
}

/// A contiguous line to be put in order, and where the result goes.
private struct SortLine {
  let type: tk_dtype
  let size: Int
  let descending: Bool
  let x: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer
  /// 32 bytes an element.
  let room: UnsafeMutableRawPointer
  /// Whether narrow items hold the keys; int64 counts from `lowest`.
  let isNarrow: Bool
  private(set) var lowest: Int64 = 0

  init(
    type: tk_dtype, size: Int, descending: Bool, x: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer,
    indices: UnsafeMutableRawPointer, room: UnsafeMutableRawPointer, n: Int
  ) {
    (self.type, self.size, self.descending) = (type, size, descending)
    (self.x, self.values, self.indices, self.room) = (x, values, indices, room)
    isNarrow = type == TK_INT64 ? tk_sort_fits(n, x, size, &lowest) != 0 : type != TK_FLOAT64
  }

  func narrow(_ n: Int, spares: Int) -> (UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt64>) {
    let items = room.assumingMemoryBound(to: UInt64.self)
    return (items, items + n * spares)
  }

  func wide(_ n: Int) -> (UnsafeMutablePointer<tk_wide_item>, UnsafeMutablePointer<tk_wide_item>) {
    let items = room.assumingMemoryBound(to: tk_wide_item.self)
    return (items, items + n)
  }

  /// Whether the keys do not tell the elements.
  func makeItems(_ n: Int, _ items: UnsafeMutablePointer<UInt64>) -> Bool {
    tk_sort_items(type, 0, n, x, size, descending ? 1 : 0, lowest, items) != 0
  }

  func store(_ n: Int, _ items: UnsafeMutablePointer<UInt64>, _ special: Bool) {
    tk_sort_store(
      type, n, items, descending ? 1 : 0, lowest, special ? 1 : 0, x, size, values, size,
      indices.assumingMemoryBound(to: Int64.self), 8)
  }

  func storeWide(_ n: Int, _ items: UnsafeMutablePointer<tk_wide_item>) {
    tk_sort_wide_store(n, items, x, size, values, size, indices.assumingMemoryBound(to: Int64.self), 8)
  }
}
