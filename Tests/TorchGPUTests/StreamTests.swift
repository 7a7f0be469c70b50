import Testing
import TorchData
import TorchNN

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

private struct Planned: Error {}

/// Streams, events and pinned memory, for each kind of devices.
struct StreamCases<Kind: GPUModule> {
  static var device: Device { Device(Kind.kind, index: 0) }

  /// Work goes from stream to stream.
  static func workWaits() {
    forkRNG {
      manualSeed(61)
      let x = Tensor.randn(300, 200), y = Tensor.randn(200, 100)
      let side = Kind.Stream(), other = Kind.Stream(priority: -1), main = Kind.currentStream()
      #expect(main == Kind.defaultStream() && main.streamID == 0 && side != main && other.priority == -1)
      let p = x.to(device), q = y.to(device)
      side.waitStream(main)
      let product = Kind.stream(side) { () -> Tensor in
        #expect(Kind.currentStream() == side)
        Kind.stream(nil) { #expect(Kind.currentStream() == side) }
        return p.matmul(q)
      }
      p.recordStream(side)
      q.recordStream(side)
      let event = side.recordEvent()
      other.waitEvent(event)
      let sum = Kind.stream(other) { product.sum(dim: 0) }
      product.recordStream(other)
      main.waitStream(other)
      sum.recordStream(main)
      let twice = sum * 2
      #expect(twice.cpu().allclose(x.matmul(y).sum(dim: 0) * 2, rtol: 1e-4, atol: 1e-3))
      #expect(Kind.currentStream() == main)
      event.synchronize()
      other.synchronize()
      #expect(event.query() && other.query())
      // Who asks again and again gets to the end.
      while !side.query() {}
    }
  }

  static func scopesPassOnErrors() {
    let side = Kind.Stream()
    #expect(throws: Planned.self) { try Kind.stream(side) { throw Planned() } }
    #expect(Kind.currentStream() == Kind.defaultStream())
  }

  static func eventsTellTimes() {
    let begin = Kind.Event(enableTiming: true), end = Kind.Event(enableTiming: true)
    #expect(begin.query())
    begin.synchronize()
    begin.wait()
    let x = Tensor.ones(100, 100).to(device)
    begin.record()
    let y = x.matmul(x)
    end.record()
    end.synchronize()
    #expect(begin.query() && end.query())
    let time = begin.elapsedTime(end)
    #expect(time >= 0 && time < 600_000)
    #expect(y.cpu().equal(Tensor.full([100, 100], 100.0)))
  }

  /// The pool goes round.
  static func poolIsFinite() {
    let streams = (0..<64).map { _ in Kind.Stream() }
    #expect(Set(streams).count == 32)
    #expect(streams[0] == streams[32])
  }

  /// Memory of a stream serves that stream again, and no other.
  static func memoryStaysWithItsStream() {
    let side = Kind.Stream(), size = 3_333_333
    let values = (0..<6).map { round -> Tensor in
      let here = Tensor.full([size], 1.0, device: device),
        there = Kind.stream(side) { Tensor.full([size], 2.0, device: device) }
      let sums = (here.sum(), Kind.stream(side) { there.sum() })
      side.synchronize()
      return sums.0.cpu() + sums.1.cpu() + Double(round) * 0
    }
    #expect(values.allSatisfy { $0.item() == 3 * Double(size) })
  }

  static func pinnedMemory() {
    forkRNG {
      manualSeed(62)
      for dtype in [DType.float32, .int64, .bool, .bfloat16] {
        let x = (Tensor.randn(3, 4, 5, 6) * 3).to(dtype)
        #expect(!x.isPinned)
        let pinned = x.pinMemory(Kind.kind)
        #expect(pinned.isPinned && pinned.equal(x) && pinned.device == .cpu && pinned.pinMemory(Kind.kind) === pinned)
        for source in [pinned, pinned.transpose(0, 2), pinned[1...], pinned[0..., 0..., .slice(0, 5, step: 2)]] {
          let there = source.to(device, nonBlocking: true)
          let back = there.to(.cpu, nonBlocking: true)
          #expect(back.isPinned && back.stride() == there.stride())
          Kind.synchronize()
          #expect(back.equal(source) && there.cpu().equal(source))
        }
        #expect(pinned.to(device, .float64, nonBlocking: true).cpu().equal(x.to(.float64)))
        let target = Tensor.zeros(3, 4, 5, 6, dtype: dtype, device: device)
        target.copy_(pinned, nonBlocking: true)
        #expect(target.cpu().equal(x))
      }
      let leaf = Tensor.ones(3).requiresGrad_()
      (leaf.pinMemory(Kind.kind) * 2).sum().backward()
      #expect(leaf.grad!.equal(Tensor.full([3], 2.0)))
      #expect(Tensor.zeros(0, 3).pinMemory(Kind.kind).isPinned)
    }
  }
}

@Suite(.serialized, .needsOpenCL) struct OpenCLStreamTests {
  @Test func workWaits() { StreamCases<OpenCL>.workWaits() }
  @Test func scopesPassOnErrors() { StreamCases<OpenCL>.scopesPassOnErrors() }
  @Test func eventsTellTimes() { StreamCases<OpenCL>.eventsTellTimes() }
  @Test func poolIsFinite() { StreamCases<OpenCL>.poolIsFinite() }
  @Test func memoryStaysWithItsStream() { StreamCases<OpenCL>.memoryStaysWithItsStream() }
  @Test func pinnedMemory() { StreamCases<OpenCL>.pinnedMemory() }

