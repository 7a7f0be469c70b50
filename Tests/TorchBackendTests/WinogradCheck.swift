import TorchBackend

/// The sizes of a convolution with a kernel of 3 x 3.
struct TileCase {
  var batch: Int, inputs: Int, outputs: Int, height: Int, width: Int
  var padding: [Int], paddingEnd: [Int]
  /// Whether input and output lie channels last.
  var order: [Bool]
  var isInference = false

  var spec: ConvolutionSpec {
    var spec = ConvolutionSpec(
      stride: [1, 1], padding: padding, paddingEnd: paddingEnd, dilation: [1, 1], groups: 1)
    spec.isInference = isInference
    return spec
  }
  var outHeight: Int { height + padding[0] + paddingEnd[0] - 2 }
  var outWidth: Int { width + padding[1] + paddingEnd[1] - 2 }

  func layout(_ channels: Int, _ height: Int, _ width: Int, last: Bool) -> Layout {
    let shape: Shape = [batch, channels, height, width]
    return last ? Layout(shape: shape, strides: Layout.channelsLastStrides(shape)) : Layout(contiguous: shape)
  }
  var inputLayout: Layout { layout(inputs, height, width, last: order[0]) }
  var outputLayout: Layout { layout(outputs, outHeight, outWidth, last: order[1]) }
}

/// How far a result is from the sums in double precision.
struct TileError: CustomStringConvertible {
  let name: String
  var most = 0.0, rms = 0.0

  var description: String { "most \(most), rms \(rms)" }
}

/// Operands of a convolution, what comes of them, and what ought to.
struct TileData {
  var sizes: TileCase
  let input: Strided, weight: Strided, bias: Strided, slopes: Strided

  /// - Parameter like: weights that keep the results as large as the inputs.
  init(_ sizes: TileCase, _ draws: inout Draws, positive: Bool = false, like: Bool = false) {
    self.sizes = sizes
    let scale = like ? 1 / Double(9 * sizes.inputs).squareRoot() : 1
    input = Self.tensor(sizes.inputLayout) { Swift.max(draws.normal(), positive ? 0 : -100) }
    weight = Self.tensor(Layout(contiguous: [sizes.outputs, sizes.inputs, 3, 3])) { scale * draws.normal() }
    bias = Self.tensor(Layout(contiguous: [sizes.outputs])) { draws.normal() }
    slopes = Self.tensor(sizes.outputLayout) { draws.normal() }
  }

  private static func tensor(_ layout: Layout, _ number: () -> Double) -> Strided {
    let made = empty(layout)
    let p = made.pointer.assumingMemoryBound(to: Float.self)
    for i in 0..<made.count { p[i] = Float(number()) }
    return made
  }

  private static func empty(_ layout: Layout) -> Strided {
    let count = layout.shape.elementCount
    let made = Strided(storage: CPUBackend.shared.allocate(byteCount: count * 4), layout: layout, dtype: .float32)
    // What nobody writes is seen.
    let p = made.pointer.assumingMemoryBound(to: Float.self)
    for i in 0..<count { p[i] = .nan }
    return made
  }

  func clearBias() { CPUBackend.shared.fill(bias, with: .int(0)) }

  static let names = ["forward", "input gradient", "weight gradient", "bias gradient"]

  /// The forward result and the three gradients, in memory order.
  func results(_ backend: CPUBackend) -> [[Float]] {
    let out = Self.empty(sizes.outputLayout), forInput = Self.empty(sizes.inputLayout)
    let forWeight = Self.empty(weight.layout), forBias = Self.empty(bias.layout)
    backend.convolution(sizes.spec, input, weight: weight, bias: bias, into: out)
    backend.convolutionInputGradient(sizes.spec, slopes, weight: weight, into: forInput)
    backend.convolutionWeightGradient(sizes.spec, input, slopes, into: forWeight, bias: forBias)
    return [out, forInput, forWeight, forBias].map {
      Array(UnsafeBufferPointer(start: $0.pointer.assumingMemoryBound(to: Float.self), count: $0.count))
    }
  }

  func errors(_ backend: CPUBackend, _ exact: [[Double]]) -> [TileError] {
    zip(Self.names, zip(results(backend), exact)).map { name, pair in
      var error = TileError(name: name)
      for (x, y) in zip(pair.0, pair.1) {
        let off = abs(Double(x) - y)
        // Also where one of them is no number.
        if !(off <= error.most) { error.most = off }
        error.rms += off * off
      }
      error.rms = (error.rms / Double(pair.1.count)).squareRoot()
      return error
    }
  }

