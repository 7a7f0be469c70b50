import Testing
import TorchNN

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct PhiloxTests {
  /// The known answers of the authors' own library, Random123.
  @Test func knownAnswers() {
    #expect(PhiloxOracle.block([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    let ones = UInt32.max
    #expect(
      PhiloxOracle.block([ones, ones, ones, ones], [ones, ones]) == [
        0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd,
      ])
    #expect(
      PhiloxOracle.block([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }
}

/// Random numbers of devices, by PyTorch's way on CUDA.
@Suite(.needsOpenCL) struct RandomTests {
  static let device = Device(.opencl)
  static let floats: [DType] = [.float32, .float64, .float16, .bfloat16]

  private func generator(_ seed: UInt64, words: UInt64 = 0) throws -> Generator {
    let generator = Generator(device: Self.device)
    let bytes = [seed, words].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    try generator.setState(Tensor(bytes))
    return generator
  }

  /// Numbers that people have printed of PyTorch on CUDA and published. They were not made by this project, which has no card.
  @Test func publishedNumbers() {
    func near(_ x: Tensor, _ wanted: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(
        x.cpu().to(.float64).allclose(Tensor(wanted, dtype: .float64), rtol: 0, atol: 6e-5), "\(x)",
        sourceLocation: sourceLocation)
    }
    forkRNG {
      manualSeed(0)
      near(
        .rand(10, device: Self.device),
        [0.3990, 0.5167, 0.0249, 0.9401, 0.9459, 0.7967, 0.4150, 0.8203, 0.2290, 0.9096])
      near(
        .rand(10, device: Self.device),
        [0.9722, 0.7910, 0.4690, 0.3300, 0.3345, 0.3783, 0.7640, 0.6405, 0.1103, 0.3594])
      manualSeed(0)
      near(
        .randn(16, device: Self.device),
        [
          -0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284, -1.0745, -0.3631, -1.6711, 2.2655,
          0.3117,
          -0.1842, 1.2866, 1.1820,
        ])
      manualSeed(10)
      near(.randn(3, device: Self.device), [-0.1029, 1.6810, -0.2708])
    }
  }

  // Fewer elements than a group, one more, more than all threads at one number each, and more than they make in a round.
  @Test(arguments: [1, 255, 257, 1000, 221_185, 500_000, 900_001]) func bitsAreThoseOfTheStream(_ count: Int) throws {
    for (seed, words) in [(0, 0), (1 << 63 + 77, 8), (12345, UInt64.max - 3)] as [(UInt64, UInt64)] {
      var oracle = PhiloxOracle(seed: seed, offset: words)
      let generator = try generator(seed, words: words)
      let long = Tensor.randint(.min, .max, [count], generator: generator, device: Self.device)
      #expect(long.cpu().array(Int64.self) == oracle.integers(count, from: .min, to: .max))
      let short = Tensor.randint(-5, 1000, [count], generator: generator, dtype: .int32, device: Self.device)
      #expect(short.cpu().array(Int32.self).map(Int64.init) == oracle.integers(count, from: -5, to: 1000))
      let unit = Tensor.rand([count], generator: generator, device: Self.device)
      #expect(unit.cpu().array(Float.self) == oracle.units(count).map { $0 == 1 ? 0 : $0 })
      let wide = Tensor.rand([count], generator: generator, dtype: .float64, device: Self.device)
      #expect(wide.cpu().array(Double.self) == oracle.wideUnits(count).map { $0 == 1 ? 0 : $0 })
      #expect(try place(of: generator) == oracle.offset)
    }
  }

  private func place(of generator: Generator) throws -> UInt64 {
    let bytes = generator.getState().array(UInt8.self)
    #expect(bytes.count == 16)
    return (0..<8).reduce(0) { $0 | UInt64(bytes[8 + $1]) << UInt64(8 * $1) }
  }

  @Test func normalsAreNearDouble() throws {
    for seed in [0, 3, 1 << 40] as [UInt64] {
      var oracle = PhiloxOracle(seed: seed)
      let generator = try generator(seed)
      for count in [7, 700_000] {
        let x = Tensor.randn([count], generator: generator, device: Self.device).cpu().array(Float.self)
        let wanted = oracle.normals(count)
        #expect(zip(x, wanted).allSatisfy { abs(Double($0) - $1) <= 2e-6 })
        let y = Tensor.randn([count], generator: generator, dtype: .float64, device: Self.device).cpu()
        let wide = oracle.wideNormals(count)
        #expect(zip(y.array(Double.self), wide).allSatisfy { abs($0 - $1) <= 4e-15 * max(abs($1), 1) })
        #expect(try place(of: generator) == oracle.offset)
      }
    }
  }

  @Test(arguments: floats) func distributions(_ dtype: DType) throws {
    let generator = try generator(99), n = 400_000
    func moments(_ x: Tensor) -> (mean: Double, variance: Double) {
      let x = x.cpu().to(.float64), mean: Double = x.mean().item()
      return (mean, (x - mean).square().mean().item())
    }
    func empty() -> Tensor { .empty([n], dtype: dtype, device: Self.device) }
    let slack = 0.01
    let unit = empty().uniform_(from: -1, to: 3, generator: generator)
    let (middle, width) = moments(unit)
    #expect(abs(middle - 1) < slack && abs(width - 16.0 / 12) < 2 * slack)
    #expect((unit .>= -1).all().item() as Bool && (unit .< 3).all().item() as Bool)
    let (mean, variance) = moments(empty().normal_(mean: 2, std: 0.5, generator: generator))
    #expect(abs(mean - 2) < slack && abs(variance - 0.25) < slack)
    let exponential = empty().exponential_(lambd: 2, generator: generator)
    let (rate, spread) = moments(exponential)
    #expect(abs(rate - 0.5) < slack && abs(spread - 0.25) < slack)
    #expect((exponential .> 0).all().item() as Bool)
    let share: Double = (empty().bernoulli_(p: 0.3, generator: generator).cpu().to(.float64)).mean().item()
    #expect(abs(share - 0.3) < 0.005)
    let whole = empty().random_(-3, 5, generator: generator).cpu().to(.float64)
    #expect(whole.min().item() as Double == -3 && whole.max().item() as Double == 4)
    #expect(abs(whole.mean().item() - 0.5 as Double) < 2 * slack)
  }

  @Test(arguments: [DType.uint8, .int8, .int16, .int32, .int64, .bool]) func wholeDTypes(_ dtype: DType) throws {
    let generator = try generator(5), high = dtype == .bool ? 2 : 100
    let x = Tensor.empty([5000], dtype: dtype, device: Self.device).random_(0, high, generator: generator)
    var oracle = PhiloxOracle(seed: 5)
    #expect(x.cpu().to(.int64).array(Int64.self) == oracle.integers(5000, from: 0, to: Int64(high)))
    let coins = x.bernoulli_(p: 0.75, generator: generator).cpu().to(.int64).array(Int64.self)
    #expect(coins == oracle.units(5000).map { $0 < 0.75 ? 1 : 0 })
  }

  @Test func permutations() throws {
    // Equal keys come up for one seed in ten; the last size has keys of more than 32 bits.
    for seed in 0..<60 as Range<UInt64> {
      var oracle = PhiloxOracle(seed: seed)
      let generator = try generator(seed)
      for n in [10, 1, 2, 300] {
        let drawn = Tensor.randperm(n, generator: generator, device: Self.device).cpu().array(Int64.self)
        #expect(drawn == oracle.permutation(n), "seed \(seed), \(n)")
      }
    }
    let large = Tensor.randperm(40_000, generator: try generator(1), dtype: .int32, device: Self.device).cpu()
    var oracle = PhiloxOracle(seed: 1)
    #expect(large.array(Int32.self).map(Int64.init) == oracle.permutation(40_000))
    #expect(Tensor.randperm(0, device: Self.device).shape == [0])
  }

  @Test func stridesAreFilledInTheOrderOfMemory() throws {
    let x = Tensor.zeros([4, 6], device: Self.device).t()
    x.normal_(generator: try generator(8))
    #expect(x.t().cpu().equal(Tensor.randn(4, 6, generator: try generator(8), device: Self.device).cpu()))
    let holes = Tensor.zeros([5, 8], device: Self.device)
    holes[0..., ..<3].uniform_(generator: try generator(8))
    let drawn = Tensor.rand(5, 3, generator: try generator(8), device: Self.device)
    #expect(holes[0..., ..<3].cpu().equal(drawn.cpu()) && holes[0..., 3...].cpu().equal(.zeros(5, 5)))
  }

  @Test func defaultGenerators() throws {
    try forkRNG {
      manualSeed(42)
      let first = Tensor.rand(5, device: Self.device).cpu()
      #expect(OpenCL.initialSeed() == 42)
      let state = OpenCL.getRNGState()
      let next = Tensor.rand(5, device: Self.device).cpu()
      try OpenCL.setRNGState(state)
      #expect(Tensor.rand(5, device: Self.device).cpu().equal(next))
      // The processor's stream and the device's do not touch.
      let here = getRNGState()
      _ = Tensor.randn(100, device: Self.device)
      #expect(getRNGState().equal(here))
      OpenCL.manualSeed(42)
      #expect(Tensor.rand(5, device: Self.device).cpu().equal(first))
      #expect(getRNGState().equal(here))
      OpenCL.manualSeedAll(7)
      #expect(OpenCL.initialSeed() == 7 && OpenCL.getRNGStateAll().count == OpenCL.deviceCount)
      #expect(OpenCL.seed() == OpenCL.initialSeed())
      // Inside of a fork the streams go on, outside they stay.
      let outside = OpenCL.getRNGState()
      let inside = forkRNG { Tensor.rand(3, device: Self.device).cpu() }
      #expect(OpenCL.getRNGState().equal(outside))
      #expect(Tensor.rand(3, device: Self.device).cpu().equal(inside))
      #expect(throws: (any Error).self) { try OpenCL.setRNGState(Tensor([1, 2, 3], dtype: .uint8)) }
      #expect(throws: (any Error).self) {
        try OpenCL.setRNGState(Tensor(Array(repeating: 1, count: 16), dtype: .uint8))
      }
    }
  }

  @Test func wrongGenerator() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.rand(3, generator: Generator(seed: 1), device: .opencl)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("wants a generator of that kind, got one of cpu"), "\(text.suffix(300))")
  }

  /// The option is the whole process's: in a process of its own.
  @Test func processorsNumbersWhereWanted() async {
    await #expect(processExitsWith: .success) {
      backends.gpu.drawsOnCPU = true
      func run(_ device: Device) -> [Tensor] {
        manualSeed(3)
        let x = Tensor.randn(20, 30, device: device).requiresGrad_()
        let y = F.dropout(x * 2, p: 0.4)
        y.sum().backward()
        let order = Tensor.randperm(50, device: device),
          given = Tensor.rand(4, generator: Generator(seed: 9), device: device)
        return [y, x.grad!, order, given].map { $0.detach().cpu() }
      }
      if !zip(run(.opencl), run(.cpu)).allSatisfy({ $0.equal($1) }) { exit(1) }
    }
  }

  @Test func dropout() {
    forkRNG {
      manualSeed(4)
      let x = Tensor.ones([300, 200], device: Self.device).requiresGrad_()
      let y = F.dropout(x, p: 0.25)
      y.sum().backward()
      let kept = y.detach().cpu()
      let share: Double = (kept .> 0).to(.float64).mean().item()
      #expect(abs(share - 0.75) < 0.01)
      #expect((((kept - 4.0 / 3).abs() .< 1e-6) | (kept .== 0)).all().item() as Bool)
      #expect(x.grad!.cpu().equal(kept))
    }
  }
}

