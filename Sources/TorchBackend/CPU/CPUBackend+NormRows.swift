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

extension CPUBackend {
  /// Groups of channels with mean 0 and variance 1, times the channel's weight plus its bias; `[batch, channels, ...]`,
  /// float32 or float64, contiguous, not empty. Each group is gone over again while it is near.
  ///
  /// `mean` and `scale` (one over the deviation) receive what the groups were normalised by.
  package func groupNorm(
    _ x: Strided, groups: Int, weight: Strided?, bias: Strided?, eps: Double, into out: Strided, mean: Strided,
    scale: Strided
  ) {
    if x.dtype == .float32 {
      groupNorm(x, groups, weight, bias, eps, out, mean, scale, Float.self, tk_row_moments_f32, tk_row_affine_f32)
    } else {
      groupNorm(x, groups, weight, bias, eps, out, mean, scale, Double.self, tk_row_moments_f64, tk_row_affine_f64)
    }
  }

  private func groupNorm<T: BinaryFloatingPoint>(
    _ x: Strided, _ groups: Int, _ weight: Strided?, _ bias: Strided?, _ eps: Double, _ out: Strided, _ mean: Strided,
    _ scale: Strided, _ type: T.Type,
    _ moments: (Int, Int, UnsafePointer<T>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void,
    _ affine: (
      Int, Int, UnsafeMutablePointer<T>, UnsafePointer<T>, UnsafePointer<T>, UnsafePointer<T>, UnsafePointer<T>
    ) -> Void
  ) {
    let batch = x.shape[0], channels = x.shape[1] / groups, group = x.count / (batch * groups)
    let columns = group / channels
    let (source, target, means, scales) = (x.of(type), out.of(type), mean.of(type), scale.of(type))
    let (weights, biases) = (weight?.of(type), bias?.of(type))
    parallelFor(batch * groups, grain: Swift.max(RowLoop.parallelGrain / group, 1)) { range in
      for i in range {
        var middle = 0.0, spread = 0.0
        moments(1, group, source + i * group, &middle, &spread)
        means[i] = T(middle)
        scales[i] = T(1 / (spread / Double(group) + eps).squareRoot())
        for channel in 0..<channels {
          let at = i * group + channel * columns, number = i % groups * channels + channel
          var factor = scales[i] * (weights?[number] ?? 1), shift = biases?[number] ?? 0
          affine(1, columns, target + at, source + at, means + i, &factor, &shift)
        }
      }
    }
  }
}

extension CPUBackend {
  /// The sum of the squares of each row of a contiguous matrix, float32 or float64, one for each number of `out`.
  package func rowSquares(_ x: Strided, into out: Strided) {
    forRows(x, out) { rows, columns, first in
      if x.dtype == .float32 {
        tk_row_squares_f32(rows.count, columns, out.of(Float.self) + rows.lowerBound, x.of(Float.self) + first)
      } else {
        tk_row_squares_f64(rows.count, columns, out.of(Double.self) + rows.lowerBound, x.of(Double.self) + first)
      }
    }
  }

  /// Rows that hold one of `numbers` each, again and again; float32 or float64, contiguous.
  package func stretch(_ numbers: Strided, into rows: Strided) {
    forRows(rows, numbers) { range, columns, first in
      if rows.dtype == .float32 {
        tk_stretch_rows_f32(
          range.count, columns, rows.of(Float.self) + first, numbers.of(Float.self) + range.lowerBound)
      } else {
        tk_stretch_rows_f64(
          range.count, columns, rows.of(Double.self) + first, numbers.of(Double.self) + range.lowerBound)
      }
    }
  }

  /// How many numbers make a part of ``spread(of:)``; fixed, so that the sum does not depend on the threads.
  private static let partOfSpread = 16384

  /// The sum of the squared distances of contiguous numbers, float32 or float64, from their mean. Each part is gone over
  /// twice while it is near.
  ///
  /// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
  package func spread(of x: Strided) -> Double {
    let count = x.count, parts = (count + Self.partOfSpread - 1) / Self.partOfSpread
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * parts) { found in
      let means = found.baseAddress!, spreads = means + parts
      parallelFor(parts, grain: 2) { range in
        for part in range {
          let first = part * Self.partOfSpread, n = Swift.min(Self.partOfSpread, count - first)
          if x.dtype == .float32 {
            tk_row_moments_f32(1, n, x.of(Float.self) + first, means + part, spreads + part)
          } else {
            tk_row_moments_f64(1, n, x.of(Double.self) + first, means + part, spreads + part)
          }
        }
      }
      var mean = means[0], spread = spreads[0], seen = Double(Swift.min(Self.partOfSpread, count))
      for part in 1..<Swift.max(parts, 1) {
        let n = Double(Swift.min(Self.partOfSpread, count - part * Self.partOfSpread)), all = seen + n
        let apart = means[part] - mean
        spread += spreads[part] + apart * apart * seen * n / all
        mean += apart * n / all
        seen = all
      }
      return spread
    }
  }
}
