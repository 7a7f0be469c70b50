import Synchronization
import TorchBackend
import TorchGPU

extension GPUModule {
  /// A queue of work on a device, as `torch.cuda.Stream`.
  public typealias Stream = DeviceStream<Self>
  /// A place in a stream's work, as `torch.cuda.Event`.
  public typealias Event = DeviceEvent<Self>

  /// The stream that the calling thread's work on a device goes by, as `torch.cuda.current_stream`.
  /// - Precondition: the device is there.
  public static func currentStream(_ index: Int? = nil) -> Stream {
    Stream(opened(index, "currentStream").streams.current)
  }

  /// The stream that work goes by where nobody says another one, as `torch.cuda.default_stream`.
  /// - Precondition: the device is there.
  public static func defaultStream(_ index: Int? = nil) -> Stream {
    Stream(opened(index, "defaultStream").streams.main)
  }

  /// Lets the calling thread's work on the stream's device go by it while `body` runs, as `with torch.cuda.stream(stream):`; its
  /// device is the current one.
  ///
  /// ```swift
  /// let side = CUDA.Stream()
  /// side.waitStream(CUDA.currentStream())      // x was made by another stream
  /// let y = CUDA.stream(side) { x.matmul(w) }
  /// CUDA.currentStream().waitStream(side)      // before y is used here
  /// ```
  /// Streams do not wait for each other by themselves, and memory that one made and another uses wants
  /// ``Tensor/recordStream(_:)``. `backward()` works on the stream of the thread that calls it, after all that other streams were
  /// asked for, and they go on after it. Nil runs `body` as it is.
  /// - Returns: what `body` returns.
  public static func stream<R, E>(_ stream: Stream?, _ body: () throws(E) -> R) throws(E) -> R {
    guard let stream else { return try body() }
    return try StreamScope.with(stream.stream, body)
  }
}

/// A queue of work on a device: what is in it is done in order, beside what is in others. As `torch.cuda.Stream`; write
/// `CUDA.Stream` or `OpenCL.Stream`.
///
/// A device has a default stream and a pool of 32 more of each priority, which are handed out in turn.
public struct DeviceStream<Kind: GPUModule>: Sendable {
  let stream: GPUStream

  init(_ stream: GPUStream) { self.stream = stream }

  /// A stream from the pool.
  /// - Parameters:
  ///   - device: whose; by default the current device's.
  ///   - priority: below 0 for work that goes first, where the device knows priorities; OpenCL's do not.
  /// - Precondition: the device is there.
  public init(device: Int? = nil, priority: Int = 0) {
    stream = Kind.opened(device, "Stream").streams.next(isUrgent: priority < 0)
  }

  /// The stream's device.
  public var device: Device { stream.device }
  /// -1 for streams whose work goes first, else 0.
  public var priority: Int { stream.priority }
  /// Which of its device's streams it is; 0 is the default one.
  public var streamID: Int { stream.number }

  /// Waits until all of the stream's work is done, as `torch.cuda.Stream.synchronize`.
  public func synchronize() { stream.synchronize() }

  /// Whether all of the stream's work is done, as `torch.cuda.Stream.query`.
  public func query() -> Bool { stream.isIdle }

  /// Lets what is asked of this stream from now on wait for what was asked of another one so far, as
  /// `torch.cuda.Stream.wait_stream`. The processor does not wait.
  public func waitStream(_ other: DeviceStream) { stream.wait(for: other.stream.mark(isTimed: false)) }

  /// Lets what is asked of this stream from now on wait for an event, as `torch.cuda.Stream.wait_event`. The processor does not
  /// wait.
  public func waitEvent(_ event: DeviceEvent<Kind>) { event.wait(self) }

  /// Records an event behind what was asked of this stream so far, a new one by default, as `torch.cuda.Stream.record_event`.
  @discardableResult
  public func recordEvent(_ event: DeviceEvent<Kind>? = nil) -> DeviceEvent<Kind> {
    let event = event ?? DeviceEvent()
    event.record(self)
    return event
  }
}

extension DeviceStream: Hashable {
  public static func == (a: DeviceStream, b: DeviceStream) -> Bool { a.stream === b.stream }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(stream)) }
}

extension DeviceStream: CustomStringConvertible {
  public var description: String { "Stream(device: \(device), streamID: \(streamID))" }
}

/// A place in a stream's work, which others wait for and which tells its time, as `torch.cuda.Event`; write `CUDA.Event` or
/// `OpenCL.Event`.
///
/// ```swift
/// let begin = CUDA.Event(enableTiming: true), end = CUDA.Event(enableTiming: true)
/// begin.record()
/// model(x)
/// end.record()
/// end.synchronize()
/// print("\(begin.elapsedTime(end)) ms")
/// ```
public final class DeviceEvent<Kind: GPUModule>: Sendable {
  private let place = Mutex<GPUMark?>(nil)
  private let isTimed: Bool

  /// An event that was not recorded yet.
  /// - Parameter enableTiming: whether ``elapsedTime(_:)`` will be asked.
  public init(enableTiming: Bool = false) { isTimed = enableTiming }

  private var mark: GPUMark? { place.withLock { $0 } }

  /// Puts the event behind what was asked of a stream so far, by default the current one; it leaves the place where it was. As
  /// `torch.cuda.Event.record`.
  public func record(_ stream: DeviceStream<Kind>? = nil) {
    let mark = (stream ?? Kind.currentStream()).stream.mark(isTimed: isTimed)
    place.withLock { $0 = mark }
  }

  /// Lets what is asked of a stream from now on, by default the current one, wait for the event, as `torch.cuda.Event.wait`; nothing
  /// where it was never recorded.
  public func wait(_ stream: DeviceStream<Kind>? = nil) {
    if let mark { (stream ?? Kind.currentStream()).stream.wait(for: mark) }
  }

  /// Whether the device got to the event, or it was never recorded, as `torch.cuda.Event.query`.
  public func query() -> Bool { mark?.isDone ?? true }

  /// Waits until the device gets to the event, as `torch.cuda.Event.synchronize`; not at all where it was never recorded.
  public func synchronize() { mark?.synchronize() }

  /// How many milliseconds after this event the device got to another one, as `torch.cuda.Event.elapsed_time`.
  /// - Precondition: both were made with `enableTiming: true`, are recorded and done.
  public func elapsedTime(_ end: DeviceEvent) -> Double {
    guard isTimed && end.isTimed else {
      fault("elapsedTime", "both events must be created with enableTiming: true")
    }
    guard let first = mark, let last = end.mark else {
      fault("elapsedTime", "both events must be recorded before the time between them is asked")
    }
    guard first.isDone && last.isDone else {
      fault(
        "elapsedTime",
        "both events must be completed before the time between them is asked; synchronize() the later one")
    }
    return last.milliseconds(since: first)
  }
}

extension Tensor {
  /// Says that work of a stream, asked for by now, uses this tensor's memory, which another stream made, as
  /// `torch.Tensor.record_stream`: when the tensor is gone its memory waits for that work before it serves another tensor.
  /// - Precondition: the tensor lives on the stream's device.
  public func recordStream<Kind: GPUModule>(_ stream: DeviceStream<Kind>) {
    guard device == stream.device else {
      fault("recordStream", "the tensor lives on \(device) and the stream belongs to \(stream.device)")
    }
    GPUDevices.backend(device)?.record(storage, on: stream.stream)
  }
}
