import Foundation
import TorchBackend

// Layers by tables and in single passes, against plain loops in float64.

extension KernelCheck {
  mutating func layers() {
    for dtype in [DType.float32, .float64] {
      for _ in 0..<6 * Self.tries {
        resample(dtype)
        windowMax(dtype)
        bend(dtype)
        squares(dtype)
      }
    }
    for _ in 0..<2 * Self.tries { glu() }
  }

  /// A random table, and its taps one by one.
  private mutating func table(from: Int, to: Int) -> (AxisTaps, taps: [[(place: Int, share: Double)]]) {
    let isWeighted = draws.below(2) == 0, isDivided = draws.below(2) == 0, most = 1 + draws.below(5)
    let counts = (0..<to).map { _ in draws.below(3) == 0 ? draws.below(most + 1) : most }
    let places = counts.reduce(0, +), at = (0..<places).map { _ in draws.below(from) }
    let weights = isWeighted ? (0..<places).map { _ in draws.real(-1...1) } : nil
    let divisors = isDivided ? (0..<to).map { _ in draws.real(1...3) } : nil
    var taps: [[(place: Int, share: Double)]] = [], next = 0
    for (i, count) in counts.enumerated() {
      taps.append((next..<next + count).map { (at[$0], (weights?[$0] ?? 1) / (divisors?[i] ?? 1)) })
      next += count
    }
    return (AxisTaps(from: from, counts: counts, places: at, weights: weights, divisors: divisors), taps)
  }

  private mutating func resample(_ dtype: DType) {
    let rank = 1 + draws.below(3), planes = 1 + draws.below(3), inner = [1, 1, 3, 17, 64][draws.below(5)]
    var old: [Int] = [], new: [Int] = [], axes: [AxisTaps?] = [], all: [[[(place: Int, share: Double)]]] = []
    for i in 0..<rank {
      old.append(1 + draws.below(i == rank - 1 ? 70 : 12))
      if i > 0, draws.below(4) == 0 {
        new.append(old[i])
        axes.append(nil)
        all.append((0..<old[i]).map { [($0, 1)] })
      } else {
        new.append(1 + draws.below(i == rank - 1 ? 70 : 40))
        let (table, taps) = table(from: old[i], to: new[i])
        axes.append(table)
        all.append(taps)
      }
    }
    let x = dense(Shape([planes] + old + [inner]), dtype, -1...1)
    let out = fast.allocate(Layout(contiguous: Shape([planes] + new + [inner])), dtype: dtype)
    fast.resample(x, sizes: old, axes: axes, inner: inner, into: out)
    let terms = all.map { Double($0.map(\.count).max()!) }.reduce(1, *)
    expect("resized \(old) to \(new), \(inner) inside", out, resized(doubles(x), all, old, inner), terms: terms)
    // And back by the tables turned about.
    let g = dense(out.shape, dtype, -1...1), back = fast.allocate(Layout(contiguous: x.shape), dtype: dtype)
    fast.resample(g, sizes: new, axes: axes.map { $0?.transposed }, inner: inner, into: back)
    let turned = all.indices.map { i -> [[(place: Int, share: Double)]] in
      var taps = [[(place: Int, share: Double)]](repeating: [], count: old[i])
      for (j, row) in all[i].enumerated() { for tap in row { taps[tap.place].append((j, tap.share)) } }
      return taps
    }
    let turnedTerms = turned.map { Double($0.map(\.count).max()!) }.reduce(1, *)
    expect(
      "resized back \(new) to \(old), \(inner) inside", back, resized(doubles(g), turned, new, inner),
      terms: turnedTerms)
  }

  /// The last dimensions but `inner` made anew, one after another.
  private func resized(_ x: [Double], _ axes: [[[(place: Int, share: Double)]]], _ sizes: [Int], _ inner: Int)
    -> [Double]
  {
    var (x, sizes) = (x, sizes)
    for (i, taps) in axes.enumerated() {
      let after = sizes[(i + 1)...].reduce(1, *) * inner, before = x.count / (after * sizes[i])
      var made = [Double](repeating: 0, count: before * taps.count * after)
      for b in 0..<before {
        for (j, row) in taps.enumerated() {
          for tap in row {
            for a in 0..<after {
              made[(b * taps.count + j) * after + a] += tap.share * x[(b * sizes[i] + tap.place) * after + a]
            }
          }
        }
      }
      (x, sizes[i]) = (made, taps.count)
    }
    return x
  }

  private mutating func windowMax(_ dtype: DType) {
    let rank = 1 + draws.below(3), planes = 1 + draws.below(4)
    let sizes = (0..<rank).map { _ in 1 + draws.below(9) }
    let windows = sizes.map { size -> [Range<Int>] in
      (0..<1 + draws.below(6)).map { _ in
        let low = draws.below(size)
        return low..<low + 1 + draws.below(size - low)
      }
    }
    let x = dense(Shape([1, planes] + sizes), dtype, -1...1, specials: true)
    let shape = Layout(contiguous: Shape([1, planes] + windows.map(\.count)))
    let out = fast.allocate(shape, dtype: dtype), places = fast.allocate(shape, dtype: .int32)
    fast.windowMax(x, windows: windows, into: out, places: places)
    let numbers = doubles(x), best = doubles(out), at = doubles(places).map { Int($0) }
    let plane = sizes.reduce(1, *)
    var next = 0
    for p in 0..<planes {
      /// The places of all windows of the dimensions from `i` on.
      func all(_ i: Int, _ starts: [Int]) -> [[Int]] {
        if i == rank { return [starts] }
        return windows[i].flatMap { window in all(i + 1, starts.flatMap { s in window.map { s * sizes[i] + $0 } }) }
      }
      for window in all(0, [0]) {
        var want = numbers[p * plane + window[0]], place = window[0]
        for i in window where numbers[p * plane + i] > want || numbers[p * plane + i].isNaN {
          (want, place) = (numbers[p * plane + i], i)
        }
        let isSame = best[next] == want || best[next].isNaN && want.isNaN
        if !isSame || at[next] != place {
          complaints.append("maximum of a window: \(best[next]) at \(at[next]), not \(want) at \(place)")
          return
        }
        next += 1
      }
    }
  }

