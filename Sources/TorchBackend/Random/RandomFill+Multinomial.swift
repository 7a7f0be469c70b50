/// Draws of categories, as `torch.multinomial`.
extension MersenneTwister {
  /// Draws `samples` category indices for each row of float32 weights.
  ///
  /// With replacement every sample is one 53-bit uniform, looked up in the row's running sum. Without (and for one
  /// sample either way) every *weight* takes one exponential draw, and the largest weight-to-draw ratios win.
  ///
  /// - Parameters:
  ///   - out: rows x samples indices.
  ///   - weights: rows x columns, not negative; rows need not sum to one.
  ///   - dtype: the type of the tensor of weights; the narrow float types round draws and ratios when
  ///     nothing is replaced (torch may then order equal ratios in another way), and keep float32 sums otherwise.
  /// - Precondition: `samples <= columns` without replacement, and `out` and `weights` have equally many rows.
  package mutating func fillMultinomial(
    _ out: UnsafeMutableBufferPointer<Int64>, weights: UnsafeBufferPointer<Float>, columns: Int, samples: Int,
    replacement: Bool, roundedTo dtype: DType = .float32
  ) {
    multinomial(out, weights, columns, samples, replacement) { dtype.rounding($0) }
  }

  /// Draws `samples` category indices for each row of float64 weights; see the float32 form.
  package mutating func fillMultinomial(
    _ out: UnsafeMutableBufferPointer<Int64>, weights: UnsafeBufferPointer<Double>, columns: Int, samples: Int,
    replacement: Bool
  ) {
    multinomial(out, weights, columns, samples, replacement) { $0 }
  }

  private mutating func multinomial<T: BinaryFloatingPoint>(
    _ out: UnsafeMutableBufferPointer<Int64>, _ weights: UnsafeBufferPointer<T>, _ columns: Int, _ samples: Int,
    _ replacement: Bool, _ round: (T) -> T
  ) {
    guard columns > 0, samples > 0, replacement || samples <= columns else {
      fault("multinomial", "cannot draw \(samples) of \(columns) categories without replacement")
    }
    let rows = weights.count / columns
    guard out.count == rows * samples else {
      fault("multinomial", "\(rows) rows of \(samples) samples do not fit \(out.count) places")
    }
    if replacement && samples > 1 {
      var sums = [T](repeating: 0, count: columns)
      for row in 0..<rows {
        var sum: T = 0
        for j in 0..<columns {
          sum += weights[row * columns + j]
          sums[j] = sum
        }
        for j in 0..<columns { sums[j] /= sum }
        sums[columns - 1] = 1
        for j in 0..<samples { out[row * samples + j] = Int64(Self.place(of: uniform53(), in: sums)) }
      }
      return
    }
    let draws = UnsafeMutableBufferPointer<Double>.allocate(capacity: weights.count)
    defer { draws.deallocate() }
    fillExponential(draws)
    for row in 0..<rows {
      let ratios = (0..<columns).map { j in
        let i = row * columns + j
        return round(weights[i] / round(T(draws[i])))
      }
      let best =
        samples == 1
        ? [ratios.indices.max { ratios[$0] < ratios[$1] || (ratios[$0] == ratios[$1] && $0 > $1) }!]
        : ratios.indices.sorted { ratios[$0] > ratios[$1] || (ratios[$0] == ratios[$1] && $0 < $1) }
      for j in 0..<samples { out[row * samples + j] = Int64(best[j]) }
    }
  }

  /// The first index whose running sum is at least `value`.
  private static func place<T: BinaryFloatingPoint>(of value: Double, in sums: [T]) -> Int {
    var low = 0, high = sums.count
    while low < high {
      let middle = low + (high - low) / 2
      if Double(sums[middle]) < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
