import CTorchKernels

/// What the elements of a dimension are made of: new element `i` is the sum of the old ones at
/// `places[first[i]..<first[i + 1]]`, each times its weight, over the divisor of `i`.
package final class AxisTaps: Sendable {
  package let from: Int
  package let to: Int
  private let first: [Int32]
  private let places: [Int32]
  /// Nil where all are 1.
  private let weights: [Double]?
  /// Nil where nothing is divided.
  private let divisors: [Double]?
  /// The most old elements that a new one is made of.
  package let most: Int

  /// - Parameters:
  ///   - counts: how many old elements each new one is made of.
  ///   - places: where they are, those of one new element after those of another.
  package init(from: Int, counts: [Int], places: [Int], weights: [Double]? = nil, divisors: [Double]? = nil) {
    self.from = from
    to = counts.count
    var ends = [Int32(0)]
    for count in counts { ends.append(ends.last! + Int32(count)) }
    first = ends
    self.places = places.map { Int32($0) }
    (self.weights, self.divisors) = (weights, divisors)
    most = counts.max() ?? 0
  }

  /// Each new element a copy of the one at its place.
  package convenience init(from: Int, copying places: [Int]) {
    self.init(from: from, counts: [Int](repeating: 1, count: places.count), places: places)
  }

  /// Means, or sums over a number, of windows.
  package convenience init(from: Int, windows: [Range<Int>], divisors: [Double]?) {
    self.init(from: from, counts: windows.map(\.count), places: windows.flatMap { Array($0) }, divisors: divisors)
  }

  /// Whether each new element is an old one as it is.
  package var copies: Bool { weights == nil && divisors == nil && most == 1 && places.count == to }

  /// The way back: what each old element becomes a part of. By it goes the gradient.
  package var transposed: AxisTaps {
    var counts = [Int](repeating: 0, count: from)
    for place in places { counts[Int(place)] += 1 }
    var next = [Int](repeating: 0, count: from)
    for i in 1..<Swift.max(from, 1) { next[i] = next[i - 1] + counts[i - 1] }
    var owners = [Int](repeating: 0, count: places.count)
    let isWeighted = weights != nil || divisors != nil
    var shares = [Double](repeating: 1, count: isWeighted ? places.count : 0)
    for i in 0..<to {
      for k in Int(first[i])..<Int(first[i + 1]) {
        let at = next[Int(places[k])]
        next[Int(places[k])] += 1
        owners[at] = i
        if isWeighted { shares[at] = (weights?[k] ?? 1) / (divisors?[i] ?? 1) }
      }
    }
    return AxisTaps(from: to, counts: counts, places: owners, weights: isWeighted ? shares : nil)
  }

  /// The old elements that the new ones of a range reach over.
  func reach(_ range: Range<Int>) -> Int {
    let part = places[Int(first[range.lowerBound])..<Int(first[range.upperBound])]
    guard let low = part.min(), let high = part.max() else { return 0 }
    return Int(high - low) + 1
  }

  /// Calls `body` with the table of the kernels, in float32 or float64.
  func withTable<R>(_ dtype: DType, _ body: (UnsafePointer<tk_taps>) -> R) -> R {
    dtype == .float32
      ? withTable(weights?.map { Float($0) }, divisors?.map { Float($0) }, isWide: false, body)
      : withTable(weights, divisors, isWide: true, body)
  }

  private func withTable<T: BinaryFloatingPoint, R>(
    _ weights: [T]?, _ divisors: [T]?, isWide: Bool, _ body: (UnsafePointer<tk_taps>) -> R
  ) -> R {
    // By tap only where few are missing, for float32 alone.
    let byTap = !isWide && most <= 8 && most * to <= 3 * places.count
    var placesBy: [Int32] = [], weightsBy: [T] = []
    if byTap {
      placesBy = [Int32](repeating: -1, count: most * to)
      if weights != nil { weightsBy = [T](repeating: 0, count: most * to) }
      for i in 0..<to {
        for (k, at) in (Int(first[i])..<Int(first[i + 1])).enumerated() {
          placesBy[k * to + i] = places[at]
          if let weights { weightsBy[k * to + i] = weights[at] }
        }
      }
    }
    return withPointer(weights) { weights in
      withPointer(divisors) { divisors in
        withPointer(weightsBy) { weightsBy in
          first.withUnsafeBufferPointer { first in
            places.withUnsafeBufferPointer { places in
              placesBy.withUnsafeBufferPointer { placesBy in
                var table = tk_taps(
                  from: from, to: to, first: first.baseAddress, place: places.baseAddress, weight: weights, most: most,
                  place_by: byTap ? placesBy.baseAddress : nil, weight_by: weights == nil ? nil : weightsBy,
                  divisor: divisors)
                return body(&table)
              }
            }
          }
        }
      }
    }
  }

  /// The places of copies.
  func withPlaces<R>(_ body: (UnsafePointer<Int32>?) -> R) -> R {
    places.withUnsafeBufferPointer { body($0.baseAddress) }
  }

  /// The longest row of new elements that are copies of a row of old ones.
  var longestRun: Range<Int> {
    var best = 0..<0, start = 0
    for i in places.indices {
      if i > 0, places[i] != places[i - 1] + 1 { start = i }
      if i + 1 - start > best.count { best = start..<i + 1 }
    }
    return best
  }
}

private func withPointer<T, R>(_ numbers: [T]?, _ body: (UnsafeRawPointer?) -> R) -> R {
  guard let numbers else { return body(nil) }
  return numbers.withUnsafeBytes { body($0.baseAddress) }
}
