import Torch

extension Inspection {
  /// The report for machines: one JSON object.
  package func json() -> String {
    var fields = [
      field("path", JSON.quoted(path)), field("format", JSON.quoted(format)), field("bytes", "\(byteCount)"),
      field("facts", object(facts.map { ($0.name, JSON.quoted($0.text)) })),
      field(
        "totals",
        object([
          ("tensors", "\(root.sum.tensors)"), ("parameters", "\(root.sum.parameters)"),
          ("optimizer", "\(root.sum.optimizer)"),
          ("elements", "\(root.sum.elements)"), ("bytes", "\(root.sum.bytes)"),
          ("bytes_by_dtype", object(root.sum.bytesByDType.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") })),
        ])),
      field("content", json(root)),
    ]
    if !models.isEmpty {
      let list = models.map { object([("place", JSON.quoted($0.place)), ("text", JSON.quoted($0.text))]) }
      fields.append(field("models", "[\(list.joined(separator: ","))]"))
    }
    if !classes.isEmpty { fields.append(field("classes", "[\(classes.map(JSON.quoted).joined(separator: ","))]")) }
    return "{\(fields.joined(separator: ","))}"
  }

  private func field(_ name: String, _ value: String) -> String { "\(JSON.quoted(name)):\(value)" }

  private func object(_ fields: [(String, String)]) -> String {
    "{\(fields.map { field($0.0, $0.1) }.joined(separator: ","))}"
  }

  private func json(_ node: FileNode) -> String {
    var fields = [("name", JSON.quoted(node.label))]
    switch node.content {
    case .value(let kind, let text): fields += [("kind", JSON.quoted(kind)), ("text", JSON.quoted(text))]
    case .again(let place): fields += [("kind", "\"again\""), ("place", JSON.quoted(place))]
    case .group(let kind, let title):
      fields += [
        ("kind", JSON.quoted(kind)), ("title", JSON.quoted(title)), ("elements", "\(node.sum.elements)"),
        ("bytes", "\(node.sum.bytes)"), ("items", "[\(node.children.map(json).joined(separator: ","))]"),
      ]
    case .tensor(let tensor):
      fields += [("kind", "\"tensor\""), ("dtype", JSON.quoted(tensor.dtype)), ("shape", numbers(tensor.shape))]
      if let count = tensor.byteCount { fields.append(("bytes", "\(count)")) }
      if tensor.role != .plain { fields.append(("role", JSON.quoted(tensor.role.rawValue))) }
      if let strides = tensor.strides { fields.append(("strides", numbers(strides))) }
      if let place = tensor.sharesWith {
        fields.append((tensor.isSame ? "same_as" : "shares_with", JSON.quoted(place)))
      }
    }
    return object(fields)
  }

  private func numbers(_ values: [Int]) -> String { "[\(values.map(String.init).joined(separator: ","))]" }
}
