import Foundation

/// Ops that belong together by how much they matter: names one a line, `#` begins a comment.
package struct Tier {
  let name: String
  let ops: Set<String>

  package init(_ path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw CaseError("cannot read \(path)") }
    name = String(path.split(separator: "/").last ?? "")
    ops = Set(
      text.split(separator: "\n").compactMap { line in
        line.prefix { $0 != "#" }.split(separator: " ").first.map(String.init)
      })
  }

  /// `tier1.txt: N passed, N failed, N unsupported (P %)`
  package func summary(of results: [CaseResult]) -> String {
    let own = results.filter { $0.kind == .op && ops.contains($0.group) }
    let unsupported = own.count { $0.message(of: .unsupportedKind) != nil }
    let tenths = own.isEmpty ? 0 : (unsupported * 1000 + own.count / 2) / own.count
    return "\(name): \(Report(own).summary) (\(tenths / 10).\(tenths % 10) %)"
  }
}
