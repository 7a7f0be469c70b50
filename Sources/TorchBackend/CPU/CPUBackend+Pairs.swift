import CTorchKernels

// Gates and losses of two operands, with their gradients, in one pass each. All operands are contiguous.

extension CPUBackend {
  /// x * sigmoid(gate), float32, `pairs` holding a row of x's and a row of gates in turn.
  package func glu(_ pairs: Strided, row: Int, into out: Strided) {
    let (p, o) = (pairs.of(Float.self), out.of(Float.self))
    forRows(out.count, row) { at, n in
      let x = p + at + at / row * row
      tk_glu_f32(n, o + at, x, x + row)
    }
  }

  /// The gradients of the same, in rows as those of `pairs`.
  package func gluGradient(_ gradient: Strided, pairs: Strided, row: Int, into out: Strided) {
    let (g, p, o) = (gradient.of(Float.self), pairs.of(Float.self), out.of(Float.self))
    forRows(gradient.count, row) { at, n in
      let first = at + at / row * row
      tk_glu_slope_f32(n, o + first, o + first + row, g + at, p + first, p + first + row)
    }
  }

  /// Calls `body` with the start and the length of pieces that lie in one row each.
  private func forRows(_ count: Int, _ row: Int, _ body: (_ at: Int, _ n: Int) -> Void) {
    parallelFor(count, grain: RowLoop.parallelGrain) { range in
      var at = range.lowerBound
      while at < range.upperBound {
        let n = Swift.min(row - at % row, range.upperBound - at)
        body(at, n)
        at += n
      }
    }
  }
}

/// A loss that is squared near 0 and straight beyond, of the distance d between two numbers:
/// |d| < limit ? d² · curve : (|d| - limit / 2) · slope. The two meet without a kink, so that 2 · limit · curve = slope.
package struct BentLoss: Sendable {
  package let limit: Double, curve: Double, slope: Double

  package init(limit: Double, curve: Double, slope: Double) {
    (self.limit, self.curve, self.slope) = (limit, curve, slope)
  }

  private var numbers: tk_bend { tk_bend(limit: limit, curve: curve, slope: slope) }

  /// The losses of float32 or float64 numbers.
  package func forward(_ x: Strided, _ y: Strided, into out: Strided) {
    parallelFor(out.count, grain: RowLoop.parallelGrain) { range in
      var numbers = numbers
      let (i, n) = (range.lowerBound, range.count)
      if out.dtype == .float32 {
        tk_bend_f32(n, out.of(Float.self) + i, x.of(Float.self) + i, y.of(Float.self) + i, &numbers)
      } else {
        tk_bend_f64(n, out.of(Double.self) + i, x.of(Double.self) + i, y.of(Double.self) + i, &numbers)
      }
    }
  }

  /// - Parameters:
  ///   - gradient: a number for each loss, or one for all where `isSame`.
  ///   - forX, forY: the gradients that are wanted.
  package func backward(
    _ gradient: Strided, isSame: Bool, _ x: Strided, _ y: Strided, forX: Strided?, forY: Strided?
  ) {
    parallelFor(x.count, grain: RowLoop.parallelGrain) { range in
      var numbers = numbers
      let (i, n) = (range.lowerBound, range.count), at = isSame ? 0 : i
      if x.dtype == .float32 {
        tk_bend_slope_f32(
          n, forX.map { $0.of(Float.self) + i }, forY.map { $0.of(Float.self) + i }, gradient.of(Float.self) + at,
          isSame ? 1 : 0, x.of(Float.self) + i, y.of(Float.self) + i, &numbers)
      } else {
        tk_bend_slope_f64(
          n, forX.map { $0.of(Double.self) + i }, forY.map { $0.of(Double.self) + i }, gradient.of(Double.self) + at,
          isSame ? 1 : 0, x.of(Double.self) + i, y.of(Double.self) + i, &numbers)
      }
    }
  }
}
