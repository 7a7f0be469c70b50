import Foundation
import Testing

/// What a step of training costs in numbers that do not depend on how fast the machine is, held from above by counts.txt.
///
/// The counting program is a process of its own, since other tests share this one's allocator.
@Suite struct SpeedGuardTests {
  @Test func noStepCostsMoreThanItDid() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "counts.txt")
    let limits = Self.entries(try String(contentsOf: file, encoding: .utf8))
    let found = Self.entries(try Self.count())
    #expect(found.keys.sorted() == limits.keys.sorted(), "counts.txt has other entries; \(Self.acceptance)")
    for (name, limit) in limits.sorted(by: { $0.key < $1.key }) {
      let now = found[name] ?? 0
      #expect(now <= limit, "\(name) of a step grew from \(limit) to \(now). \(Self.acceptance)")
    }
  }

  /// A limit that nothing can hold must be told, by name and in words that say what to do.
  @Test func whatGrewIsNamed() {
    let limits = Self.entries("# a comment\nmlp ops 10\nmlp nodes 3\n")
    #expect(limits == ["mlp: ops": 10, "mlp: nodes": 3])
    #expect(Self.acceptance.contains("torch-bench --counts > Tests/SpeedGuardTests/counts.txt"))
  }

  private static let acceptance =
    "If that is right: OMP_NUM_THREADS=2 .build/release/torch-bench --counts > Tests/SpeedGuardTests/counts.txt"

  /// The counts of a table by workload and name.
  private static func entries(_ text: String) -> [String: Int] {
    var entries: [String: Int] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      guard words.count == 3, let count = Int(words[2]) else { continue }
      entries["\(words[0]): \(words[1])"] = count
    }
    return entries
  }

  private static func count() throws -> String {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    func isThere() -> Bool {
      FileManager.default.isExecutableFile(atPath: folder.appending(path: "torch-bench").path)
    }
    while folder.path != "/", !isThere() { folder.deleteLastPathComponent() }
    let process = Process(), pipe = Pipe()
    process.executableURL = folder.appending(path: "torch-bench")
    process.arguments = ["--counts"]
    process.environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "2"]) { $1 }
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }
}
