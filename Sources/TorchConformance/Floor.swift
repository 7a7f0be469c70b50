import Foundation

/// Numbers as ranges, `0-5,7`.
struct IDRanges {
  let ids: [Int]
  init(_ ids: some Sequence<Int>) { self.ids = Array(ids) }

  init?(_ text: some StringProtocol) {
    var ids: [Int] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-").map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
        return nil
      }
      ids += first...last
    }
    self.ids = ids
  }

  var text: String {
    var parts: [String] = []
    var rest = ids.sorted()[...]
    while let first = rest.popFirst() {
      var last = first
      while rest.first == last + 1 { last = rest.removeFirst() }
      parts.append(first == last ? "\(first)" : "\(first)-\(last)")
    }
    return parts.joined(separator: ",")
  }
}

/// The cases that pass and must go on passing: one line a group, `op add 0-15`.
package struct Floor {
  private(set) var cases: [String: Set<Int>] = [:]

  package init(_ path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw CaseError("cannot read \(path)") }
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      guard words.count == 3, let ranges = IDRanges(words[2]) else { throw CaseError("\(path): no floor: \(line)") }
      cases["\(words[0]) \(words[1])"] = Set(ranges.ids)
    }
  }

  package init(passing results: [CaseResult]) {
    for result in results where result.verdict == .passed { cases[result.key, default: []].insert(result.id) }
  }

  /// Cases of the floor that were run and did not pass.
  package func fallen(_ results: [CaseResult]) -> [CaseResult] {
    results.filter { $0.verdict != .passed && cases[$0.key]?.contains($0.id) == true }
  }

  /// Cases that pass and that the floor does not hold yet.
  package func risen(_ results: [CaseResult]) -> [CaseResult] {
    results.filter { $0.verdict == .passed && cases[$0.key]?.contains($0.id) != true }
  }

  /// Cases of the floor that no group has: a file went missing.
  package func lost(_ results: [CaseResult]) -> Int {
    var known: [String: Set<Int>] = [:]
    for result in results { known[result.key, default: []].insert(result.id) }
    return cases.reduce(0) { $0 + $1.value.subtracting(known[$1.key] ?? []).count }
  }

  package var text: String {
    "# The cases that pass and must go on passing; torch-conformance --write-floor adds to it.\n"
      + cases.sorted { $0.key < $1.key }.map { "\($0.key) \(IDRanges($0.value).text)\n" }.joined()
  }
}
