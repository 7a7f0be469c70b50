/// Keeps Adapters.swift to translating arguments: no arithmetic, no literals to compute with, one op a function.
package struct AdapterLint {
  /// Operators that no adapter may use on anything.
  static let operators = ["+", "-", "*", "/", "%", "&&", "||", "==", "<", "!", "?", "~", "^", "&"]

  package init() {}

  package func complaints(_ source: String) -> [TableError] {
    var found: [TableError] = []
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let code = self.code(line)
      for name in Self.operators where code.contains(name) {
        found.append(.init(line: index + 1, message: "operator \(name) in an adapter; translate arguments only"))
      }
      let calls = code.matches(of: /\.[a-z][A-Za-z0-9_]*\(/).count
      if calls > 1 { found.append(.init(line: index + 1, message: "more than one call in an adapter")) }
      if ["for ", "while ", "repeat "].contains(where: { code.trimmed.hasPrefix($0) }) {
        found.append(.init(line: index + 1, message: "a loop in an adapter; translate arguments only"))
      }
    }
    return found
  }

  /// The line without comments, texts and arrows.
  private func code(_ line: Substring) -> String {
    var text = "", inString = false
    for character in line {
      if character == "\"" { inString.toggle() } else if !inString { text.append(character) }
    }
    if let comment = text.firstRange(of: "//") { text = String(text[..<comment.lowerBound]) }
    return text.replacing("->", with: "")
  }
}
