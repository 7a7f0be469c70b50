import Torch

/// Where the time of a workload goes.
enum Profiling {
  /// Prints the table of one step of each batch, after as many that warm up.
  static func run(_ workload: Workload, trace: String?) throws {
    let run = workload.prepare()
    for i in 0..<Workload.batchCount { run.step(i) }
    let profile = profile(recordShapes: true) { for i in 0..<Workload.batchCount { run.step(i) } }
    say(profile.keyAverages().table(rowLimit: 25))
    say(profile.moduleAverages().table(sortBy: .cpuTimeTotal, rowLimit: 15))
    if let trace { try profile.exportChromeTrace(trace) }
  }
}
