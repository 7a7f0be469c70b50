import CTorchGPU
import Synchronization
import TorchBackend

// Streams of CUDA, places in them, copies by them, and the processor's pinned memory.

extension CUDADevice {
  /// A queue's stream; its context is the thread's own then.
  func stream(_ queue: any GPUQueue) throws(GPUError) -> cu_object {
    try enter()
    return (queue as! CUDAQueue).stream
  }

  func makeQueue(isUrgent: Bool) throws(GPUError) -> any GPUQueue {
    try enter()
    var stream: cu_object?, least: Int32 = 0, greatest: Int32 = 0
    if isUrgent { try check(cuda.calls.cuCtxGetStreamPriorityRange(&least, &greatest), "the priorities") }
    try check(
      cuda.calls.cuStreamCreateWithPriority(&stream, UInt32(TG_CU_STREAM_NON_BLOCKING), isUrgent ? greatest : 0),
      "a stream")
    guard let stream else { throw GPUError("CUDA gave no stream on \(facts.name)") }
    return CUDAQueue(self, stream)
  }

  func allocatePinned(byteCount: Int) throws(GPUError) -> UnsafeMutableRawPointer {
    try enter()
    var block: UnsafeMutableRawPointer?
    try check(
      cuda.calls.cuMemHostAlloc(&block, byteCount, UInt32(TG_CU_MEMHOSTALLOC_PORTABLE)), "\(byteCount) pinned bytes")
    guard let block else { throw GPUError(.outOfMemory, "\(byteCount) pinned bytes: CUDA gave none") }
    return block
  }

  func freePinned(_ block: UnsafeMutableRawPointer) {
    guard (try? enter()) != nil else { return }
    _ = cuda.calls.cuMemFreeHost(block)
  }

  func write(
    _ source: UnsafeRawPointer, byteCount: Int, to block: UnsafeMutableRawPointer, at offset: Int,
    on queue: any GPUQueue,
    waits: Bool
  ) throws(GPUError) {
    let stream = try stream(queue)
    try check(
      cuda.calls.cuMemcpyHtoDAsync_v2(address(block, at: offset), source, byteCount, stream),
      "copying \(byteCount) bytes to memory")
    // The driver may still read from memory that is pinned.
    if waits { try check(cuda.calls.cuStreamSynchronize(stream), "copying \(byteCount) bytes to memory") }
  }

  func read(
    _ block: UnsafeMutableRawPointer, at offset: Int, byteCount: Int, into target: UnsafeMutableRawPointer,
    on queue: any GPUQueue, waits: Bool
  ) throws(GPUError) {
    let stream = try stream(queue)
    try check(
      cuda.calls.cuMemcpyDtoHAsync_v2(target, address(block, at: offset), byteCount, stream),
      "copying \(byteCount) bytes from memory")
    if waits { try check(cuda.calls.cuStreamSynchronize(stream), "copying \(byteCount) bytes from memory") }
  }

  func copy(
    _ source: UnsafeMutableRawPointer, at sourceOffset: Int, to target: UnsafeMutableRawPointer, at targetOffset: Int,
    byteCount: Int, on queue: any GPUQueue
  ) throws(GPUError) {
    let stream = try stream(queue)
    try check(
      cuda.calls.cuMemcpyDtoDAsync_v2(
        address(target, at: targetOffset), address(source, at: sourceOffset), byteCount, stream),
      "copying \(byteCount) bytes")
  }
}

/// `@unchecked Sendable`: the driver may be called from any thread.
final class CUDAQueue: GPUQueue, @unchecked Sendable {
  let device: CUDADevice
  let stream: cu_object
  /// What cuBLAS keeps for the stream, made when it first multiplies.
  let handle = Mutex<CUDALibrary.Handle?>(nil)

  init(_ device: CUDADevice, _ stream: cu_object) {
    self.device = device
    self.stream = stream
  }

  private var calls: tg_cuda { device.cuda.calls }

  func mark(isTimed: Bool) throws(GPUError) -> any GPUEvent {
    try device.enter()
    var event: cu_object?
    let flags = TG_CU_EVENT_BLOCKING_SYNC | (isTimed ? 0 : TG_CU_EVENT_DISABLE_TIMING)
    try device.check(calls.cuEventCreate(&event, UInt32(flags)), "an event")
    guard let event else { throw GPUError("CUDA gave no event on \(device.facts.name)") }
    let made = CUDAEvent(device, event)
    try device.check(calls.cuEventRecord(event, stream), "an event")
    return made
  }

  func wait(for event: any GPUEvent) throws(GPUError) {
    try device.enter()
    try device.check(calls.cuStreamWaitEvent(stream, (event as! CUDAEvent).event, 0), "waiting for an event")
  }

  func isIdle() throws(GPUError) -> Bool {
    try device.enter()
    let code = calls.cuStreamQuery(stream)
    if code != cu_result(TG_CU_NOT_READY) { try device.check(code, "a stream") }
    return code == 0
  }

  func synchronize() throws(GPUError) {
    try device.enter()
    try device.check(calls.cuStreamSynchronize(stream), "waiting for a stream")
  }
}

/// `@unchecked Sendable`: the driver may be called from any thread; an event is recorded once.
final class CUDAEvent: GPUEvent, @unchecked Sendable {
  private let device: CUDADevice
  fileprivate let event: cu_object

  init(_ device: CUDADevice, _ event: cu_object) {
    self.device = device
    self.event = event
  }

  deinit {
    // The driver keeps what work still waits for.
    if (try? device.enter()) != nil { _ = device.cuda.calls.cuEventDestroy_v2(event) }
  }

  func isDone() throws(GPUError) -> Bool {
    try device.enter()
    let code = device.cuda.calls.cuEventQuery(event)
    if code != cu_result(TG_CU_NOT_READY) { try device.check(code, "an event") }
    return code == 0
  }

  func synchronize() throws(GPUError) {
    try device.enter()
    try device.check(device.cuda.calls.cuEventSynchronize(event), "waiting for an event")
  }

  func milliseconds(since earlier: any GPUEvent) throws(GPUError) -> Double {
    try device.enter()
    var time: Float = 0
    try device.check(
      device.cuda.calls.cuEventElapsedTime(&time, (earlier as! CUDAEvent).event, event), "the time between two events")
    return Double(time)
  }
}
