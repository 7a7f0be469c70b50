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
}
