/// Reads the table. The grammar stands at its head.
package struct TableReader {
  private var section = Row.Section.ops
  private var family = ""

  package init() {}

  package mutating func rows(_ text: String) throws(TableError) -> [Row] {
    var rows: [Row] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmed
      if line.isEmpty || line.hasPrefix("//") { continue }
      if line.hasPrefix("## ") {
        family = String(line.dropFirst(3))
      } else if line.hasPrefix("# ") {
        guard let section = Row.Section(rawValue: String(line.dropFirst(2))) else {
          throw TableError(line: index + 1, message: "no section \(line.dropFirst(2))")
        }
        self.section = section
        family = ""
      } else {
        rows += try read(String(line), line: index + 1)
      }
    }
    return rows
  }

  private func read(_ text: String, line: Int) throws(TableError) -> [Row] {
    func fail(_ message: String) -> TableError { TableError(line: line, message: message) }
    guard let arrow = text.firstRange(of: " => ") else { throw fail("no => between PyTorch and Swift") }
    var rest = String(text[arrow.upperBound...])
    var attributes: [String] = []
    if let semicolon = rest.firstIndex(of: ";") {
      attributes = rest[rest.index(after: semicolon)...].split(separator: ";").map { $0.trimmed }
      rest = rest[..<semicolon].trimmed
    }
    var result = section == .ops ? "Tensor" : ""
    if let marker = rest.firstRange(of: " -> ") {
      result = rest[marker.upperBound...].trimmed
      rest = rest[..<marker.lowerBound].trimmed
    }
    let (torchName, arguments) = try torchSide(String(text[..<arrow.lowerBound]), fail)
    var (callee, parameters) = try swiftSide(rest, fail)
    if section != .ops, case .function(let name) = callee { callee = .type(name) }
    var row = Row(
      section: section, family: family, line: line, torchName: torchName, arguments: arguments, callee: callee,
      parameters: parameters, result: result, dtypes: "all", isDifferentiable: true, calls: [],
      isLabelException: false)
    var inPlace = false
    var aliases: [String] = []
    for attribute in attributes {
      switch attribute {
      case "inplace": inPlace = true
      case "nograd": row.isDifferentiable = false
      case "labels": row.isLabelException = true
      case "floats", "numbers", "integers", "integral", "bool", "nointegers", "nohalf": row.dtypes = attribute
      case _ where attribute.hasPrefix("alias("):
        aliases = attribute.dropFirst(6).dropLast().split(separator: ",").map { $0.trimmed }
      case _ where attribute.hasPrefix("call(") || attribute.hasPrefix("call."):
        let name = attribute.prefix { $0 != "(" }
        let parameters = try self.parameters(String(attribute.dropFirst(name.count + 1).dropLast()), fail)
        row.calls.append(.init(method: name == "call" ? nil : String(name.dropFirst(5)), parameters: parameters))
      default: throw fail("unknown attribute \(attribute)")
      }
    }
    if section == .modules, row.calls.isEmpty {
      row.calls = [.init(parameters: [.init(label: nil, name: "input", types: ["Tensor"], standard: nil)])]
    }
    var rows = [row]
    if inPlace {
      guard case .method(let name) = row.callee else { throw fail("only a method has an in-place form") }
      var second = row
      second.torchName += "_"
      second.callee = .method(name + "_")
      second.result = "Tensor"
      rows.append(second)
    }
    let named = rows
    for alias in aliases {
      for row in named { rows.append(try renamed(row, alias, fail)) }
    }
    return rows
  }

  /// The row under another of PyTorch's names.
  private func renamed(_ row: Row, _ alias: String, _ fail: Fail) throws(TableError) -> Row {
    var other = row
    let name = alias + (row.torchName.hasSuffix("_") ? "_" : "")
    other.torchName = name
    other.aliasOf = row.swiftName
    switch row.callee {
    case .method: other.callee = .method(camelCase(name))
    case .function: other.callee = .function("Tensor." + camelCase(name))
    default: throw fail("only methods and functions of Tensor have aliases")
    }
    return other
  }

  private typealias Fail = (String) -> TableError

  private func torchSide(_ text: String, _ fail: Fail) throws(TableError) -> (String, [Row.Argument]) {
    guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else { throw fail("PyTorch's side wants name(...)") }
    var arguments: [Row.Argument] = []
    for part in text[text.index(after: open)...].dropLast().split(separator: ",") {
      let part = part.trimmed
      if part == "*" { continue }
      if let equal = part.firstIndex(of: "=") {
        let value = part[part.index(after: equal)...]
        let isExact = value.hasPrefix("=")
        arguments.append(
          .init(name: String(part[..<equal]), fixed: String(isExact ? value.dropFirst() : value), isExact: isExact))
      } else if part.hasPrefix("*") {
        arguments.append(.init(name: String(part.dropFirst()), isVariadic: true))
      } else {
        arguments.append(.init(name: part))
      }
    }
    return (text[..<open].trimmed, arguments)
  }

  private func swiftSide(_ text: String, _ fail: Fail) throws(TableError) -> (Row.Callee, [Row.Parameter]) {
    guard let open = text.firstIndex(of: "(") else {
      guard text.hasPrefix(".") else { throw fail("Swift's side wants .name, name(...) or Type.name(...)") }
      return (.property(String(text.dropFirst())), [])
    }
    guard text.hasSuffix(")") else { throw fail("Swift's side does not end with )") }
    let name = String(text[..<open])
    let parameters = try parameters(String(text[text.index(after: open)...].dropLast()), fail)
    if name.hasPrefix("@") { return (.adapter(String(name.dropFirst())), parameters) }
    if name.hasPrefix("."), name.dropFirst().first?.isLetter == true {
      return (.method(String(name.dropFirst())), parameters)
    }
    if let first = name.first, first.isLetter { return (.function(name), parameters) }
    return (.op(name), parameters)
  }

  /// Splits at the commas outside of brackets.
  private func parameters(_ text: String, _ fail: Fail) throws(TableError) -> [Row.Parameter] {
    var parts: [String] = [], depth = 0, current = ""
    for character in text {
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      if character == "," && depth == 0 {
        parts.append(current)
        current = ""
      } else {
        current.append(character)
      }
    }
    if !current.trimmed.isEmpty { parts.append(current) }
    var result: [Row.Parameter] = []
    for part in parts {
      guard let colon = part.firstIndex(of: ":") else { throw fail("parameter \(part) has no type") }
      let words = part[..<colon].split(separator: " ").map(String.init)
      guard (1...2).contains(words.count) else { throw fail("parameter \(part) wants label and name") }
      var type = part[part.index(after: colon)...].trimmed
      var standard: String?
      if let equal = type.firstRange(of: " = ") {
        standard = type[equal.upperBound...].trimmed
        type = type[..<equal.lowerBound].trimmed
      }
      result.append(
        .init(
          label: words[0] == "_" ? nil : words[0], name: words[words.count - 1],
          types: type.split(separator: "|").map(String.init), standard: standard))
    }
    return result
  }
}

/// The name in PyTorch of a name in Swift.
package func snakeCase(_ name: String) -> String {
  var result = ""
  for character in name {
    if character.isUppercase, !result.isEmpty { result.append("_") }
    result += character.lowercased()
  }
  return result
}

extension StringProtocol {
  /// Without the spaces around it.
  var trimmed: String {
    var part = self[...]
    while part.first == " " { part = part.dropFirst() }
    while part.last == " " { part = part.dropLast() }
    return String(part)
  }
}
