import CTorchGPU
import Synchronization
import TorchBackend

// Queues of OpenCL, places in them, copies by them, and the processor's pinned memory.

extension OpenCLDevice {
  /// All queues are alike: OpenCL 1.2 knows no priorities.
  func makeQueue(isUrgent: Bool) throws(GPUError) -> any GPUQueue {
    let queue = OpenCLQueue(self, try newQueue())
    made.withLock { $0.queues.append(queue) }
    return queue
  }

  /// A block that the device allots in the processor's memory, mapped as long as it lives: the way to pinned memory that
  /// OpenCL's makers name.
  func allocatePinned(byteCount: Int) throws(GPUError) -> UnsafeMutableRawPointer {
    var error: cl_int = 0
    let flags = TG_CL_MEM_READ_WRITE | TG_CL_MEM_ALLOC_HOST_PTR
    guard let block = cl.calls.clCreateBuffer(context, flags, byteCount, nil, &error), error == 0 else {
      throw openCLError(error, "\(byteCount) pinned bytes for \(facts.name)")
    }
    let queue = try anyQueue()
    let mapped = cl.calls.clEnqueueMapBuffer(
      queue, block, 1, TG_CL_MAP_READ | TG_CL_MAP_WRITE, 0, byteCount, 0, nil, nil, &error)
    guard let mapped, error == 0 else {
      free(block)
      throw openCLError(error, "\(byteCount) pinned bytes for \(facts.name)")
    }
    made.withLock { $0.pinned[UInt(bitPattern: mapped)] = UInt(bitPattern: block) }
    return mapped
  }

  func freePinned(_ mapped: UnsafeMutableRawPointer) {
    let block = made.withLock { $0.pinned.removeValue(forKey: UInt(bitPattern: mapped)) }
    guard let block = block.flatMap(UnsafeMutableRawPointer.init(bitPattern:)), let queue = try? anyQueue() else {
      return
    }
    _ = cl.calls.clEnqueueUnmapMemObject(queue, block, mapped, 0, nil, nil)
    _ = cl.calls.clFinish(queue)
    free(block)
  }

  /// The first queue, for what is no device's work.
  private func anyQueue() throws(GPUError) -> UnsafeMutableRawPointer {
    if let queue = made.withLock({ $0.queues.first }) { return queue.object }
    return (try makeQueue(isUrgent: false) as! OpenCLQueue).object
  }

  func write(
    _ source: UnsafeRawPointer, byteCount: Int, to block: UnsafeMutableRawPointer, at offset: Int,
    on queue: any GPUQueue,
    waits: Bool
  ) throws(GPUError) {
    try (queue as! OpenCLQueue).copy(waits, "copying \(byteCount) bytes to \(facts.name)") { queue, waits in
      cl.calls.clEnqueueWriteBuffer(queue, block, waits, offset, byteCount, source, 0, nil, nil)
    }
  }

  func read(
    _ block: UnsafeMutableRawPointer, at offset: Int, byteCount: Int, into target: UnsafeMutableRawPointer,
    on queue: any GPUQueue, waits: Bool
  ) throws(GPUError) {
    try (queue as! OpenCLQueue).copy(waits, "copying \(byteCount) bytes from \(facts.name)") { queue, waits in
      cl.calls.clEnqueueReadBuffer(queue, block, waits, offset, byteCount, target, 0, nil, nil)
    }
  }

  func copy(
    _ source: UnsafeMutableRawPointer, at sourceOffset: Int, to target: UnsafeMutableRawPointer, at targetOffset: Int,
    byteCount: Int, on queue: any GPUQueue
  ) throws(GPUError) {
    try (queue as! OpenCLQueue).copy(false, "copying \(byteCount) bytes on \(facts.name)") { queue, _ in
      cl.calls.clEnqueueCopyBuffer(queue, source, target, sourceOffset, targetOffset, byteCount, 0, nil, nil)
    }
  }
}

/// `@unchecked Sendable`: a queue may be used from any thread.
final class OpenCLQueue: GPUQueue, @unchecked Sendable {
  /// The device lives as long as the process, and knows its queues.
  private unowned let device: OpenCLDevice
  let object: UnsafeMutableRawPointer
  /// How many commands were queued, each counted when it is.
  private let queued = Atomic<Int>(0)
  /// How many of them are known to be done, and the place that will tell more. OpenCL itself has no such question.
  private let known = Mutex((done: 0, asked: 0, place: OpenCLEvent?.none))

