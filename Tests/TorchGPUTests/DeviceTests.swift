import Testing
import TorchNN
import TorchOptim

/// Where OpenCL finds no device these suites are skipped: `./check` says so.
extension Trait where Self == ConditionTrait {
  static var needsOpenCL: Self { .enabled(if: OpenCL.isAvailable, "OpenCL finds no device here") }
}

/// A tensor of standard normal numbers that depend on the seed alone.
func normal(_ shape: [Int], seed: UInt64 = 1, dtype: DType = .float32) -> Tensor {
  forkRNG {
    manualSeed(Int(seed))
    return Tensor.randn(shape).to(dtype)
  }
}

@Suite(.needsOpenCL) struct DeviceTests {
  @Test func tensorsGoAndComeBack() {
    for dtype in DType.allCases {
      let x = (normal([3, 4, 5]) * 10).to(dtype)
      let there = x.to(.opencl)
      #expect(there.device == .opencl(0))
      #expect(there.cpu().equal(x))
      // Views of it, too.
      #expect(there.transpose(0, 2)[1...].cpu().equal(x.transpose(0, 2)[1...]))
    }
    #expect(Tensor.zeros([0, 3], device: .opencl).cpu().shape == [0, 3])
  }

  @Test func writesIntoViewsStayThere() {
    let x = Tensor.zeros([4, 6], device: .opencl)
    x[1..<3, 2...] = Tensor([1.0, 2, 3, 4])
    x[0..., 0].fill_(7)
    let same = Tensor.zeros([4, 6])
    same[1..<3, 2...] = Tensor([1.0, 2, 3, 4])
    same[0..., 0].fill_(7)
    #expect(x.cpu().equal(same))
    #expect("\(x)".contains("device='opencl:0'"))
  }

  @Test func questionsAreAnswered() {
    #expect(OpenCL.deviceCount > 0)
    #expect(OpenCL.unavailableReason == nil)
    #expect(!OpenCL.getDeviceName().isEmpty && OpenCL.deviceName(0) == OpenCL.getDeviceName(0))
    let facts = OpenCL.getDeviceProperties()
    #expect(OpenCL.deviceProperties(0).name == facts.name)
    #expect(facts.totalBytes > 0 && facts.computeUnits > 0)
    OpenCL.synchronize()
  }

  @Test func memoryIsCounted() {
    let before = OpenCL.memoryAllocated()
    do {
      let x = Tensor.zeros([1 << 20], device: .opencl)
      #expect(OpenCL.memoryAllocated() >= before + 4 << 20)
      #expect(OpenCL.maxMemoryAllocated() >= OpenCL.memoryAllocated())
      #expect(OpenCL.memoryReserved() >= OpenCL.memoryAllocated())
      #expect(x.numel() == 1 << 20)
    }
    let kept = OpenCL.memoryReserved()
    OpenCL.emptyCache()
    #expect(OpenCL.memoryReserved() < kept)
  }
}

@Suite(.needsOpenCL) struct PointwiseTests {
  /// The op on the device and on the processor, values and gradients.
  private func compare(
    _ dtype: DType, _ shapes: [[Int]], _ op: ([Tensor]) -> Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var here: [Tensor] = [], there: [Tensor] = []
    for (i, shape) in shapes.enumerated() {
      let x = normal(shape, seed: UInt64(i + 3)).to(dtype)
      here.append(x.clone())
      there.append(x.to(.opencl))
    }
    if dtype.isFloatingPoint { for x in here + there { x.requiresGrad = true } }
    let wanted = op(here), got = op(there)
    let tolerance = dtype == .float64 ? 1e-12 : dtype == .float32 ? 2e-6 : 1e-2
    #expect(
      got.cpu().allclose(wanted, rtol: tolerance, atol: tolerance, equalNan: true), sourceLocation: sourceLocation)
    guard dtype.isFloatingPoint, wanted.requiresGrad else { return }
    wanted.sum().backward()
    got.sum().backward()
    for (x, y) in zip(here, there) {
      #expect(
        y.grad!.cpu().allclose(x.grad!, rtol: 10 * tolerance, atol: 10 * tolerance, equalNan: true),
        sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [DType.float32, .float64, .float16, .bfloat16]) func functions(_ dtype: DType) {
    compare(dtype, [[7, 33]]) { $0[0].exp() }
    compare(dtype, [[7, 33]]) { $0[0].tanh() }
    compare(dtype, [[7, 33]]) { F.gelu($0[0]) }
    compare(dtype, [[7, 33]]) { F.silu($0[0]) }
    compare(dtype, [[5, 4, 3]]) { $0[0].transpose(0, 2).sigmoid() }
    compare(dtype, [[300]]) { $0[0][(-7)...].abs().sqrt() }
    compare(dtype, [[4, 1, 3], [5, 1]]) { $0[0] * $0[1] + 2 }
    compare(dtype, [[4, 3], [3]]) { $0[0] / ($0[1].abs() + 1) }
    compare(dtype, [[6, 6], [6, 6]]) { Tensor.where($0[0] .> $0[1], $0[0], $0[1].t()) }
  }

  @Test(arguments: [DType.int64, .int32, .int16, .int8, .uint8]) func wholeNumbers(_ dtype: DType) {
    let x = Tensor([7, 3, 100, 20, 5, 0], dtype: dtype), y = Tensor([2, 5, 7, 3, 100, 9], dtype: dtype)
    let p = x.to(.opencl), q = y.to(.opencl)
    #expect((p + q).cpu().equal(x + y))
    #expect((p * q * q).cpu().equal(x * y * y))
    #expect(p.floorDivide(q).cpu().equal(x.floorDivide(y)))
    #expect(p.remainder(q).cpu().equal(x.remainder(y)))
    #expect((p .> q).cpu().equal(x .> y))
    #expect(p.pow(3).cpu().equal(x.pow(3)))
  }

  @Test func sums() {
    for dtype in [DType.float32, .float64, .bfloat16, .int64] {
      let x = (normal([13, 40, 70]) * 4).to(dtype), y = x.to(.opencl)
      #expect(y.sum().cpu().allclose(x.sum(), rtol: 1e-2, atol: 1e-3))
      #expect(y.sum(dim: 1).cpu().allclose(x.sum(dim: 1), rtol: 1e-2, atol: 1e-3))
      #expect(
        y.sum(dim: [0, 2], keepdim: true).cpu().allclose(x.sum(dim: [0, 2], keepdim: true), rtol: 1e-2, atol: 1e-3))
      #expect(y.amax(dim: 2).cpu().equal(x.amax(dim: 2)))
      #expect(y.transpose(0, 1).amin(dim: 0).cpu().equal(x.transpose(0, 1).amin(dim: 0)))
    }
    // In double, however many there are: by a group for each row, and by a thread.
    for shape in [[3, 100_000], [3000, 200]] {
      let x = normal(shape)
      #expect(x.to(.opencl).sum(dim: 1).cpu().allclose(x.double().sum(dim: 1).float(), rtol: 1.2e-7, atol: 0))
    }
    let flags = normal([50, 60]) .> 3
    #expect(flags.to(.opencl).any(dim: 1).cpu().equal(flags.any(dim: 1)))
    #expect(Tensor.zeros([0, 4], device: .opencl).sum(dim: 0).cpu().equal(Tensor.zeros([4])))
  }
}
