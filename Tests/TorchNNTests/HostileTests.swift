import Foundation
import Testing

/// Random arguments to every op that takes sizes, positions or strides: each call gives a result or refuses in words.
///
/// What a result reads and writes out of bounds is seen by `./check --asan`, where the probe runs under the sanitizer.
@Suite struct HostileTests {
  /// How many cases there are; the share, in percent, that a sanitizer gets, under which each is slow.
  static let count: Int = {
    let share = ProcessInfo.processInfo.environment["TORCH_TEST_SHARE"].flatMap { Int($0) } ?? 100
    return 8_000 * share / 100
  }()

  @Test(arguments: 0..<4) func randomArgumentsDoNoHarm(quarter: Int) throws {
    let first = quarter * Self.count / 4, end = (quarter + 1) * Self.count / 4
    var next = first, refused = 0, silent: [String] = []
    while next < end {
      let (lines, status) = try Self.run(next, end - next)
      guard let last = lines.last else { throw ProbeError(text: "the probe printed nothing") }
      if last == "done" { break }
      let latest = lines.last { $0.hasPrefix("case ") } ?? "", call = lines.last { $0.hasPrefix("call ") } ?? ""
      guard let number = latest.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
        throw ProbeError(text: "the probe ended before its first case: \(last)")
      }
      #expect(status == 77 && last.hasPrefix("fault "), "\(latest), \(call): \(last), status \(status)")
      if last.hasPrefix("fault "), last.count < 30 { silent.append("\(call): \(last)") }
      refused += 1
      next = number + 1
    }
    // Neither may be a rarity, or the arguments are not hostile, or not sensible, enough.
    #expect(refused > (end - first) / 10 && refused < (end - first) * 3 / 4, "\(refused) of \(end - first) refused")
    #expect(silent.isEmpty, "messages that say too little")
  }

  struct ProbeError: Error { let text: String }

  /// Runs cases until one ends the process; what was printed, line by line, and the exit status.
  private static func run(_ first: Int, _ count: Int) throws -> (lines: [String], status: Int32) {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: Probe.path("hostile-probe"))
    // An absurd size is to be refused by the allocator; the address sanitizer would end the process for it.
    process.environment = ProcessInfo.processInfo.environment.merging(["ASAN_OPTIONS": "allocator_may_return_null=1"]) {
      "\($0):\($1)"
    }
    process.arguments = ["\(first)", "\(count)"]
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init), process.terminationStatus)
  }
}