  init(_ device: OpenCLDevice, _ object: UnsafeMutableRawPointer) {
    self.device = device
    self.object = object
  }

  private var calls: tg_opencl { device.cl.calls }

  var count: Int { queued.load(ordering: .acquiring) }

  /// A command was queued.
  func grew() { queued.wrappingAdd(1, ordering: .acquiringAndReleasing) }

  /// So many commands are done.
  func isDone(upTo count: Int) { known.withLock { $0.done = max($0.done, count) } }

  /// Queues a copy, whose call gets the queue and 1 where it is to wait; one that waited comes after all that was queued.
  func copy(
    _ waits: Bool, _ what: @autoclosure () -> String, _ call: (UnsafeMutableRawPointer, cl_uint) -> cl_int
  ) throws(GPUError) {
    let before = count
    try device.check(call(object, waits ? 1 : 0), what())
    if waits { isDone(upTo: before) } else { grew() }
  }

  func mark(isTimed: Bool) throws(GPUError) -> any GPUEvent {
    let made = try marker()
    grew()
    return made
  }

  private func marker() throws(GPUError) -> OpenCLEvent {
    var event: UnsafeMutableRawPointer?
    try device.check(calls.clEnqueueMarkerWithWaitList(object, 0, nil, &event), "an event on \(device.facts.name)")
    guard let event else { throw GPUError("OpenCL gave no event on \(device.facts.name)") }
    let made = OpenCLEvent(device, event)
    // Whoever waits for it elsewhere must not wait for work that was never handed to the device.
    try device.check(calls.clFlush(object), "an event on \(device.facts.name)")
    return made
  }

  func wait(for event: any GPUEvent) throws(GPUError) {
    let event = event as! OpenCLEvent
    // Only queues of one context know each other's events.
    guard event.device === device else { return try event.synchronize() }
    var waited: UnsafeMutableRawPointer? = event.event
    try device.check(
      calls.clEnqueueBarrierWithWaitList(object, 1, &waited, nil), "waiting for an event on \(device.facts.name)")
    grew()
  }

  func isIdle() throws(GPUError) -> Bool {
    try known.withLock { known throws(GPUError) -> Bool in
      let count = count
      if known.done >= count { return true }
      if known.place == nil || known.asked < count {
        known.place = try marker()
        known.asked = count
      }
      guard let place = known.place, try place.isDone() else { return false }
      known.done = known.asked
      known.place = nil
      return true
    }
  }

  func synchronize() throws(GPUError) {
    let before = count
    try device.check(calls.clFinish(object), "waiting for \(device.facts.name)")
    isDone(upTo: before)
  }
}

/// `@unchecked Sendable`: an event may be used from any thread.
final class OpenCLEvent: GPUEvent, @unchecked Sendable {
  fileprivate let device: OpenCLDevice
  fileprivate let event: UnsafeMutableRawPointer

  init(_ device: OpenCLDevice, _ event: UnsafeMutableRawPointer) {
    self.device = device
    self.event = event
  }

  deinit { _ = device.cl.calls.clReleaseEvent(event) }

  func isDone() throws(GPUError) -> Bool {
    var status: cl_int = 0
    try device.check(
      device.cl.calls.clGetEventInfo(
        event, cl_uint(TG_CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size, &status, nil), "an event")
    // Below 0 are the errors of what was queued.
    try device.check(min(status, 0), "work on \(device.facts.name)")
    return status == 0
  }

  func synchronize() throws(GPUError) {
    var waited: UnsafeMutableRawPointer? = event
    try device.check(device.cl.calls.clWaitForEvents(1, &waited), "waiting for an event on \(device.facts.name)")
  }

  private func nanoseconds() throws(GPUError) -> UInt64 {
    var time: UInt64 = 0
    try device.check(
      device.cl.calls.clGetEventProfilingInfo(
        event, cl_uint(TG_CL_PROFILING_COMMAND_END), MemoryLayout<UInt64>.size, &time, nil), "the time of an event")
    return time
  }

  func milliseconds(since earlier: any GPUEvent) throws(GPUError) -> Double {
    let from = try (earlier as! OpenCLEvent).nanoseconds()
    return (Double(try nanoseconds()) - Double(from)) / 1e6
  }
}
