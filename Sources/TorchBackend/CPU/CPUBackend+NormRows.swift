import CTorchKernels

// The passes of norms whose statistics are those of whole rows. All operands are contiguous, float32 or float64.

extension CPUBackend {
  package func rowMoments(_ x: Strided, mean: Strided, spread: Strided) {
    forRows(x, mean) { rows, columns, first in
      let means = mean.of(Double.self) + rows.lowerBound, spreads = spread.of(Double.self) + rows.lowerBound
      if x.dtype == .float32 {
        tk_row_moments_f32(rows.count, columns, x.of(Float.self) + first, means, spreads)
      } else {
        tk_row_moments_f64(rows.count, columns, x.of(Double.self) + first, means, spreads)
      }
    }
  }

  package func rowSlopes(_ gradient: Strided, _ x: Strided, mean: Strided, sum: Strided, along: Strided) {
    forRows(x, mean) { rows, columns, first in
      let row = rows.lowerBound
      let sums = sum.of(Double.self) + row, products = along.of(Double.self) + row
      if x.dtype == .float32 {
        tk_row_slopes_f32(
          rows.count, columns, gradient.of(Float.self) + first, x.of(Float.self) + first, mean.of(Float.self) + row,
          sums, products)
      } else {
        tk_row_slopes_f64(
          rows.count, columns, gradient.of(Double.self) + first, x.of(Double.self) + first,
          mean.of(Double.self) + row, sums, products)
      }
    }
  }

  package func rowAffine(_ x: Strided, mean: Strided, factor: Strided, shift: Strided, into out: Strided) {
    forRows(x, mean) { rows, columns, first in
      let row = rows.lowerBound
      if x.dtype == .float32 {
        tk_row_affine_f32(
          rows.count, columns, out.of(Float.self) + first, x.of(Float.self) + first, mean.of(Float.self) + row,
          factor.of(Float.self) + row, shift.of(Float.self) + row)
      } else {
        tk_row_affine_f64(
          rows.count, columns, out.of(Double.self) + first, x.of(Double.self) + first, mean.of(Double.self) + row,
          factor.of(Double.self) + row, shift.of(Double.self) + row)
      }
    }
  }

  package func rowCombine(
    _ gradient: Strided, _ x: Strided, mean: Strided, byGradient: Strided, byX: Strided, shift: Strided,
    into out: Strided
  ) {
    forRows(x, mean) { rows, columns, first in
      let row = rows.lowerBound
      if x.dtype == .float32 {
        tk_row_combine_f32(
          rows.count, columns, out.of(Float.self) + first, gradient.of(Float.self) + first, x.of(Float.self) + first,
          mean.of(Float.self) + row, byGradient.of(Float.self) + row, byX.of(Float.self) + row,
          shift.of(Float.self) + row)
      } else {
        tk_row_combine_f64(
          rows.count, columns, out.of(Double.self) + first, gradient.of(Double.self) + first,
          x.of(Double.self) + first, mean.of(Double.self) + row, byGradient.of(Double.self) + row,
          byX.of(Double.self) + row, shift.of(Double.self) + row)
      }
    }
  }

  /// Splits the rows of a matrix that has as many as there are `numbers`; `first` is where a piece's elements begin.
  private func forRows(
    _ x: Strided, _ numbers: Strided, _ body: (_ rows: Range<Int>, _ columns: Int, _ first: Int) -> Void
  ) {
    if x.count == 0 { return }
    let rows = numbers.count, columns = x.count / rows
    parallelFor(rows, grain: Swift.max(RowLoop.parallelGrain / columns, 1)) { range in
      body(range, columns, range.lowerBound * columns)
    }
  }
}
