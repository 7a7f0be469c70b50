import Torch

/// Which elements along a dimension a new one is made of, and in which shares.
struct Taps {
  /// For each tap of a new element, the positions of all new elements' taps.
  private(set) var positions: [[Int]]
  /// Their shares; nil where there is one tap and the element is taken as it is.
  private(set) var weights: [[Double]]?
  /// How many of the taps each new element has, the others being of no weight; nil where it has all.
  private var counts: [Int]?

  /// - Parameter single: whether places are computed in float32, as torch does for all dtypes but float64.
  init(
    _ mode: InterpolateMode, from old: Int, to new: Int, scale: Double?, alignCorners: Bool, antialias: Bool,
    single: Bool
  ) {
    func rounded(_ x: Double) -> Double { single ? Double(Float(x)) : x }
    (positions, weights, counts) = ([], nil, nil)
    switch mode {
    case .nearest, .nearestExact:
      // Places in float32 whatever the dtype.
      let ratio = scale.map { Float(1 / $0) } ?? Float(old) / Float(new)
      let shift: Float = mode == .nearest ? 0 : 0.5
      positions = [
        (0..<new).map { i in
          if mode == .nearest, old == new { return i }
          return Swift.min(Int(((Float(i) + shift) * ratio).rounded(.down)), old - 1)
        }
      ]
    case .area:
      gather(new) { i in
        let start = i * old / new, end = ((i + 1) * old + new - 1) / new
        return (start, [Double](repeating: 1 / Double(end - start), count: end - start))
      }
    case .linear, .bilinear, .trilinear, .bicubic:
      let isCubic = mode == .bicubic
      let ratio: Double
      if alignCorners {
        ratio = new > 1 ? rounded(Double(old - 1) / Double(new - 1)) : 0
      } else {
        ratio = rounded(scale.map { 1 / $0 } ?? Double(old) / Double(new))
      }
      if antialias {
        gather(new) { i in Self.filtered(i, ratio, old, isCubic: isCubic) }
        return
      }
      if old == new, !isCubic {
        positions = [Array(0..<new)]
        return
      }
      func place(_ i: Int) -> Double {
        if alignCorners { return rounded(ratio * Double(i)) }
        let at = rounded(rounded(ratio * (Double(i) + 0.5)) - 0.5)
        return isCubic ? at : Swift.max(at, 0)
      }
      let places = (0..<new).map(place)
      if isCubic {
        let floors = places.map { $0.rounded(.down) }
        positions = (-1...2).map { tap in floors.map { Swift.min(Swift.max(Int($0) + tap, 0), old - 1) } }
        weights = (-1...2).map { tap in
          zip(places, floors).map { Self.cubic(rounded($0 - $1) - Double(tap), a: -0.75) }
        }
      } else {
        let lower = places.map { Swift.min(Int($0), old - 1) }
        let shares = zip(places, lower).map { Swift.min(Swift.max(rounded($0 - Double($1)), 0), 1) }
        positions = [lower, lower.map { Swift.min($0 + 1, old - 1) }]
        weights = [shares.map { 1 - $0 }, shares]
      }
    }
  }

  /// Taps in rows of unequal lengths, filled up with the last one at no weight.
  private mutating func gather(_ new: Int, _ row: (Int) -> (start: Int, weights: [Double])) {
    let rows = (0..<new).map(row)
    counts = rows.map(\.weights.count)
    let most = counts!.max() ?? 0
    positions = (0..<most).map { tap in rows.map { $0.start + Swift.min(tap, $0.weights.count - 1) } }
    weights = (0..<most).map { tap in rows.map { tap < $0.weights.count ? $0.weights[tap] : 0 } }
  }

  /// The shares of a filter as wide as a new element.
  private static func filtered(_ i: Int, _ ratio: Double, _ old: Int, isCubic: Bool) -> (Int, [Double]) {
    let support = (isCubic ? 2 : 1) * Swift.max(ratio, 1), centre = ratio * (Double(i) + 0.5)
    let start = Swift.max(Int(centre - support + 0.5), 0), end = Swift.min(Int(centre + support + 0.5), old)
    let narrow = ratio >= 1 ? 1 / ratio : 1
    let shares = (start..<Swift.max(end, start + 1)).map { j in
      let x = (Double(j) - centre + 0.5) * narrow
      return isCubic ? cubic(x, a: -0.5) : Swift.max(1 - x.magnitude, 0)
    }
    let sum = shares.reduce(0, +)
    return (start, sum == 0 ? shares : shares.map { $0 / sum })
  }

  /// Keys' cubic convolution curve.
  private static func cubic(_ x: Double, a: Double) -> Double {
    let x = x.magnitude
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  /// The same as a table; nil where every element stays.
  func axis(from old: Int) -> AxisTaps? {
    guard let weights else {
      return positions[0] == Array(0..<old) ? nil : AxisTaps(from: old, copying: positions[0])
    }
    let counts = counts ?? [Int](repeating: positions.count, count: positions[0].count)
    func flat<T>(_ byTap: [[T]]) -> [T] { counts.indices.flatMap { i in (0..<counts[i]).map { byTap[$0][i] } } }
    return AxisTaps(from: old, counts: counts, places: flat(positions), weights: flat(weights))
  }

  /// The tensor with a dimension made anew.
  func applied(to x: Tensor, dim: Int) -> Tensor {
    func taken(_ tap: Int) -> Tensor {
      let isAll = positions[tap] == Array(0..<x.shape[dim])
      return isAll ? x : x.indexSelect(dim: dim, index: Tensor(positions[tap], dtype: .int64, device: x.device))
    }
    guard let weights else {
      let picked = taken(0)
      return picked === x ? x.clone() : picked
    }
    var column = [Int](repeating: 1, count: x.ndim)
    column[dim] = positions[0].count
    var sum: Tensor?
    for tap in positions.indices {
      let share = Tensor(weights[tap], dtype: x.dtype, device: x.device).view(column)
      let part = taken(tap) * share
      sum = sum.map { $0 + part } ?? part
    }
    return sum!
  }
}
