import Foundation
import Torch

/// What training costs in memory once it is under way.
enum Memory {
  /// Trains the workload of the MLP for a thousand steps, after fifty that warm it up.
  static func thousandSteps() -> String {
    let run = Training.mlp.prepare()
    for i in 0..<50 { run.step(i % Workload.batchCount) }
    let before = memoryStats().misses, residentBefore = residentBytes
    for i in 0..<1000 { run.step(i % Workload.batchCount) }
    let misses = memoryStats().misses - before
    return "\(Training.mlp.name): 1000 steps, \(misses) allocator misses, resident "
      + "\(residentBefore >> 10) KiB before, \(residentBytes >> 10) KiB after"
  }

  /// How much of the process is in memory; 0 where the system does not tell.
  static var residentBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(getpagesize())
  }
}
