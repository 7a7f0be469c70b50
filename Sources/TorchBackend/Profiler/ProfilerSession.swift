import CTorchRuntime
import Synchronization

/// A recording under way: one `ProfilerThread` for each thread that takes part.
///
/// A thread takes part by a pointer in its thread-local record, so that recordings on other threads are none of its business.
package final class ProfilerSession: Sendable {
  package let recordsShapes: Bool
  /// How many spans each thread keeps; what comes later is counted in the sums alone.
  package let mostSpans: Int
  package let start = ProfilerClock.now
  private let threads = Mutex<[ProfilerThread]>([])

  package init(recordsShapes: Bool, mostSpans: Int) {
    self.recordsShapes = recordsShapes
    self.mostSpans = mostSpans
  }

  /// The recording that this thread takes part in.
  package static var current: ProfilerSession? { ProfilerThread.current?.session }

  /// Runs `body` with this thread in the recording.
  package func record<R, E>(thread name: String, _ body: () throws(E) -> R) throws(E) -> R {
    let thread = ProfilerThread(self, name)
    let number = threads.withLock {
      $0.append(thread)
      return $0.count
    }
    thread.number = number
    let outer = ct_profiler()
    ct_set_profiler(Unmanaged.passUnretained(thread).toOpaque())
    defer {
      ct_set_profiler(outer)
      thread.close()
    }
    return try body()
  }

  /// Ends the recording on all threads and gives what they recorded.
  package func finish() -> [ProfilerRecord] {
    let threads = threads.withLock { $0 }
    for thread in threads { thread.close() }
    return threads.map(\.record)
  }
}

/// Nanoseconds of a clock that nobody sets.
package enum ProfilerClock {
  @inline(__always)
  package static var now: UInt64 { ct_nanoseconds() }
}
