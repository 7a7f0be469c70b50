import Foundation
import Torch

/// What a run says.
package struct Report {
  package let results: [CaseResult]
  package init(_ results: [CaseResult]) { self.results = results }

  /// Flags whose cases are told apart: PyTorch's own answer, or the file's tolerance, is doubtful there.
  static let doubtful = ["unstable", "unstable_grad", "undefined_cast", Tolerance.fittedFlag]

  package var failedCount: Int { results.count { if case .failed = $0.verdict { true } else { false } } }

  /// Results of one group, in order of the groups.
  private var groups: [(name: String, results: [CaseResult])] {
    var order: [String] = []
    var found: [String: [CaseResult]] = [:]
    for result in results {
      if found[result.key] == nil { order.append(result.key) }
      found[result.key, default: []].append(result)
    }
    return order.map { ($0, found[$0]!) }
  }

  /// One line for each group with a failed case.
  package var failures: [String] {
    groups.compactMap { name, results in
      let failed = results.compactMap { result in result.message(of: .failedKind).map { (result.id, $0) } }
      guard !failed.isEmpty else { return nil }
      return "\(name): \(failed.count) of \(results.count) failed: " + Self.gather(failed)
    }
  }

  /// One line for each group with an unsupported case.
  package var unsupported: [String] {
    groups.compactMap { name, results in
      let missing = results.compactMap { result in result.message(of: .unsupportedKind).map { (result.id, $0) } }
      guard !missing.isEmpty else { return nil }
      return "\(name): \(missing.count) of \(results.count) unsupported: " + Self.gather(missing)
    }
  }

  /// One line for each flag that makes PyTorch's answer doubtful.
  package var flagged: [String] {
    Self.doubtful.compactMap { flag in
      let own = results.filter { $0.flags.contains(flag) }
      guard !own.isEmpty else { return nil }
      let failed = own.filter { $0.message(of: .failedKind) != nil }
      let named = flag == Tolerance.fittedFlag ? own : failed
      let names = named.isEmpty ? "" : ": " + named.map { "\($0.key) #\($0.id)" }.joined(separator: ", ")
      return "\(flag): \(Report(own).summary)\(names)"
    }
  }

  /// `N passed, N failed, N unsupported`
  package var summary: String {
    let unsupported = results.count { $0.message(of: .unsupportedKind) != nil }
    return "\(results.count - failedCount - unsupported) passed, \(failedCount) failed, \(unsupported) unsupported"
  }

  /// Equal messages once, with the cases they are of.
  private static func gather(_ messages: [(id: Int, text: String)]) -> String {
    var order: [String] = []
    var ids: [String: [Int]] = [:]
    for (id, text) in messages {
      if ids[text] == nil { order.append(text) }
      ids[text, default: []].append(id)
    }
    let shown = order.prefix(3).map { "#\(IDRanges(ids[$0]!).text) \($0)" }.joined(separator: " | ")
    return order.count > 3 ? "\(shown) | and \(order.count - 3) other reasons" : shown
  }

  /// Every case, for programs.
  package var json: String {
    let lines = results.map { result in
      let (verdict, message) = result.words
      let fields = [
        ("kind", result.kind.rawValue), ("group", result.group), ("dtype", result.dtype), ("verdict", verdict),
        ("message", message),
      ].map { "\(JSON.quoted($0)):\(JSON.quoted($1))" }
      let flags = result.flags.map { JSON.quoted($0) }.joined(separator: ",")
      return "{\"id\":\(result.id),\(fields.joined(separator: ",")),\"flags\":[\(flags)]}"
    }
    return "{\"summary\":\(JSON.quoted(summary)),\"cases\":[\n\(lines.joined(separator: ",\n"))\n]}\n"
  }
}

extension CaseResult {
  enum Kinds { case failedKind, unsupportedKind }

  /// The group with its kind, `op add`.
  package var key: String { "\(kind.rawValue) \(group)" }

  func message(of kind: Kinds) -> String? {
    switch (verdict, kind) {
    case (.failed(let text), .failedKind), (.unsupported(let text), .unsupportedKind): text
    default: nil
    }
  }

  var words: (verdict: String, message: String) {
    switch verdict {
    case .passed: ("passed", "")
    case .failed(let text): ("failed", text)
    case .unsupported(let text): ("unsupported", text)
    }
  }
}