/// The same bits by both drivers.
@Suite(.enabled(if: CUDA.isAvailable && OpenCL.isAvailable, "both CUDA and OpenCL are wanted"))
struct RandomCUDATests {
  @Test func bothDriversDrawAlike() {
    func draws(_ device: Device, _ dtype: DType) -> [Tensor] {
      let generator = Generator(device: device, seed: 31)
      func empty() -> Tensor { .empty([3000], dtype: dtype, device: device) }
      return [
        empty().uniform_(from: -2, to: 5, generator: generator), empty().normal_(generator: generator),
        empty().exponential_(generator: generator), empty().bernoulli_(p: 0.4, generator: generator),
        empty().random_(0, 50, generator: generator),
      ].map { $0.cpu() }
    }
    for dtype in RandomTests.floats {
      for (index, (x, y)) in zip(draws(.cuda, dtype), draws(.opencl, dtype)).enumerated() {
        #expect(x.equal(y), "\(dtype), draw \(index)")
      }
    }
    // Other devices of the kind have streams of their own, seeded with all.
    forkRNG {
      manualSeed(6)
      // Devices in the middle are other tests' to ruin.
      let last = CUDA.deviceCount - 1
      #expect(Tensor.rand(5, device: .cuda(last)).cpu().equal(Tensor.rand(5, device: .cuda(0)).cpu()))
      CUDA.manualSeed(7, last)
      #expect(CUDA.initialSeed(last) == 7 && (last == 0 || CUDA.initialSeed() == 6))
    }
    let shuffled = [Device.cuda, .opencl].map { device in
      Tensor.randperm(700, generator: Generator(device: device, seed: 2), device: device).cpu()
    }
    #expect(shuffled[0].equal(shuffled[1]))
  }
}