  /// Sums of squares by rows, and the spread of all numbers around their mean, which may be far from 0.
  private mutating func squares(_ dtype: DType) {
    let rows = 1 + draws.below(4), columns = 1 + draws.below(300), shift = Double(draws.below(3)) * 50
    let x = dense([rows, columns], dtype, -1 + shift...1 + shift)
    let sums = fast.allocate(Layout(contiguous: [rows]), dtype: dtype), numbers = doubles(x)
    fast.rowSquares(x, into: sums)
    let want = (0..<rows).map { r in (0..<columns).map { numbers[r * columns + $0] }.reduce(0) { $0 + $1 * $1 } }
    let scaled = doubles(sums)
    for (a, b) in zip(scaled, want) where abs(a - b) > Double(columns) * b * (dtype == .float32 ? 0x1p-23 : 0x1p-52) {
      complaints.append("squares of \(columns) \(dtype.name): \(a), not \(b)")
    }
    let stretched = fast.allocate(x.layout, dtype: dtype), heads = doubles(sums)
    fast.stretch(sums, into: stretched)
    if doubles(stretched) != heads.flatMap({ [Double](repeating: $0, count: columns) }) {
      complaints.append("\(heads) stretched to rows of \(columns)")
    }
    let many = dense([[1, 16, 16384, 16385, 40000][draws.below(5)]], dtype, -1 + shift...1 + shift), all = doubles(many)
    let mean = all.reduce(0, +) / Double(all.count)
    let spread = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }, got = fast.spread(of: many)
    // Each distance is off by a rounding of the mean, which is near `shift`.
    let slack = (dtype == .float32 ? 0x1p-22 : 0x1p-48) * (1 + shift) * Double(all.count)
    if abs(got - spread) > slack { complaints.append("spread of \(all.count) \(dtype.name): \(got), not \(spread)") }
  }

  private mutating func glu() {
    let rows = 1 + draws.below(4), row = 1 + draws.below(150)
    let pairs = dense([rows, 2, row], .float32, -9...9), g = dense([rows, row], .float32, -1...1)
    let out = fast.allocate(Layout(contiguous: g.shape), dtype: .float32)
    let slope = fast.allocate(Layout(contiguous: pairs.shape), dtype: .float32)
    fast.glu(pairs, row: row, into: out)
    fast.gluGradient(g, pairs: pairs, row: row, into: slope)
    let (p, by) = (doubles(pairs), doubles(g))
    var values: [Double] = [], slopes = [Double](repeating: 0, count: p.count)
    for i in by.indices {
      let at = i + i / row * row, share = 1 / (1 + exp(-p[at + row]))
      values.append(p[at] * share)
      slopes[at] = by[i] * share
      slopes[at + row] = by[i] * p[at] * share * (1 - share)
    }
    expect("gates", out, values)
    expect("slopes of gates", slope, slopes)
  }

  private mutating func bend(_ dtype: DType) {
    let n = 1 + draws.below(200), limit = draws.real(0.1...2), curve = draws.real(0.2...2)
    let loss = BentLoss(limit: limit, curve: curve, slope: 2 * limit * curve)
    let x = dense([n], dtype, -2...2), y = dense([n], dtype, -2...2), isSame = draws.below(2) == 0
    let g = dense([isSame ? 1 : n], dtype, -1...1)
    func room() -> Strided { fast.allocate(Layout(contiguous: [n]), dtype: dtype) }
    let (out, forX, forY, only) = (room(), room(), room(), room())
    loss.forward(x, y, into: out)
    loss.backward(g, isSame: isSame, x, y, forX: forX, forY: forY)
    loss.backward(g, isSame: isSame, x, y, forX: nil, forY: only)
    let (a, b, by) = (doubles(x), doubles(y), doubles(g))
    var values: [Double] = [], slopes: [Double] = []
    for i in 0..<n {
      let d = a[i] - b[i], m = d.magnitude
      values.append(m < limit ? m * m * curve : (m - limit / 2) * loss.slope)
      slopes.append((m < limit ? 2 * d * curve : d < 0 ? -loss.slope : loss.slope) * by[isSame ? 0 : i])
    }
    expect("bent losses", out, values)
    expect("slopes of bent losses", forX, slopes)
    expect("slopes of targets", forY, slopes.map { -$0 })
    expect("slopes of targets alone", only, slopes.map { -$0 })
  }

  /// Numbers near those of plain loops; sums of so many numbers up to 1 may cancel, each of them rounded.
  private mutating func expect(_ what: String, _ got: Strided, _ want: [Double], terms: Double = 1) {
    let wide = fast.allocate(Layout(contiguous: got.shape), dtype: .float64)
    for (i, number) in want.enumerated() { wide.pointer.storeBytes(of: number, toByteOffset: i * 8, as: Double.self) }
    let narrow = fast.allocate(wide.layout, dtype: got.dtype)
    plain.copy(wide, into: narrow)
    check(what, (got, narrow), ulps: 16 + terms, cancels: true)
  }
}
