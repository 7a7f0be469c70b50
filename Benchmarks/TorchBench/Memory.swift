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

  /// What a network and its steps take at most, above what the process held before the network was made.
  static func peak(of workload: Workload) throws -> String {
    struct Peak: Encodable {
      let name: String
      /// Of the process before, and at most afterwards, in KiB.
      let before: Int, peak: Int
      let allocator: Int
    }
    let before = status("VmRSS")
    let run = workload.prepare()
    for i in 0..<3 * Workload.batchCount { run.step(i % Workload.batchCount) }
    let stats = memoryStats()
    let peak = Peak(
      name: workload.name, before: before, peak: status("VmHWM") - before, allocator: stats.peakAllocatedBytes >> 10)
    return String(decoding: try JSONEncoder().encode(peak), as: UTF8.self)
  }

  /// A number of KiB that the system tells of this process; 0 where it does not.
  private static func status(_ name: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0
  }

  /// How much of the process is in memory; 0 where the system does not tell.
  static var residentBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(getpagesize())
  }
}
