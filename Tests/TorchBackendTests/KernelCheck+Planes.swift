import Foundation
import TorchBackend

// Running sums, windows over planes, and the passes of norms over planes.

extension KernelCheck {
  mutating func scan() {
    for kernel in [ScanKernel.sum, .prod] {
      for dtype in [DType.float32, .float64, .int64] {
        for _ in 0..<3 * Self.tries {
          var shape = shape()
          // Sheets of more lines than go side by side.
          if draws.below(3) == 0 { shape = [1 + draws.below(9), 200 + draws.below(200)] }
          if shape.count == 0 { shape = [5] }
          let isProduct = kernel == .prod && dtype != .int64
          let x = operand(shape, dtype, isProduct ? 0.9...1.1 : -3...3, specials: draws.below(4) == 0)
          let out = pair(shape, dtype), dim = draws.below(shape.count)
          fast.scan(kernel, x, dim: dim, into: out.0, indices: nil)
          plain.scan(kernel, x, dim: dim, into: out.1, indices: nil)
          check("running \(kernel) of \(dtype.name) along \(dim)", out, ulps: dtype == .int64 ? 0 : 1)
        }
      }
    }
  }

  mutating func maxPool() {
    for dtype in [DType.float32, .float64, .bfloat16, .float16] {
      for _ in 0..<8 * Self.tries {
        let rank = 1 + draws.below(3)
        func sizes(_ low: Int, _ bound: Int) -> [Int] { (0..<rank).map { _ in low + draws.below(bound) } }
        var input = sizes(7, 6), kernel = sizes(1, 3)
        let stride = sizes(1, 3), dilation = sizes(1, 2)
        // Rows with many windows side by side.
        if draws.below(2) == 0 { input[rank - 1] = 60 + draws.below(90) }
        let padding = kernel.map { draws.below($0 / 2 + 1) }
        if rank == 3 { kernel[0] = 2 }
        let spec = PoolSpec(
          kernel: kernel, stride: stride, padding: rank == 3 ? [0, 0, 0] : padding, dilation: dilation)
        var windows: [Int] = []
        for i in 0..<rank {
          let room = input[i] + 2 * spec.padding[i] - dilation[i] * (kernel[i] - 1) - 1
          windows.append(room / stride[i] + 1)
        }
        guard windows.allSatisfy({ $0 > 0 }) else { continue }
        let lead = [1 + draws.below(2), 1 + draws.below(draws.below(4) == 0 ? 40 : 3)]
        let x = dense(Shape(lead + input), dtype, -3...3, specials: draws.below(3) == 0)
        let out = (dense(Shape(lead + windows), dtype, 0...1), dense(Shape(lead + windows), dtype, 0...1))
        let what = "max pool of \(dtype.name), \(input), kernel \(kernel), stride \(stride), dilation \(dilation)"
        let places = (dense(Shape(lead + windows), .int32, 0...1), dense(Shape(lead + windows), .int32, 0...1))
        fast.maxPool(spec, x, into: out.0, places: places.0)
        plain.maxPool(spec, x, into: out.1, places: places.1)
        check(what, out, ulps: 0)
        check(what + ", places", places, ulps: 0)
        let bare = dense(Shape(lead + windows), dtype, 0...1)
        fast.maxPool(spec, x, into: bare, places: nil)
        check(what + ", without places", (bare, out.1), ulps: 0)
        let g = dense(Shape(lead + windows), dtype, -1...1)
        let slope = (dense(x.shape, dtype, 0...1), dense(x.shape, dtype, 0...1))
        fast.maxPoolGradient(spec, g, places: places.1, into: slope.0)
        plain.maxPoolGradient(spec, g, places: places.1, into: slope.1)
        check(what + ", gradient", slope, ulps: 0)
        // Where channels come last, all is the same.
        guard rank > 1 else { continue }
        func last(_ like: Strided) -> Strided {
          let strides = Layout.channelsLastStrides(like.shape)
          let moved = fast.allocate(Layout(shape: like.shape, strides: strides), dtype: like.dtype)
          fast.copy(like, into: moved)
          return moved
        }
        let lastOut = last(bare), lastPlaces = last(places.0), lastSlope = last(slope.0)
        fast.fill(lastOut, with: .int(0))
        fast.fill(lastPlaces, with: .int(0))
        fast.fill(lastSlope, with: .int(1))
        fast.maxPool(spec, last(x), into: lastOut, places: lastPlaces)
        fast.maxPoolGradient(spec, last(g), places: last(places.1), into: lastSlope)
        check(what + ", channels last", (lastOut, out.1), ulps: 0)
        check(what + ", channels last, places", (lastPlaces, places.1), ulps: 0)
        check(what + ", channels last, gradient", (lastSlope, slope.1), ulps: 0)
      }
    }
  }

