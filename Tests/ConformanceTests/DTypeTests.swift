import Foundation
import Testing
import TorchSignatures

/// The dtypes that the signature table claims, against the cases that pass.
@Suite struct DTypeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private struct Result: Decodable {
    struct Entry: Decodable { let kind, group, dtype, verdict: String }
    let cases: [Entry]
  }

  private struct Name: Decodable {
    struct Call: Decodable { let target: String }
    let group: String
    let call: Call?
  }

  /// A class of dtypes is claimed only where a case of each of its kinds passes. (That no case passes outside of the
  /// class the runner sees to itself.)
  @Test func claimsAreShown() throws {
    let cases = Self.root + "/Tests/Conformance/cases", json = NSTemporaryDirectory() + "dtypes-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: json) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Planted.program("torch-conformance"))
    process.arguments = [cases, "--kind", "op", "--json", json]
    process.standardOutput = Pipe()
    try process.run()
    process.waitUntilExit()

    func read<T: Decodable>(_ path: String, as type: T.Type) throws -> T {
      try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
    let names = try read(cases + "/names.json", as: [Name].self)
    let targets = Dictionary(names.map { ($0.group, $0.call?.target.dropFirst(6)) }) { first, _ in first }
    var passed: [String: Set<String>] = [:]
    for entry in try read(json, as: Result.self).cases where entry.verdict == "passed" {
      guard let target = targets[entry.group] ?? nil else { continue }
      passed[String(target), default: []].insert(entry.dtype)
    }
    #expect(passed.count > 100)

    let kinds: [String: Set<String>] = [
      "all": ["float32", "int64", "bool"], "numbers": ["float32", "int64"], "floats": ["float32"],
      "integral": ["int64", "bool"], "integers": ["int64"], "bool": ["bool"],
      "nointegers": ["float32", "bool"],
    ]
    var reader = TableReader()
    for row in try reader.rows(
      String(contentsOfFile: Self.root + "/Sources/TorchSignatures/table.txt", encoding: .utf8))
    {
      guard row.section == .ops, let shown = passed[row.torchName], let claimed = kinds[row.dtypes] else { continue }
      let missing = claimed.subtracting(shown)
      #expect(missing.isEmpty, "\(row.torchName) claims \(row.dtypes); no case passes for \(missing.sorted())")
    }
  }
}
