import CTorchRuntime
import Synchronization
import TorchBackend

/// A queue of a device, and what goes with it.
package final class GPUStream: Sendable {
  package let device: Device
  /// Which of the device's streams it is; 0 is the default one.
  package let number: Int
  /// 0, or -1 for streams whose work goes first.
  package let priority: Int
  let queue: any GPUQueue
  /// Where the kernels of the stream say what only the numbers can tell.
  let trouble: Trouble

  fileprivate init(_ name: Device, _ device: any GPUDevice, number: Int, isUrgent: Bool) throws(GPUError) {
    self.device = name
    self.number = number
    priority = isUrgent ? -1 : 0
    queue = try device.makeQueue(isUrgent: isUrgent)
    trouble = Trouble(device, queue)
  }

  /// Marks the place behind what was queued so far.
  package func mark(isTimed: Bool) -> GPUMark {
    GPUMark(event: done { () throws(GPUError) in try queue.mark(isTimed: isTimed) })
  }

  /// Lets what is queued from now on wait for a place in another stream.
  package func wait(for mark: GPUMark) { done { () throws(GPUError) in try queue.wait(for: mark.event) } }

  /// Whether everything is done.
  package var isIdle: Bool { done { () throws(GPUError) in try queue.isIdle() } }

  /// Waits until everything is done, and says what went wrong in it.
  package func synchronize() {
    done { () throws(GPUError) in try queue.synchronize() }
    trouble.check()
  }
}

/// A place in a stream's work.
package struct GPUMark: Sendable {
  let event: any GPUEvent

  package var isDone: Bool { TorchGPU.done { () throws(GPUError) in try event.isDone() } }

  package func synchronize() { TorchGPU.done { () throws(GPUError) in try event.synchronize() } }

  /// How much later the device got here than to another place; both timed, and done.
  package func milliseconds(since earlier: GPUMark) -> Double {
    TorchGPU.done { () throws(GPUError) in try event.milliseconds(since: earlier.event) }
  }
}

/// What a device throws is a fault.
func done<R>(_ body: () throws(GPUError) -> R) -> R {
  do {
    return try body()
  } catch {
    fault("gpu", error.description)
  }
}

/// The streams of a device: the default one, and a pool of others, which are handed out in turn as PyTorch does it.
package final class GPUStreams: Sendable {
  /// How many streams of a priority there are.
  static let most = 32

  private struct State {
    var main: GPUStream?
    /// Those of each priority, and how many were asked for.
    var others: [[GPUStream]] = [[], []]
    var asked = [0, 0]
  }

  private let name: Device
  private let device: any GPUDevice
  private let state = Mutex(State())

  init(_ name: Device, _ device: any GPUDevice) {
    self.name = name
    self.device = device
  }

  /// The default stream.
  package var main: GPUStream {
    done { () throws(GPUError) in
      try state.withLock { state throws(GPUError) -> GPUStream in
        if let main = state.main { return main }
        let main = try GPUStream(name, device, number: 0, isUrgent: false)
        state.main = main
        return main
      }
    }
  }

  /// The stream that the calling thread's work goes by.
  package var current: GPUStream { StreamScope.current(of: name) ?? main }

  /// One of the pool.
  package func next(isUrgent: Bool) -> GPUStream {
    done { () throws(GPUError) in
      try state.withLock { state throws(GPUError) -> GPUStream in
        let kind = isUrgent ? 1 : 0, place = state.asked[kind] % Self.most
        state.asked[kind] += 1
        if place < state.others[kind].count { return state.others[kind][place] }
        let stream = try GPUStream(name, device, number: 1 + kind * Self.most + place, isUrgent: isUrgent)
        state.others[kind].append(stream)
        Self.note(self)
        return stream
      }
    }
  }

  /// The devices that have more than their default stream.
  private static let branched = Mutex<[GPUStreams]>([])
  private static let hasBranches = Atomic<Bool>(false)

  private static func note(_ streams: GPUStreams) {
    branched.withLock { if !$0.contains(where: { $0 === streams }) { $0.append(streams) } }
    hasBranches.store(true, ordering: .releasing)
  }

  /// Runs `body`, whose work goes by the calling thread's streams, after all that other streams were asked for so far, and before
  /// all that they will be. Devices wait, not the processor; where there are only default streams, nobody does.
  package static func joined<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
    if !hasBranches.load(ordering: .acquiring) { return try body() }
    let pairs = branched.withLock(\.self).map { streams in
      let current = streams.current
      return (current, streams.all.filter { $0 !== current })
    }
    for (current, others) in pairs { for other in others { current.wait(for: other.mark(isTimed: false)) } }
    defer {
      for (current, others) in pairs {
        let end = current.mark(isTimed: false)
        for other in others { other.wait(for: end) }
      }
    }
    return try body()
  }

  /// All that were made.
  var all: [GPUStream] { state.withLock { [$0.main].compactMap(\.self) + $0.others.joined() } }
}

/// The part of a thread's work that goes by a stream.
package final class StreamScope {
  private let stream: GPUStream
  private let outer: UnsafeMutableRawPointer?

  private init(_ stream: GPUStream, outer: UnsafeMutableRawPointer?) {
    self.stream = stream
    self.outer = outer
  }

  /// Lets the calling thread's work on the stream's device go by it while `body` runs; the device is the thread's current one.
  package static func with<R, E>(_ stream: GPUStream, _ body: () throws(E) -> R) throws(E) -> R {
    let before = ct_streams(), kind = stream.device.kind, index = Device.currentIndex(kind)
    let scope = StreamScope(stream, outer: before)
    ct_set_streams(Unmanaged.passUnretained(scope).toOpaque())
    Device.setCurrentIndex(kind, stream.device.index)
    defer {
      ct_set_streams(before)
      Device.setCurrentIndex(kind, index)
      withExtendedLifetime(scope) {}
    }
    return try body()
  }

  /// The stream that the thread's work on a device goes by; nil for the default one.
  static func current(of device: Device) -> GPUStream? {
    var place = ct_streams()
    while let here = place {
      let scope = Unmanaged<StreamScope>.fromOpaque(here).takeUnretainedValue()
      if scope.stream.device == device { return scope.stream }
      place = scope.outer
    }
    return nil
  }
}
