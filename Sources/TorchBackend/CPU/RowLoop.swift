/// Walks up to four operands of one shape together and hands their innermost rows to a kernel.
///
/// Dimensions are ordered by the output's strides and joined where they lie densely in one another, so that most
/// tensors become a single row. Strides are in bytes.
package struct RowLoop {
  package typealias Pointers = InlineArray<4, UnsafeMutableRawPointer>
  package typealias Strides = InlineArray<4, Int>

  /// Below this many elements one thread is faster than two.
  package static let parallelGrain = 32768

  private var operandCount: Int
  private var base: Pointers
  private var sizes: [Int] = []
  private var strides: [Strides] = []

  /// Visits the rows of `out` with one operand.
  @inline(__always)
  package static func run(
    _ out: Strided, _ x: Strided,
    _ body: (_ n: Int, _ out: UnsafeMutableRawPointer, _ so: Int, _ x: UnsafeMutableRawPointer, _ sx: Int) -> Void
  ) {
    let count = out.count
    if count == 0 { return }
    if out.isContiguous && (out.shared === x.shared || out.layout.strides == x.layout.strides) {
      let so = out.dtype.itemSize, sx = x.dtype.itemSize
      let po = out.pointer, px = x.pointer
      parallelFor(count, grain: parallelGrain) {
        body($0.count, po + $0.lowerBound * so, so, px + $0.lowerBound * sx, sx)
      }
      return
    }
    RowLoop(out, [out, x]).forEachRow { n, p, s in body(n, p[0], s[0], p[1], s[1]) }
  }

  /// Visits the rows of `out` with two operands.
  @inline(__always)
  package static func run(
    _ out: Strided, _ x: Strided, _ y: Strided,
    _ body: (
      _ n: Int, _ out: UnsafeMutableRawPointer, _ so: Int, _ x: UnsafeMutableRawPointer, _ sx: Int,
      _ y: UnsafeMutableRawPointer, _ sy: Int
    ) -> Void
  ) {
    let count = out.count
    if count == 0 { return }
    if out.isContiguous && (out.shared === x.shared || out.layout.strides == x.layout.strides)
      && (out.shared === y.shared || out.layout.strides == y.layout.strides)
    {
      let so = out.dtype.itemSize, sx = x.dtype.itemSize, sy = y.dtype.itemSize
      let po = out.pointer, px = x.pointer, py = y.pointer
      parallelFor(count, grain: parallelGrain) {
        body($0.count, po + $0.lowerBound * so, so, px + $0.lowerBound * sx, sx, py + $0.lowerBound * sy, sy)
      }
      return
    }
    RowLoop(out, [out, x, y]).forEachRow { n, p, s in body(n, p[0], s[0], p[1], s[1], p[2], s[2]) }
  }

  /// Visits the rows of `out` with three operands.
  package static func run(
    _ out: Strided, _ x: Strided, _ y: Strided, _ z: Strided, _ body: (_ n: Int, _ p: Pointers, _ s: Strides) -> Void
  ) {
    if out.count == 0 { return }
    RowLoop(out, [out, x, y, z]).forEachRow(body)
  }

  private init(_ out: Strided, _ operands: [Strided]) {
    operandCount = operands.count
    base = Pointers(repeating: out.pointer)
    for (i, operand) in operands.enumerated() { base[i] = operand.pointer }
    // Outermost first: large output strides, ties by the first input that differs.
    let dims = (0..<out.layout.rank).filter { out.shape[$0] != 1 }
    let order = dims.sorted { a, b in
      for operand in operands where abs(operand.layout.strides[a]) != abs(operand.layout.strides[b]) {
        let x = abs(operand.layout.strides[a]), y = abs(operand.layout.strides[b])
        if x != 0 && y != 0 { return x > y }
      }
      return a < b
    }
    for dim in order {
      var step = Strides(repeating: 0)
      for (i, operand) in operands.enumerated() { step[i] = operand.layout.strides[dim] * operand.dtype.itemSize }
      if let last = strides.last, canJoin(outer: last, inner: step, innerSize: out.shape[dim]) {
        sizes[sizes.count - 1] *= out.shape[dim]
        strides[strides.count - 1] = step
      } else {
        sizes.append(out.shape[dim])
        strides.append(step)
      }
    }
    if sizes.isEmpty {
      sizes = [1]
      strides = [Strides(repeating: 0)]
    }
  }

  private func canJoin(outer: Strides, inner: Strides, innerSize: Int) -> Bool {
    for i in 0..<operandCount where outer[i] != inner[i] * innerSize { return false }
    return true
  }

  @inline(__always)
  private func forEachRow(_ body: (_ n: Int, _ p: Pointers, _ s: Strides) -> Void) {
    let inner = sizes.count - 1
    let rowLength = sizes[inner], rowStrides = strides[inner]
    let rows = sizes[0..<inner].reduce(1, *)
    if rows == 1 {
      parallelFor(rowLength, grain: Self.parallelGrain) { range in
        body(range.count, advanced(base, by: rowStrides, times: range.lowerBound), rowStrides)
      }
      return
    }
    parallelFor(rows, grain: max(Self.parallelGrain / max(rowLength, 1), 1)) { range in
      // The position of the first row of the range, then an odometer.
      var position = [Int](repeating: 0, count: inner)
      var pointers = base
      var rest = range.lowerBound
      for dim in stride(from: inner - 1, through: 0, by: -1) {
        position[dim] = rest % sizes[dim]
        rest /= sizes[dim]
        pointers = advanced(pointers, by: strides[dim], times: position[dim])
      }
      for _ in range {
        body(rowLength, pointers, rowStrides)
        var dim = inner - 1
        while dim >= 0 {
          position[dim] += 1
          pointers = advanced(pointers, by: strides[dim], times: 1)
          if position[dim] < sizes[dim] { break }
          pointers = advanced(pointers, by: strides[dim], times: -sizes[dim])
          position[dim] = 0
          dim -= 1
        }
      }
    }
  }

  @inline(__always)
  private func advanced(_ pointers: Pointers, by step: Strides, times: Int) -> Pointers {
    var result = pointers
    for i in 0..<operandCount { result[i] += step[i] * times }
    return result
  }
}
