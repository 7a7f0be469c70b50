import Foundation
import TorchBackend

// What goes by rows of many numbers, against float64 arithmetic written out here.

extension KernelCheck {
  /// Reductions of matrices over their rows: more than one tile of columns, blocks and groups of rows, and what is left over.
  mutating func columns() {
    for kernel in [ReduceKernel.sum, .prod, .max, .min] {
      for dtype in Self.floats {
        for columns in [1, 15, 16, 70, 600, 1100, 5000] {
          let rows = [1, 7, 63, 64, 130, 700][draws.below(6)]
          let factor = kernel == .prod ? 0.99...1.01 : -1...3
          let x = operand([rows, columns], dtype, factor, specials: kernel != .prod && draws.below(4) == 0)
          let out = pair([1, columns], dtype), values = doubles(x)
          fast.reduce(kernel, x, into: out.0)
          var expected = [Double](repeating: 0, count: columns)
          for column in 0..<columns {
            let line = (0..<rows).map { values[$0 * columns + column] }
            expected[column] =
              switch kernel {
              case .sum: exactSum(line)
              case .prod: line.reduce(1, *)
              case .max: line.contains(where: \.isNaN) ? .nan : line.max()!
              default: line.contains(where: \.isNaN) ? .nan : line.min()!
              }
          }
          store(expected, out.1)
          // The error of a sum grows with the logarithm of its length, that of a product with its length.
          let ulps: Double = kernel == .sum ? 12 : kernel == .prod ? Double(rows) + 1 : 0
          check("\(kernel) of \(rows) x \(columns) over rows", out, ulps: ulps, cancels: kernel == .sum)
        }
      }
    }
  }

  mutating func argReduce() {
    for kernel in [ReduceKernel.max, .min] {
      for dtype in Self.floats + Self.integers {
        for _ in 0..<Self.tries {
          var shape = shape()
          if shape.count == 0 { shape = [5] }
          let dim = draws.below(shape.count)
          let x = operand(shape, dtype, -3...3, specials: dtype.isFloatingPoint && draws.below(3) == 0)
          var kept = shape
          kept[dim] = 1
          let out = pair(kept, .int64)
          fast.argReduce(kernel, x, dim: dim, into: out.0)
          plain.argReduce(kernel, x, dim: dim, into: out.1)
          check("arg\(kernel) of \(dtype.name)", out, ulps: 0)
        }
      }
    }
  }

  /// A plain number beside a tensor, on either side; some that a half type cannot hold.
  mutating func number() {
    for kernel in [BinaryKernel.add, .sub, .mul, .div, .pow, .maximum, .floorDivide, .remainder] {
      for dtype in Self.floats {
        for number in [2.0, 1.1, -0.7001] {
          let shape = shape()
          let x = operand(shape, dtype, 0.1...5), out = pair(shape, dtype)
          let first = draws.below(2) == 0 && kernel != .floorDivide && kernel != .remainder && number > 0
          for (backend, into) in [(fast, out.0), (plain, out.1)] {
            backend.binary(kernel, x, number: .double(number), numberFirst: first, alpha: 1, into: into)
          }
          check("\(kernel) with \(number)", out, ulps: dtype.narrowed(2), cancels: true)
        }
      }
    }
  }

  mutating func softmax() {
    softmaxAcross()
    for dtype in Self.floats {
      for _ in 0..<Self.tries {
        let rows = 1 + draws.below(40), columns = [1, 5, 16, 33, 257, 1024, 3000][draws.below(7)]
        for log in [false, true] {
          let x = dense([rows, columns], dtype, -9...9), out = pair([rows, columns], dtype)
          fast.softmax(x, log: log, into: out.0)
          var expected = doubles(x)
          lines(&expected, columns) { line in
            let high = line.max()!
            let sum = line.reduce(0) { $0 + exp($1 - high) }
            line = line.map { log ? $0 - high - Foundation.log(sum) : exp($0 - high) / sum }
          }
          store(expected, out.1)
          // The distance from the highest, up to 18, is rounded by as much as 16 units of what the exponential makes of it.
          // In float64 the numbers written out here are as far off themselves.
          let ulps: Double = (dtype == .float64 ? 32 : 6) + (log ? 0 : 16)
          check("softmax, log \(log)", out, ulps: dtype.narrowed(ulps), cancels: log)

          let g = dense([rows, columns], dtype, -1...1), slope = pair([rows, columns], dtype)
          fast.softmaxGradient(g, output: out.1, log: log, into: slope.0)
          let y = doubles(out.1)
          var d = doubles(g)
          for start in stride(from: 0, to: y.count, by: columns) {
            let at = start..<start + columns
            let total = at.reduce(0) { $0 + (log ? d[$1] : d[$1] * y[$1]) }
            for i in at { d[i] = log ? d[i] - exp(y[i]) * total : (d[i] - total) * y[i] }
          }
          store(d, slope.1)
          // The sums cancel: off by what their terms round by.
          check("softmax gradient, log \(log)", slope, ulps: dtype.narrowed(24), cancels: true)
        }
      }
    }
  }

