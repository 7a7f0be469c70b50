/// The rules of names, HOUSE's "PyTorch's argument names as labels", checked over the table.
package struct Lint {
  /// Methods whose shape and dim arguments stand without a label.
  static let unlabeled: Set<String> = [
    "view", "reshape", "permute", "transpose", "swapdims", "swapaxes", "unsqueeze", "squeeze", "size", "expand",
    "flatten", "repeat",
  ]
  /// Operands that may stand without a label.
  static let operands: Set<String> = ["Tensor", "Tensor?", "[Tensor]", "[Tensor?]"]

  package init() {}

  package func complaints(_ rows: [Row]) -> [TableError] { rows.flatMap(complaints) }

  private func complaints(_ row: Row) -> [TableError] {
    var found: [String] = []
    let known = Dictionary(row.arguments.map { ($0.name, $0) }) { first, _ in first }
    var leading = true
    for parameter in row.parameters {
      let torchName = torchName(of: parameter, in: row)
      if known[torchName] == nil { found.append("\(parameter.name) is no argument of \(row.torchName)") }
      if known[torchName]?.fixed != nil { found.append("\(parameter.name) is an argument and fixed") }
      if parameter.standard != nil { leading = false }
      if row.isLabelException { continue }
      if let label = parameter.label {
        if label != camelCase(torchName) && !isPreposition(label, of: row) {
          found.append("label \(label) for PyTorch's \(torchName), the rule gives \(camelCase(torchName))")
        }
      } else if !mayBeUnlabeled(parameter, in: row, leading: leading) {
        found.append("\(parameter.name) stands without a label; the rule gives \(camelCase(torchName)):")
      }
    }
    let used = Set(row.parameters.map { self.torchName(of: $0, in: row) })
    for (index, argument) in row.arguments.enumerated() {
      if argument.fixed != nil || used.contains(argument.name) { continue }
      if index == 0, isMember(row) || row.section == .schedulers { continue }
      found.append("argument \(argument.name) has no Swift parameter; write \(argument.name)=VALUE if there is none")
    }
    if let complaint = nameComplaint(row) { found.append(complaint) }
    return found.map { TableError(line: row.line, message: "\(row.torchName): \($0)") }
  }

  /// Whether PyTorch's first argument is the receiver.
  private func isMember(_ row: Row) -> Bool {
    switch row.callee {
    case .method, .property: true
    default: false
    }
  }

  private func torchName(of parameter: Row.Parameter, in row: Row) -> String {
    row.arguments.first { $0.name == parameter.name }?.name ?? snakeCase(parameter.name)
  }

  private func mayBeUnlabeled(_ parameter: Row.Parameter, in row: Row, leading: Bool) -> Bool {
    if parameter.types.contains(where: { Self.operands.contains($0) }) { return true }
    switch row.callee {
    case .op, .adapter: return true
    case .type: return leading || row.swiftName.contains("Dropout") && parameter.name == "p"
    // A factory is a constructor.
    case .function(let path) where path.hasPrefix("Tensor."): return leading || path == "Tensor.eye"
    case .function(let path) where path.hasPrefix("Special.") || path.hasPrefix("Signal."): return leading
    case .method("to"): return true
    case .method(let name) where name.hasPrefix("new"): return leading
    default:
      return Self.unlabeled.contains(String(row.swiftName.trimmingSuffix { $0 == "_" })) || parameter.name == "exponent"
    }
  }

  /// `zeros(like:)`, `view(as:)`, `broadcast(to:)`: the end of PyTorch's name.
  private func isPreposition(_ label: String, of row: Row) -> Bool { row.torchName.hasSuffix("_" + label) }

  private func nameComplaint(_ row: Row) -> String? {
    guard row.section == .ops else { return row.swiftName == row.torchName ? nil : "Swift's name is \(row.swiftName)" }
    switch row.callee {
    case .op, .adapter: return nil
    default: break
    }
    let last = row.torchName.split(separator: ".").last.map(String.init) ?? row.torchName
    var wanted = camelCase(last)
    if let label = row.parameters.first?.label, isPreposition(label, of: row) {
      wanted = camelCase(String(last.dropLast(label.count + 1)))
    }
    return wanted == row.swiftName || row.isLabelException
      ? nil : "Swift's name is \(row.swiftName), the rule gives \(wanted)"
  }
}

extension String {
  /// Without the characters at its end that hold a test.
  fileprivate func trimmingSuffix(_ test: (Character) -> Bool) -> Substring {
    var part = self[...]
    while let last = part.last, test(last) { part = part.dropLast() }
    return part
  }
}
