// Places in sorted rows, by bisection.

extension CPUBackend {
  package func search(_ sorted: Strided, _ values: Strided, right: Bool, order: Strided?, into out: Strided) {
    let size = sorted.shape[sorted.layout.rank - 1]
    if size == 0 { return fill(out, with: .int(0)) }
    let rows = sorted.layout.rank == 1 ? 1 : sorted.count / size
    let count = values.count
    if count == 0 { return }
    let x = contiguous(sorted), y = contiguous(values), order = order.map(contiguous)
    sorted.dtype.visit(
      SearchRows(
        size: size, count: count, perRow: count / rows, right: right, sorted: x.pointer, values: y.pointer,
        order: order?.pointer.assumingMemoryBound(to: Int64.self),
        out: out.pointer.assumingMemoryBound(to: Int64.self)))
    withExtendedLifetime((x, y, order)) {}
  }
}

private struct SearchRows: ElementVisitor {
  let size: Int, count: Int, perRow: Int
  let right: Bool
  let sorted: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer
  let order: UnsafeMutablePointer<Int64>?
  let out: UnsafeMutablePointer<Int64>

  func visit<T: Element>(_ type: T.Type) {
    let item = MemoryLayout<T>.stride
    parallelFor(count, grain: 1024) { range in
      for i in range {
        let value = values.element(i &* item, type)
        let first = i / perRow &* size
        var low = 0, high = size
        while low < high {
          let middle = (low &+ high) >> 1
          var place = first &+ middle
          if let order { place = first &+ Int(order[place]) }
          let here = sorted.element(place &* item, type)
          // Not `here < value`: what is no number belongs at the end. Two choices without a jump, which none could foresee.
          let isBefore = right ? !(here > value) : !(here >= value)
          low = isBefore ? middle &+ 1 : low
          high = isBefore ? high : middle
        }
        out[i] = Int64(low)
      }
    }
  }
}
