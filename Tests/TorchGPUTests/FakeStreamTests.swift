import CTorchGPU
import Testing
import Torch
import TorchNN

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Faults that are planted between streams, in pinned memory and in calls of cuBLAS: the fake of CUDA must catch each. A fault ends its
/// device, so each test has a process of its own.
@Suite(.enabled(if: FakeDevice.isThere, "the fake of CUDA's driver is not there; ./check builds it"))
struct FakeStreamTests {
  private static let count = 1000

  private static func negate(_ device: FakeDevice, _ x: cu_address, _ out: cu_address, on stream: cu_object) throws {
    let text = FakeDevice.text(
      "pointwise", [("RESULT", "UNARY_neg"), ("OPERANDS", "1"), ("CHECKS_DIVISOR", "0"), ("X", "f32"), ("O", "f32")])
    let launched = try device.launch(
      text, "pointwise_row", [[Int64(count)], [0], [0], [Int64(bitPattern: x)], [0], [Int64(bitPattern: out)], [0]],
      on: stream)
    #expect(launched == 0)
  }

  /// Two streams negate one after the other, and wait or do not.
  private static func negatedTwice(_ device: FakeDevice, waits: Bool) throws -> (code: cu_result, numbers: [Float]) {
    let x = try device.block([Float](repeating: 1, count: count)), y = try device.block(count: count)
    let z = try device.block(count: count), side = try device.newStream()
    try negate(device, x, y, on: side)
    if waits { device.wait(device.stream, for: side) }
    try negate(device, y, z, on: device.stream)
    let code = device.waitForAll()
    return (code, code == 0 ? try device.read(z, count) : [])
  }

  @Test func streamsThatWaitGiveTheNumbers() async {
    await #expect(processExitsWith: .success) {
      let (code, numbers) = try Self.negatedTwice(FakeDevice(0), waits: true)
      #expect(code == 0 && numbers.allSatisfy { $0 == 1 })
    }
  }

  @Test func forgottenWaitBetweenStreamsIsCaught() async {
    await #expect(processExitsWith: .success) {
      let device = try FakeDevice(0)
      let (code, _) = try Self.negatedTwice(device, waits: false)
      #expect(code != 0)
      #expect(device.words(code).contains("and neither waits for the other"), "\(device.words(code))")
    }
  }

  /// Work of a stream runs only where somebody waits for it.
  @Test func streamsAreLazyEachByItself() async {
    await #expect(processExitsWith: .success) {
      let device = try FakeDevice(0), side = try device.newStream()
      let x = try device.block([Float](repeating: 1, count: Self.count)), y = try device.block(count: Self.count)
      try Self.negate(device, x, y, on: side)
      try device.reading(y, Self.count) { numbers in
        #expect(device.cuda.cuStreamQuery(side) == cu_result(TG_CU_NOT_READY))
        #expect(device.wait() == 0)
        #expect(numbers.allSatisfy { $0 == 0 }, "the other stream's work is done")
      }
    }
  }

  @Test func pinnedMemoryThatIsWrittenTooEarlyIsCaught() async {
    await #expect(processExitsWith: .success) {
      let device = try FakeDevice(0), out = try device.block(count: 4)
      var block: UnsafeMutableRawPointer?
      #expect(device.cuda.cuMemHostAlloc(&block, 16, 1) == 0)
      let numbers = try #require(block).assumingMemoryBound(to: Float.self)
      for i in 0..<4 { numbers[i] = Float(i) }
      #expect(device.cuda.cuMemcpyHtoDAsync_v2(out, block, 16, device.stream) == 0)
      numbers[2] = 7
      let code = device.wait()
      #expect(code != 0)
      #expect(device.words(code).contains("wrote to pinned memory before a copy"), "\(device.words(code))")
    }
  }

  @Test func pinnedMemoryThatIsFreedTooEarlyIsCaught() async {
    await #expect(processExitsWith: .success) {
      let device = try FakeDevice(0), x = try device.block([Float](repeating: 1, count: 4))
      var block: UnsafeMutableRawPointer?
      #expect(device.cuda.cuMemHostAlloc(&block, 16, 1) == 0)
      #expect(device.cuda.cuMemcpyDtoHAsync_v2(block, x, 16, device.stream) == 0)
      #expect(device.cuda.cuMemFreeHost(block) == 0)
      let code = device.wait()
      #expect(code != 0)
      #expect(device.words(code).contains("pinned memory that was freed"), "\(device.words(code))")
    }
  }

  /// A product [3, 4] * [4, 5] by cuBLAS's own function: its answer to the call, and to waiting.
  private static func product(_ device: FakeDevice, leading: [Int32]) throws -> (asked: cublas_result, done: cu_result)
  {
    var missing: UnsafePointer<CChar>?, handle: cu_object?
    let blas = try #require(tg_cublas_load(&missing)).pointee
    let x = try device.block(count: 12), y = try device.block(count: 20), out = try device.block(count: 15)
    #expect(blas.cublasCreate_v2(&handle) == 0)
    #expect(blas.cublasSetStream_v2(handle, device.stream) == 0)
    var one: Float = 1, none: Float = 0
    func pointer(_ block: cu_address) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: UInt(block)) }
    let asked = blas.cublasGemmEx(
      handle, 0, 0, 5, 3, 4, &one, pointer(y), 0, leading[0], pointer(x), 0, leading[1], &none, pointer(out), 0,
      leading[2], 68, -1)
    return (asked, device.wait())
  }

  @Test(.enabled(if: FakeDevice.hasBLAS)) func leadingDimensionsThatFit() async {
    await #expect(processExitsWith: .success) {
      let (asked, done) = try Self.product(FakeDevice(0), leading: [5, 4, 5])
      #expect(asked == 0 && done == 0)
    }
  }

  @Test(.enabled(if: FakeDevice.hasBLAS)) func leadingDimensionThatIsTooShortIsRefused() async {
    await #expect(processExitsWith: .success) {
      let (asked, _) = try Self.product(FakeDevice(0), leading: [4, 4, 5])
      #expect(asked == 7)
    }
  }

  @Test(.enabled(if: FakeDevice.hasBLAS)) func leadingDimensionThatIsTooLongIsCaught() async {
    await #expect(processExitsWith: .success) {
      let device = try FakeDevice(0)
      let (asked, done) = try Self.product(device, leading: [5, 5, 5])
      #expect(asked == 0 && done != 0)
      #expect(device.words(done).contains("byte 48 of a block of 48 bytes"), "\(device.words(done))")
    }
  }
}