  @Test func loadersPin() {
    struct Pairs: Dataset {
      var count: Int { 10 }
      subscript(index: Int) -> (Tensor, Int) { (Tensor.full([2000], Double(index)), index) }
    }
    for workers in [0, 2] {
      let loader = DataLoader(Pairs(), batchSize: 4, numWorkers: workers, pinMemory: true)
      var seen = 0
      for (x, y) in loader {
        #expect(x.isPinned && y.isPinned)
        #expect(x.to(.opencl, nonBlocking: true).cpu().select(dim: 1, index: 0).equal(y.to(.float32)))
        seen += y.numel()
      }
      #expect(seen == 10)
      let own = DataLoader(Pairs(), batchSize: 4, numWorkers: workers, pinMemory: true) { samples in
        ["x": Tensor.stack(samples.map(\.0))]
      }
      #expect(own.allSatisfy { $0["x"]!.isPinned })
    }
  }

  @Test func wrongQuestions() async {
    for (number, words) in [
      (0, "both events must be created with enableTiming: true"), (1, "both events must be recorded"),
      (2, "only the processor's memory can be pinned"),
      (3, "the tensor lives on cpu and the stream belongs to opencl:0"),
      (4, "opencl:99 is not available"),
    ] {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        [number = number as Int] in
        let event = OpenCL.Event(), timed = OpenCL.Event(enableTiming: true)
        switch number {
        case 0: _ = event.elapsedTime(timed)
        case 1: _ = timed.elapsedTime(timed)
        case 2: _ = Tensor.ones(2, device: .opencl).pinMemory()
        case 3: Tensor.ones(2).recordStream(OpenCL.currentStream())
        default: OpenCL.setDevice(99)
        }
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(words), "\(text.suffix(400))")
    }
  }
}

@Suite(.serialized, .enabled(if: CUDA.isAvailable, "CUDA has no device here"))
struct CUDAStreamTests {
  @Test func workWaits() { StreamCases<CUDA>.workWaits() }
  @Test func scopesPassOnErrors() { StreamCases<CUDA>.scopesPassOnErrors() }
  @Test func eventsTellTimes() { StreamCases<CUDA>.eventsTellTimes() }
  @Test func poolIsFinite() { StreamCases<CUDA>.poolIsFinite() }
  @Test func pinnedMemory() { StreamCases<CUDA>.pinnedMemory() }
}

/// Where there is no device.
@Suite struct NoDeviceTests {
  @Test func pinningWantsADevice() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      setenv("TORCH_CUDA_LIBRARY", "libcuda-that-is-not-here.so", 1)
      if Tensor.ones(2).isPinned { exit(0) }
      _ = Tensor.ones(2).pinMemory(.cuda)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains("there is no device to pin memory for: libcuda-that-is-not-here.so was not found"),
      "\(text.suffix(400))")
  }
}