  /// Softmax along a dimension that others lie within, and the logarithm of a sum of exponentials.
  private mutating func softmaxAcross() {
    for dtype in [DType.float32, .float64] {
      for _ in 0..<Self.tries * 2 {
        let outer = 1 + draws.below(3), count = [1, 2, 10, 65, 200][draws.below(5)]
        let inner = [1, 3, 16, 31, 64, 65, 150][draws.below(7)]
        let x = dense([outer, count, inner], dtype, -9...9), values = doubles(x)
        for log in [false, true] {
          let out = pair([outer, count, inner], dtype)
          fast.softmax(x, along: 1, log: log, into: out.0)
          var expected = values
          for column in 0..<outer * inner {
            let at = (0..<count).map { (column / inner * count + $0) * inner + column % inner }
            let high = at.map { values[$0] }.max()!, sum = at.reduce(0) { $0 + exp(values[$1] - high) }
            for i in at { expected[i] = log ? values[i] - high - Foundation.log(sum) : exp(values[i] - high) / sum }
          }
          store(expected, out.1)
          // As along rows.
          check("softmax across, log \(log)", out, ulps: (dtype == .float64 ? 32 : 6) + (log ? 0 : 16), cancels: log)
        }
        let sums = pair([outer, count], dtype)
        fast.logSumExp(x, into: sums.0)
        store(
          (0..<outer * count).map { row in
            Foundation.log(values[row * inner..<(row + 1) * inner].reduce(0) { $0 + exp($1) })
          }, sums.1)
        check("log sum exp", sums, ulps: 6, cancels: true)
      }
    }
  }

  /// float32 functions at every 4,001st number there is, against float64: two units at most, signs of zero and NaN included.
  /// What is made of several functions may be four units off.
  mutating func precision() {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    func softplus(_ x: Double) -> Double { x > 40 ? x : log1p(exp(x)) }
    let functions: [(UnaryKernel, (Double) -> Double)] = [
      (.exp, exp), (.exp2, exp2), (.expm1, expm1), (.log, Foundation.log), (.log2, log2), (.log10, log10),
      (.log1p, log1p),
      (.sin, sin), (.cos, cos), (.tan, tan), (.asin, asin), (.acos, acos), (.atan, atan), (.sinh, sinh), (.cosh, cosh),
      (.tanh, tanh), (.asinh, asinh), (.acosh, acosh), (.atanh, atanh), (.erf, erf), (.erfc, erfc), (.sigmoid, sigmoid),
      (.silu, { $0 == -.infinity ? .nan : $0 * sigmoid($0) }),
      (.mish, { $0 == -.infinity ? .nan : $0 * tanh(softplus($0)) }),
    ]
    let step = 4001 * 100 / Swift.max(rounds(100), 1), block = 1 << 14
    let patterns: [UInt32] = [0, 0x8000_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 1, 0x3F80_0000, 0x7F7F_FFFF]
    let x = fast.allocate(Layout(contiguous: [block]), dtype: .float32), out = fast.allocate(x.layout, dtype: .float32)
    let xs = x.pointer.assumingMemoryBound(to: Float.self), ys = out.pointer.assumingMemoryBound(to: Float.self)
    for (kernel, exact) in functions {
      var worst = 0.0, place = Float(0), pattern = UInt64(0)
      while pattern <= UInt64(UInt32.max) {
        for i in 0..<block {
          xs[i] = Float(bitPattern: i < patterns.count ? patterns[i] : UInt32(truncatingIfNeeded: pattern))
          if i >= patterns.count { pattern += UInt64(step) }
        }
        fast.unary(kernel, x, a: 0, b: 0, into: out)
        for i in 0..<block {
          let right = exact(Double(xs[i])), y = ys[i], nearest = Float(right)
          if nearest == y && nearest.sign == y.sign || nearest.isNaN && y.isNaN { continue }
          let unit = Double(nearest.isInfinite ? Float.greatestFiniteMagnitude.ulp : nearest.ulp)
          let distance = abs(Double(y.isInfinite ? copysign(0x1p128, Double(y)) : Double(y)) - right) / unit
          // NaN where there is none, and a zero of the wrong sign, are far off.
          let off = distance.isNaN || nearest == 0 && y == 0 ? .infinity : distance
          if off > worst { (worst, place) = (off, xs[i]) }
        }
      }
      if worst > (kernel == .silu || kernel == .mish ? 4 : 2) {
        complaints.append("\(kernel) float32 is \(worst) units off at \(place)")
      }
    }
  }

  /// The sum, rounded once: what each addition loses is added up too.
  private func exactSum(_ values: [Double]) -> Double {
    var sum = 0.0, lost = 0.0
    for value in values {
      let next = sum + value
      lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
      sum = next
    }
    return sum.isFinite ? sum + lost : sum
  }

  /// Rounds `values` into `out`.
  func store(_ values: [Double], _ out: Strided) {
    let wide = fast.allocate(Layout(contiguous: out.shape), dtype: .float64)
    for (i, value) in values.enumerated() { wide.pointer.storeBytes(of: value, toByteOffset: i * 8, as: Double.self) }
    plain.copy(wide, into: out)
  }

  /// Random numbers side by side.
  mutating func dense(
    _ shape: Shape, _ dtype: DType, _ range: ClosedRange<Double>, specials: Bool = false
  ) -> Strided {
    let wide = fast.allocate(Layout(contiguous: shape), dtype: .float64)
    for i in 0..<wide.count {
      let isSpecial = specials && draws.below(9) == 0
      let value = isSpecial ? [.nan, -.infinity, .infinity, 0][draws.below(4)] : draws.real(range)
      wide.pointer.storeBytes(of: value, toByteOffset: i * 8, as: Double.self)
    }
    let out = fast.allocate(Layout(contiguous: shape), dtype: dtype)
    plain.copy(wide, into: out)
    return out
  }

  /// Changes one line of `columns` numbers after the other.
  private func lines(_ values: inout [Double], _ columns: Int, _ body: (inout [Double]) -> Void) {
    for start in stride(from: 0, to: values.count, by: columns) {
      var line = Array(values[start..<start + columns])
      body(&line)
      values.replaceSubrange(start..<start + columns, with: line)
    }
  }
}
