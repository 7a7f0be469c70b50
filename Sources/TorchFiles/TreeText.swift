import TorchUtils

/// A tree in aligned columns.
struct TreeText {
  /// Whether long lists are shown whole.
  var all = false
  /// How many levels are shown.
  var depth = Int.max
  var style = TextStyle()
  /// A list of more shows this many less two, and how many are left.
  var listLimit = 12

  /// A line before its columns are aligned.
  private struct Row {
    var branch: String
    var label: String
    var isGroup = false
    /// A value, or what a group is.
    var text = ""
    var tensor: [String] = []
    var note = ""
  }

  func lines(_ root: FileNode) -> [String] {
    var rows: [Row] = []
    if case .group = root.content {
    } else {
      add(root, to: &rows, branch: "", below: "", level: 0)
    }
    addChildren(of: root, to: &rows, below: "", level: 1)
    // Labels of unusual length push their own line only.
    let labels = rows.map { displayWidth($0.branch) + displayWidth($0.label) }
    let first = labels.filter { $0 <= 56 }.max() ?? 0
    let widths = (0..<3).map { column in rows.map { $0.tensor.isEmpty ? 0 : displayWidth($0.tensor[column]) }.max() ?? 0
    }
    return rows.map { row in
      let label = style.dim(row.branch) + (row.isGroup ? style.bold(row.label) : row.label)
      var line = label + String(repeating: " ", count: max(0, first - displayWidth(row.branch + row.label)))
      if !row.tensor.isEmpty {
        line += "  " + style.cyan(pad(row.tensor[0], to: widths[0])) + "  " + pad(row.tensor[1], to: widths[1]) + "  "
        line += style.dim(pad(row.tensor[2], to: widths[2], right: true))
      } else if !row.text.isEmpty {
        line += "  " + (row.isGroup ? style.dim(row.text) : row.text)
      }
      if !row.note.isEmpty { line += "  " + style.yellow(row.note) }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  private func add(_ node: FileNode, to rows: inout [Row], branch: String, below: String, level: Int) {
    var row = Row(branch: branch, label: node.label)
    switch node.content {
    case .value(_, let text): row.text = text
    case .again(let place): row.text = "the same as \(place)"
    case .group(_, let title):
      row.isGroup = true
      row.text = title + (node.sum.tensors > 0 ? " · \(sizeText(node.sum))" : "")
      if level >= depth, !node.children.isEmpty { row.text += " …" }
    case .tensor(let tensor):
      row.tensor = [tensor.dtype, "\(tensor.shape)", tensor.byteCount.map(byteText) ?? "? B"]
      var notes = tensor.notes
      if let strides = tensor.strides { notes.append("strides \(strides)") }
      if let place = tensor.sharesWith { notes.append(tensor.isSame ? "= \(place)" : "shares memory with \(place)") }
      row.note = notes.joined(separator: ", ")
    }
    rows.append(row)
    if level < depth { addChildren(of: node, to: &rows, below: below, level: level + 1) }
  }

  private func addChildren(of node: FileNode, to rows: inout [Row], below: String, level: Int) {
    let isLong = !all && node.isList && node.children.count > listLimit
    let shown = isLong ? node.children.prefix(listLimit - 2) : node.children[...]
    for (index, child) in shown.enumerated() {
      let isLast = !isLong && index == shown.count - 1
      add(
        child, to: &rows, branch: below + (isLast ? style.corner : style.tee),
        below: below + (isLast ? style.blank : style.bar), level: level)
    }
    if isLong {
      rows.append(
        Row(
          branch: below + style.corner, label: "\(style.ellipsis) \(node.children.count - shown.count) more",
          text: "--all shows them"))
    }
  }
}

/// What a line is drawn with.
struct TextStyle {
  var hasColor = false
  var isUnicode = true

  var tee: String { isUnicode ? "├─ " : "|- " }
  var corner: String { isUnicode ? "└─ " : "`- " }
  var bar: String { isUnicode ? "│  " : "|  " }
  var blank: String { "   " }
  var ellipsis: String { isUnicode ? "…" : "..." }

  func bold(_ text: String) -> String { paint(text, "1") }
  func dim(_ text: String) -> String { paint(text, "2") }
  func cyan(_ text: String) -> String { paint(text, "36") }
  func yellow(_ text: String) -> String { paint(text, "33") }

  private func paint(_ text: String, _ code: String) -> String {
    hasColor && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}

/// A count with commas: 23,456.
func countText(_ count: Int) -> String {
  let digits = String(count.magnitude)
  var text = count < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}

/// A size in powers of ten: 90.9 MB.
func byteText(_ bytes: Int) -> String {
  let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
  if bytes < 1000 { return "\(bytes) B" }
  var value = Double(bytes), unit = -1
  while value >= 999.95, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// How much there is, in a few words.
func sizeText(_ sum: Totals) -> String { "\(elementText(sum.elements)), \(byteText(sum.bytes))" }

func elementText(_ count: Int) -> String { "\(countText(count)) element\(count == 1 ? "" : "s")" }