/// What the library does between streams, on the fake, which would catch what is missing.
@Suite(.enabled(if: FakeDevice.isThere, "the fake of CUDA's driver is not there; ./check builds it"))
struct CUDAStreamFaultTests {
  private func expect(_ words: String, in result: ExitTest.Result?) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(words), "\(text.suffix(400))")
  }

  @Test func forgottenWaitStream() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let side = CUDA.Stream(), x = Tensor.ones(1000, device: .cuda(0))
      let y = CUDA.stream(side) { x * 2 }
      CUDA.synchronize()
      _ = y
    }
    expect("and neither waits for the other", in: result)
  }

  /// x's memory serves z while another stream still reads it.
  private static func readsWhatIsGone(records: Bool) -> Bool {
    let side = CUDA.Stream()
    var x: Tensor? = Tensor.ones(1000, device: .cuda(0))
    side.waitStream(CUDA.currentStream())
    let y = CUDA.stream(side) { x! * 2 }
    if records { x!.recordStream(side) }
    x = nil
    let z = Tensor.full([1000], 5.0, device: .cuda(0))
    CUDA.synchronize()
    return y.cpu().equal(Tensor.full([1000], 2.0)) && z.cpu().equal(Tensor.full([1000], 5.0))
  }

  /// Nobody waits here by itself: what a stream made and saved is read by another, and its memory given back.
  @Test func backwardComesAfterEveryStream() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.ones(1000, device: .cuda(0)).requiresGrad_(), side = CUDA.Stream()
      side.waitStream(CUDA.currentStream())
      let loss = CUDA.stream(side) { (x * 3).square().sum() }
      loss.backward()
      let z = CUDA.stream(side) { Tensor.full([1000], 5.0, device: .cuda(0)) * 2 }
      CUDA.synchronize()
      #expect(x.grad!.cpu().equal(Tensor.full([1000], 18.0)))
      #expect(z.cpu().equal(Tensor.full([1000], 10.0)))
    }
  }

  /// The fake works only when somebody waits.
  @Test func lossOfLabelsDoesNotWait() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.ones(4, 3, device: .cuda(0)).requiresGrad_(), y = Tensor([0, 2, -100, 1]).to(.cuda(0))
      func loss() -> Tensor {
        let loss = F.crossEntropy(x, y)
        loss.backward()
        return loss
      }
      // The first time makes what it reports trouble by.
      _ = loss().item(Double.self)
      x.grad = nil
      let before = CUDA.Event()
      _ = x * 2
      before.record()
      let again = loss()
      let waited = before.query()
      #expect(!waited)
      #expect(abs(again.item(Double.self) - 1.0986123) < 1e-6)
      #expect(x.grad!.sum(dim: 1).abs().max().item(Double.self) < 1e-6 && x.grad![2].abs().sum().item(Double.self) == 0)
    }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = F.crossEntropy(Tensor.ones(4, 3, device: .cuda(0)), Tensor([0, 3, -100, 1]).to(.cuda(0))).item(Double.self)
    }
    expect("index 3 is out of bounds for dimension 1 with size 3", in: result)
  }

  @Test func forgottenRecordStream() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Self.readsWhatIsGone(records: false)
    }
    expect("and neither waits for the other", in: result)
  }

  @Test func recordedStreamHoldsTheMemory() async {
    await #expect(processExitsWith: .success) {
      #expect(Self.readsWhatIsGone(records: true))
      // And gives it back: the next tensors take no new memory.
      let held = CUDA.memoryReserved()
      _ = [Tensor.ones(1000, device: .cuda(0)), Tensor.ones(1000, device: .cuda(0))]
      #expect(CUDA.memoryReserved() == held)
    }
  }

  @Test func pinnedMemoryWrittenBeforeItsCopyIsDone() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones(1000).pinMemory(), y = x.to(.cuda(0), nonBlocking: true)
      x.fill_(7)
      CUDA.synchronize()
      _ = y
    }
    expect("the processor wrote to pinned memory before a copy", in: result)
  }

  @Test func pinnedMemoryInFlightIsNobodyElses() async {
    await #expect(processExitsWith: .success) {
      let ones = Tensor.ones(1000), threes = Tensor.full([1000], 3.0)
      let there = (0..<4).map { _ in ones.pinMemory().to(.cuda(0), nonBlocking: true) }
      _ = (0..<4).map { _ in threes.pinMemory() }
      let back = there.map { ($0 * 2).to(.cpu, nonBlocking: true) }
      // What comes back is on its way; memory that is asked for now must be other memory.
      let others = (0..<4).map { _ in threes.pinMemory() }
      CUDA.synchronize()
      #expect(back.allSatisfy { $0.isPinned && $0.equal(ones * 2) })
      #expect(others.allSatisfy { $0.equal(threes) })
    }
  }

  @Test func currentDevices() async {
    await #expect(processExitsWith: .success) {
      #expect(CUDA.currentDevice == 0 && Device.cuda == .cuda(0))
      CUDA.setDevice(3)
      #expect(CUDA.currentDevice == 3 && Device("cuda") == .cuda(3) && Device("cuda:1") == .cuda(1))
      let x = Tensor.ones(5).cuda()
      #expect(x.device == .cuda(3))
      let y = CUDA.device(1) { Tensor.ones(5, device: .cuda) }
      #expect(y.device == .cuda(1) && CUDA.currentDevice == 3)
      let stream = CUDA.Stream(device: 2)
      CUDA.stream(stream) {
        #expect(CUDA.currentDevice == 2 && CUDA.currentStream() == stream)
        #expect(CUDA.currentStream(3) == CUDA.defaultStream(3))
      }
      #expect(CUDA.currentDevice == 3 && (x + x).cpu().equal(Tensor.full([5], 2.0)))
    }
  }
}