  /// Convolutions and their gradients of random sizes, by oneDNN and by columns, against the plain loops.
  mutating func convolution() {
    for dtype in [DType.float32, .float64] {
      for _ in 0..<8 * Self.tries {
        let rank = 1 + draws.below(3), groups = 1 + draws.below(3)
        func sizes(_ low: Int, _ bound: Int) -> [Int] { (0..<rank).map { _ in low + draws.below(bound) } }
        let input = sizes(4, 5), kernel = sizes(1, 3)
        let spec = ConvolutionSpec(
          stride: sizes(1, 3), padding: sizes(0, 4), paddingEnd: sizes(0, 4), dilation: sizes(1, 2), groups: groups)
        var places: [Int] = []
        for i in 0..<rank {
          let room = input[i] + spec.padding[i] + spec.paddingEnd[i] - spec.dilation[i] * (kernel[i] - 1) - 1
          places.append(room < 0 ? 0 : room / spec.stride[i] + 1)
        }
        guard places.allSatisfy({ $0 > 0 }) else { continue }
        let (n, c, o) = (1 + draws.below(2), groups * (1 + draws.below(3)), groups * (1 + draws.below(3)))
        let x = dense(Shape([n, c] + input), dtype, -1...1), g = dense(Shape([n, o] + places), dtype, -1...1)
        let weight = dense(Shape([o, c / groups] + kernel), dtype, -1...1)
        let what = "\(dtype.name) of \(input), kernel \(kernel), \(spec)"
        func pair(_ shape: Shape) -> (Strided, Strided) { (dense(shape, dtype, 0...1), dense(shape, dtype, 0...1)) }
        let out = pair(g.shape), slope = pair(x.shape), change = pair(weight.shape)
        fast.convolution(spec, x, weight: weight, bias: nil, into: out.0)
        plain.convolution(spec, x, weight: weight, bias: nil, into: out.1)
        fast.convolutionInputGradient(spec, g, weight: weight, into: slope.0)
        plain.convolutionInputGradient(spec, g, weight: weight, into: slope.1)
        fast.convolutionWeightGradient(spec, x, g, into: change.0, bias: nil)
        plain.convolutionWeightGradient(spec, x, g, into: change.1, bias: nil)
        near("convolution \(what)", out.0, doubles(out.1), 64, of: x)
        near("input gradient \(what)", slope.0, doubles(slope.1), 64, of: x)
        near("weight gradient \(what)", change.0, doubles(change.1), 256, of: x)
      }
    }
  }

