/// Times work that is repeated often enough to be measured.
struct Stopwatch {
  /// How long one sample lasts at least.
  let sampleSeconds: Double
  static let sampleCount = 5

  struct Timing: Encodable {
    var name: String
    /// The median over the samples of the time of one step.
    var seconds: Double
    /// The time of the very first step in this process, with its inputs already made.
    var firstSeconds: Double
    var checksum: Double
    var threads: Int
  }

  static func seconds(_ work: () -> Void) -> Double {
    let clock = ContinuousClock()
    let duration = clock.measure(work).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }

  /// The time of a process's first step, if nothing ran before it.
  static func first(_ workload: Workload, threads: Int) -> Timing {
    let run = workload.prepare()
    let first = seconds { run.step(0) }
    return Timing(
      name: workload.name, seconds: first, firstSeconds: first, checksum: run.checksum(), threads: threads)
  }

  /// The median time of one step of a workload.
  func time(_ workload: Workload, threads: Int) -> Timing {
    let run = workload.prepare(), step = run.step
    let first = Self.seconds { step(0) }
    let checksum = run.checksum()
    // Double the count until a sample is long enough; this also warms everything up.
    var count = Workload.batchCount
    func sample() -> Double { Self.seconds { for i in 0..<count { step(i % Workload.batchCount) } } }
    var elapsed = sample()
    while elapsed < sampleSeconds {
      count *= elapsed < sampleSeconds / 8 ? 8 : 2
      elapsed = sample()
    }
    let samples = (0..<Self.sampleCount).map { _ in sample() / Double(count) }.sorted()
    return Timing(
      name: workload.name, seconds: samples[Self.sampleCount / 2], firstSeconds: first, checksum: checksum,
      threads: threads)
  }
}
