import CTorchRuntime
import Torch

/// Which of a loader's workers a thread is, as `torch.utils.data.get_worker_info()`.
///
/// A stream that several workers read takes its own part by it:
///
/// ```swift
/// func makeIterator() -> SampleIterator<String> {
///   let (id, step) = WorkerInfo.current.map { ($0.id, $0.numWorkers) } ?? (0, 1)
///   return SampleIterator(stride(from: id, to: lines.count, by: step).lazy.map { lines[$0] })
/// }
/// ```
public struct WorkerInfo: Sendable {
  /// The worker's number, from 0.
  public let id: Int
  /// How many workers the loader has.
  public let numWorkers: Int
  /// What the worker's default generator was seeded with: the epoch's base seed plus ``id``.
  public let seed: UInt64

  /// The worker that runs on this thread; nil outside of workers.
  public static var current: WorkerInfo? {
    ct_worker().map { $0.assumingMemoryBound(to: WorkerInfo.self).pointee }
  }

  /// Runs `body` as this worker: random numbers come from a generator of its own, ops use one thread.
  func run(_ body: () -> Void) {
    let generator = Generator(seed: seed)
    ct_set_generator(Unmanaged.passUnretained(generator).toOpaque())
    ct_serial_enter()
    withUnsafePointer(to: self) { pointer in
      ct_set_worker(UnsafeMutableRawPointer(mutating: pointer))
      body()
      ct_set_worker(nil)
    }
    ct_serial_leave()
    withExtendedLifetime(generator) { ct_set_generator(nil) }
  }
}
