// A model as text, the way torch shows it.

extension Module: CustomStringConvertible {
  /// The type, its arguments and its children, one a line.
  final func tree(childLines: [String]) -> String {
    let extra = extraRepr.isEmpty ? [] : extraRepr.split(separator: "\n", omittingEmptySubsequences: false)
    if childLines.isEmpty, extra.count <= 1 { return "\(typeName)(\(extraRepr))" }
    let lines = extra.map(String.init) + childLines.map(Self.indented)
    return "\(typeName)(\n" + lines.map { "  \($0)\n" }.joined() + ")"
  }

  /// All lines but the first moved right by one level.
  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n  ")
  }
}

/// A truth value as torch prints it.
func pythonBool(_ value: Bool) -> String { value ? "True" : "False" }
