import TorchBackend

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Random numbers: the device's own stream, equal on every device; or the processor's, copied.

/// What random.cl draws: the part of its macro's name behind DRAW_.
enum DrawProgram: String, CaseIterable {
  case uniform = "UNIFORM"
  case normal = "NORMAL"
  case exponential = "EXPONENTIAL"
  case bernoulli = "BERNOULLI"
  /// From 32 bits each, and from 64.
  case whole = "WHOLE"
  case longWhole = "LONG_WHOLE"
  /// Draws an order for what has equal keys.
  case shuffle = "SHUFFLE"

  var needsFloats: Bool { self == .uniform || self == .normal || self == .exponential }
}

/// The numbers of a draw, as `draw` of random.cl takes them.
private struct DrawNumbers {
  var a = 0.0, b = 0.0, c = 0.0
  var base: Int64 = 0, range: UInt64 = 1, mask: Int64 = -1
}

extension GPUBackend {
  package func random(_ draw: RandomDraw, from generator: inout MersenneTwister, into out: Strided) {
    let drawn = CPUBackend.shared.allocate(Layout(contiguous: out.shape), dtype: out.dtype)
    CPUBackend.shared.random(draw, from: &generator, into: drawn)
    upload(drawn, into: out)
  }

  package func random(_ draw: RandomDraw, from stream: inout PhiloxStream, into out: Strided) {
    if out.count == 0 { return }
    let dtype = out.dtype
    var numbers = DrawNumbers()
    switch draw {
    case .uniform(let from, let to):
      (numbers.a, numbers.b) = (dtype.held(from), dtype.held(to))
      numbers.c = dtype == .float64 ? to - from : dtype.held(Double(Float(numbers.b) - Float(numbers.a)))
      queue(.uniform, numbers, &stream, out)
    case .normal(let mean, let std), .normalOneByOne(let mean, let std):
      (numbers.a, numbers.b) = (mean, std)
      queue(.normal, numbers, &stream, out)
    case .exponential(let rate):
      // PyTorch's guard against a logarithm of 0.
      let step = dtype == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
      numbers.a = dtype == .float64 ? -1 / rate : Double(-1 / Float(rate))
      (numbers.b, numbers.c) = (-step / 2, 1 - step / 2)
      queue(.exponential, numbers, &stream, out)
    case .bernoulli(let p):
      numbers.a = p
      queue(.bernoulli, numbers, &stream, out)
    case .integers(let from, let to):
      numbers.base = from
      numbers.range = UInt64(bitPattern: to &- from)
      queue(numbers.isLong ? .longWhole : .whole, numbers, &stream, out)
    case .permutation: permute(&stream, into: out)
    }
  }

  private func queue(_ draw: DrawProgram, _ numbers: DrawNumbers, _ stream: inout PhiloxStream, _ out: Strided) {
    let dtype = out.dtype
    if draw.needsFloats && !dtype.isFloatingPoint {
      fault("random", "draws of real numbers need a floating point tensor, not \(dtype.name)")
    }
    let atOnce = draw == .longWhole ? 2 : draw == .whole ? 4 : dtype == .float64 ? 2 : 4
    let (threads, rounds) = PhiloxStream.threads(for: out.count, atOnce: atOnce)
    let place = stream.place(taking: 4 * rounds)
    var arguments = GPUArguments()
    for number in [out.count, threads, rounds] { arguments.add(Int64(number)) }
    arguments.add(Int64(bitPattern: stream.seed))
    arguments.add(Int64(bitPattern: place))
    for number in [numbers.a, numbers.b, numbers.c] {
      if dtype == .float64 { arguments.add(number) } else { arguments.add(Float(number)) }
    }
    arguments.add(numbers.base)
    arguments.add(Int64(bitPattern: numbers.range))
    arguments.add(numbers.mask)
    arguments.add(out)
    run(
      "draw", of: program("random", [("DRAW", "DRAW_\(draw.rawValue)")], x: dtype), count: threads * rounds, arguments)
  }

  /// Numbers in the order of random keys, as PyTorch makes permutations on CUDA.
  private func permute(_ stream: inout PhiloxStream, into out: Strided) {
    let n = out.count, layout = SharedLayout(Layout(contiguous: [n]))
    let keys = allocate(layout, dtype: .int64), sorted = allocate(layout, dtype: .int64)
    let places = out.dtype == .int64 ? out : allocate(layout, dtype: .int64)
    var numbers = DrawNumbers()
    let bits = Self.keyBits(n)
    numbers.range = bits <= 32 ? UInt64(UInt32.max) : .max
    numbers.mask = bits == 64 ? -1 : 1 << Int64(bits) - 1
    queue(.longWhole, numbers, &stream, keys)
    sort(keys, dim: 0, descending: false, values: sorted, indices: places)
    var arguments = GPUArguments()
    arguments.add(Int64(n))
    arguments.add(Int64(bitPattern: stream.seed))
    arguments.add(Int64(bitPattern: stream.place(taking: n)))
    arguments.add(sorted)
    arguments.add(places)
    run("shuffle_equals", of: program("random", [("DRAW", "DRAW_SHUFFLE")], x: .int64), count: n, arguments)
    if out.dtype != .int64 { copy(places, into: out) }
  }

  /// How many bits keys have for all of n to differ nine times out of ten.
  private static func keyBits(_ n: Int) -> Int {
    let n = Double(n)
    return Swift.min(Int(log2(n - (6 * n * n + 1) / (12 * log(0.9))).rounded(.up)), 64)
  }
}

extension DrawNumbers {
  /// Whether 32 bits would not spread evenly over the range.
  fileprivate var isLong: Bool { range >= 1 << 28 }
}

extension DType {
  /// What a number is in this type of floating point.
  fileprivate func held(_ number: Double) -> Double {
    self == .float64 ? number : Double(rounding(Float(number)))
  }
}
