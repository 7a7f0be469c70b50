/// An index tensor beside a partner of its shape and the tensor it points into, as loops: all dimensions but the indexed
/// one, joined where they lie densely in one another, and that one. What a kernel gets is a line. Steps are in bytes.
struct IndexedLines {
  struct Dim {
    var size: Int, partner: Int, index: Int, walked: Int
  }

  private let partner: UnsafeMutableRawPointer, index: UnsafeMutableRawPointer, walked: UnsafeMutableRawPointer
  /// The loops around the lines.
  private var outer: [Dim] = []
  /// The loop of lines next to one another: the indexed dimension, where lines run along another; else one round.
  private var repeated = Dim(size: 1, partner: 0, index: 0, walked: 0)
  private var line = Dim(size: 1, partner: 0, index: 0, walked: 0)
  private var runsAlongDim = true
  /// What one step of the index is in `walked`.
  let step: Int

  init(index: Strided, partner: Strided, walked: Strided, dim: Int) {
    self.index = index.pointer
    self.partner = partner.pointer
    self.walked = walked.pointer
    let rank = index.layout.rank
    func loop(_ i: Int) -> Dim {
      Dim(
        size: index.shape[i],
        partner: partner.layout.rank == 0 ? 0 : partner.layout.strides[i] * partner.dtype.itemSize,
        index: index.layout.strides[i] * 8,
        walked: i == dim || walked.layout.rank == 0 ? 0 : walked.layout.strides[i] * walked.dtype.itemSize)
    }
    step = walked.layout.rank == 0 ? 0 : walked.layout.strides[dim] * walked.dtype.itemSize
    if rank == 0 { return }
    let order = (0..<rank).filter { $0 != dim && index.shape[$0] != 1 }.sorted {
      let (a, b) = (abs(partner.layout.strides[$0]), abs(partner.layout.strides[$1]))
      return a == b ? $0 < $1 : a > b
    }
    for i in order {
      let next = loop(i)
      if let last = outer.last, last.partner == next.partner * next.size, last.index == next.index * next.size,
        last.walked == next.walked * next.size
      {
        outer[outer.count - 1] = Dim(
          size: last.size * next.size, partner: next.partner, index: next.index, walked: next.walked)
      } else {
        outer.append(next)
      }
    }
    let along = loop(dim)
    if let last = outer.last, abs(last.partner) < abs(along.partner) || along.size == 1 {
      (line, repeated) = (last, along)
      outer.removeLast()
      runsAlongDim = false
    } else {
      line = along
    }
  }

  typealias Body = (
    _ n: Int, _ partner: UnsafeMutableRawPointer, _ sp: Int, _ index: UnsafeMutableRawPointer, _ si: Int,
    _ walked: UnsafeMutableRawPointer, _ sw: Int
  ) -> Void

  /// Visits the lines, cut over the threads.
  /// - Parameter writes: whether `walked` is written: then no two threads may meet in what one index can reach, and the
  ///   positions of one line are visited in order.
  func forEachLine(writes: Bool, _ body: Body) {
    let outerSize = outer.reduce(1) { $0 * $1.size }
    let total = outerSize * repeated.size * line.size
    let grain = RowLoop.parallelGrain / 2
    if total == 0 { return }
    if total <= grain { return visit(0..<outerSize, 0..<repeated.size, 0..<line.size, body) }
    if outerSize >= 8 || (writes && runsAlongDim) {
      parallelFor(outerSize, grain: Swift.max(grain / (repeated.size * line.size), 1)) {
        visit($0, 0..<repeated.size, 0..<line.size, body)
      }
    } else if !writes && repeated.size >= 8 {
      parallelFor(repeated.size, grain: Swift.max(grain / (outerSize * line.size), 1)) {
        visit(0..<outerSize, $0, 0..<line.size, body)
      }
    } else {
      parallelFor(line.size, grain: Swift.max(grain / (outerSize * repeated.size), 16)) {
        visit(0..<outerSize, 0..<repeated.size, $0, body)
      }
    }
  }

  private func visit(_ range: Range<Int>, _ repeats: Range<Int>, _ items: Range<Int>, _ body: Body) {
    for number in range {
      var at = (partner: items.lowerBound * line.partner, index: items.lowerBound * line.index)
      var base = items.lowerBound * line.walked
      var rest = number
      for dim in outer.reversed() {
        let place = rest % dim.size
        rest /= dim.size
        at.partner += place * dim.partner
        at.index += place * dim.index
        base += place * dim.walked
      }
      for turn in repeats {
        body(
          items.count, partner + at.partner + turn * repeated.partner, line.partner,
          index + at.index + turn * repeated.index, line.index, walked + base, line.walked)
      }
    }
  }
}