  /// The passes of batch and group norm and the gradients of layer norm, against float64 arithmetic written out here.
  mutating func norms() {
    for dtype in [DType.float32, .float64] {
      for _ in 0..<2 * Self.tries {
        let rows = 1 + draws.below(30), columns = [1, 8, 15, 64, 333, 5000][draws.below(6)]
        let matrix: Shape = [rows, columns], line: Shape = [rows]
        let x = dense(matrix, dtype, -1...3), g = dense(matrix, dtype, -1...1)
        let (a, b, c) = (dense(line, dtype, 0.5...2), dense(line, dtype, -1...1), dense(line, dtype, -1...1))
        let (mean, spread) = (dense(line, .float64, 0...1), dense(line, .float64, 0...1))
        let vx = doubles(x), vg = doubles(g), va = doubles(a), vb = doubles(b), vc = doubles(c)
        func row(_ v: [Double], _ r: Int) -> ArraySlice<Double> { v[r * columns..<(r + 1) * columns] }
        fast.rowMoments(x, mean: mean, spread: spread)
        let means = (0..<rows).map { row(vx, $0).reduce(0, +) / Double(columns) }
        near("mean", mean, means, 4, of: x)
        let spreads = (0..<rows).map { r in row(vx, r).reduce(0) { $0 + ($1 - means[r]) * ($1 - means[r]) } }
        near("spread", spread, spreads, 8, of: x)
        let (sum, along) = (dense(line, .float64, 0...1), dense(line, .float64, 0...1))
        fast.rowSlopes(g, x, mean: a, sum: sum, along: along)
        near("sum", sum, (0..<rows).map { row(vg, $0).reduce(0, +) }, 4 * Double(columns).squareRoot(), of: x)
        let products = (0..<rows).map { r in zip(row(vg, r), row(vx, r)).reduce(0) { $0 + $1.0 * ($1.1 - va[r]) } }
        near("along", along, products, 8 * Double(columns).squareRoot(), of: x)
        let out = dense(matrix, dtype, 0...1)
        fast.rowAffine(x, mean: a, factor: b, shift: c, into: out)
        var wanted = vx
        for i in vx.indices { wanted[i] = (vx[i] - va[i / columns]) * vb[i / columns] + vc[i / columns] }
        near("affine", out, wanted, 4, of: x)
        fast.rowCombine(g, x, mean: a, byGradient: b, byX: c, shift: a, into: out)
        for (i, r) in vx.indices.map({ ($0, $0 / columns) }) {
          wanted[i] = vg[i] * vb[r] + (vx[i] - va[r]) * vc[r] + va[r]
        }
        near("combination", out, wanted, 4, of: x)
        layerNormGradient(x, g, mean: b, scale: a)
      }
    }
  }

  private mutating func layerNormGradient(
    _ x: Strided, _ g: Strided, mean: Strided, scale: Strided
  ) {
    let rows = x.shape[0], columns = x.shape[1], size = Double(columns)
    let weight = dense([columns], x.dtype, -2...2), out = dense(x.shape, x.dtype, 0...1)
    let (forWeight, forBias) = (dense([columns], x.dtype, 0...1), dense([columns], x.dtype, 0...1))
    fast.layerNormGradient(
      g, x, columns: columns, mean: mean, scale: scale, weight: weight, into: out, forWeight: forWeight,
      forBias: forBias)
    let (vx, vg, vm, vs, vw) = (doubles(x), doubles(g), doubles(mean), doubles(scale), doubles(weight))
    var (dx, dw, db) = (vx, [Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
    for r in 0..<rows {
      let normal = (0..<columns).map { (vx[r * columns + $0] - vm[r]) * vs[r] }
      let slope = (0..<columns).map { vg[r * columns + $0] * vw[$0] }
      let shift = slope.reduce(0, +) / size, pull = zip(slope, normal).reduce(0) { $0 + $1.0 * $1.1 } / size
      for c in 0..<columns {
        dx[r * columns + c] = (slope[c] - shift - normal[c] * pull) * vs[r]
        dw[c] += vg[r * columns + c] * normal[c]
        db[c] += vg[r * columns + c]
      }
    }
    near("layer norm gradient", out, dx, 60, of: x)
    near("layer norm's weight", forWeight, dw, 60, of: x)
    near("layer norm's bias", forBias, db, 20, of: x)
  }

  /// A complaint where a number is further from what is wanted than so many roundings of it, and of 1.
  private mutating func near(_ what: String, _ got: Strided, _ want: [Double], _ roundings: Double, of x: Strided) {
    let unit = (x.dtype == .float32 ? 1e-6 : 1e-14) * roundings
    for (i, value) in doubles(got).enumerated() where !(abs(value - want[i]) <= unit * (1 + abs(want[i]))) {
      complaints.append("\(what) of \(x.shape.brackets) \(x.dtype.name): \(value), wanted \(want[i])")
      return
    }
  }
}