  /// The same as `results`, by sums in double precision over whole rows.
  func exact() -> [[Double]] {
    let s = sizes
    let (x, w, g, b) = (rows(input), numbers(weight), rows(slopes), numbers(bias))
    let inside = s.height * s.width, outside = s.outHeight * s.outWidth
    var out = [Double](repeating: 0, count: s.batch * s.outputs * outside)
    var forInput = [Double](repeating: 0, count: s.batch * s.inputs * inside)
    var forWeight = [Double](repeating: 0, count: w.count), forBias = [Double](repeating: 0, count: s.outputs)
    for n in 0..<s.batch {
      for k in 0..<s.outputs {
        let outBase = (n * s.outputs + k) * outside
        for i in 0..<outside {
          out[outBase + i] = b[k]
          forBias[k] += g[outBase + i]
        }
        for c in 0..<s.inputs {
          let inBase = (n * s.inputs + c) * inside
          for tap in 0..<9 {
            let place = (k * s.inputs + c) * 9 + tap, factor = w[place]
            let down = tap / 3 - s.padding[0], right = tap % 3 - s.padding[1]
            let first = Swift.max(0, -right), end = Swift.min(s.outWidth, s.width - right)
            if first >= end { continue }
            var sum = 0.0
            for y in Swift.max(0, -down)..<Swift.max(Swift.min(s.outHeight, s.height - down), Swift.max(0, -down)) {
              let from = inBase + (y + down) * s.width + right, to = outBase + y * s.outWidth
              for i in first..<end {
                out[to + i] += factor * x[from + i]
                forInput[from + i] += factor * g[to + i]
                sum += x[from + i] * g[to + i]
              }
            }
            forWeight[place] += sum
          }
        }
      }
    }
    return [
      inOrder(out, s.outputLayout), inOrder(forInput, s.inputLayout), forWeight, forBias,
    ]
  }

  private func numbers(_ x: Strided) -> [Double] {
    (0..<x.count).map { Double(x.pointer.assumingMemoryBound(to: Float.self)[$0]) }
  }

  /// The numbers of a picture row by row.
  private func rows(_ x: Strided) -> [Double] {
    let all = numbers(x)
    return places(x.layout).map { all[$0] }
  }

  private func inOrder(_ rows: [Double], _ layout: Layout) -> [Double] {
    var all = rows
    for (place, value) in zip(places(layout), rows) { all[place] = value }
    return all
  }

  /// Where the elements lie, in row-major order.
  private func places(_ layout: Layout) -> [Int] {
    let (shape, strides) = (layout.shape, layout.strides)
    var places: [Int] = []
    for n in 0..<shape[0] {
      for c in 0..<shape[1] {
        for y in 0..<shape[2] {
          for x in 0..<shape[3] { places.append(n * strides[0] + c * strides[1] + y * strides[2] + x * strides[3]) }
        }
      }
    }
    return places
  }
}

extension Draws {
  /// Nearly normal: the sum of twelve even draws.
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + real(0...1) } }
}

/// Both sizes of tiles over random sizes, paddings and orders.
struct WinogradCheck {
  let seed: UInt64

  func run() -> [String] {
    var draws = Draws(seed)
    var complaints: [String] = []
    for _ in 0..<rounds(80) {
      func padding() -> [Int] { [draws.below(3), draws.below(3)] }
      let sizes = TileCase(
        batch: 1 + draws.below(5), inputs: 1 + draws.below(40), outputs: 1 + draws.below(70),
        height: 1 + draws.below(18), width: 1 + draws.below(18), padding: padding(), paddingEnd: padding(),
        order: [draws.below(2) == 0, draws.below(2) == 0])
      if sizes.outHeight < 1 || sizes.outWidth < 1 { continue }
      let data = TileData(sizes, &draws, like: true)
      let exact = data.exact()
      for tile in [2, 4] {
        for error in data.errors(CPUBackend(winogradTile: tile), exact) {
          // Gradients of weights are sums over all places.
          let sums =
            error.name.hasPrefix("input") || error.name == "forward"
            ? 1 : sizes.batch * sizes.outHeight * sizes.outWidth
          if !(error.most <= 2e-5 * Double(sums).squareRoot()) {
            complaints.append("tiles of \(tile), \(sizes), \(error.name): \(error)")
          }
        }
      }
    }
    return complaints
  }
}
