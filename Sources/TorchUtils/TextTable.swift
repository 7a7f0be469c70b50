/// A table for the terminal, all at once or row by row as the rows come.
///
/// ```swift
/// var table = TextTable(["epoch", "loss", "accuracy"])
/// table.append(["1", "0.4321", "91.2%"])
/// print(table)
///
/// let live = TextTable(["epoch", "loss", "accuracy"], widths: [5, 8, 8])
/// print(live.top)
/// for epoch in 1...3 { print(live.line(["\(epoch)", ...])) }
/// print(live.bottom)
/// ```
///
/// Columns whose cells are all numbers (a sign, a unit such as `%` or `s` allowed) stand to the right, others to the
/// left. Wide characters count as two columns.
public struct TextTable: Sendable, CustomStringConvertible {
  /// How the lines around the cells look.
  public enum Style: Sendable, Hashable {
    /// Box-drawing characters.
    case box
    /// Two spaces between columns and a row of dashes under the head.
    case plain
  }

  /// The words over the columns.
  public let columns: [String]
  /// The cells of the rows so far.
  public private(set) var rows: [[String]] = []
  /// How the lines look.
  public var style: Style
  private let minimumWidths: [Int]

  /// An empty table.
  ///
  /// - Parameters:
  ///   - columns: The words over the columns.
  ///   - widths: The least width of each column, for tables printed row by row; missing ones count as 0.
  ///   - style: Boxes where the locale shows them, unless told.
  public init(_ columns: [String], widths: [Int] = [], style: Style? = nil) {
    self.columns = columns
    minimumWidths = columns.indices.map { $0 < widths.count ? widths[$0] : 0 }
    self.style = style ?? (Terminal.speaksUnicode ? .box : .plain)
  }

  /// Adds a row: missing cells are empty, cells past the last column are left out.
  public mutating func append(_ cells: [String]) {
    rows.append(columns.indices.map { $0 < cells.count ? cells[$0] : "" })
  }

  /// The whole table, without a newline at its end.
  public var description: String {
    ([top] + rows.map(line) + [bottom]).filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// Everything above the first row.
  public var top: String {
    let head = join(columns.indices.map { pad(columns[$0], to: widths[$0], right: isNumeric($0)) })
    switch style {
    case .box: return [rule("┌", "┬", "┐"), head, rule("├", "┼", "┤")].joined(separator: "\n")
    case .plain: return head + "\n" + widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    }
  }

  /// One row, which need not be one of `rows`.
  public func line(_ cells: [String]) -> String {
    join(
      columns.indices.map { index in
        let cell = index < cells.count ? cells[index] : ""
        return pad(cell, to: widths[index], right: isNumeric(index, or: cell))
      })
  }

  /// Everything below the last row: empty in the plain style.
  public var bottom: String { style == .box ? rule("└", "┴", "┘") : "" }

  private var widths: [Int] {
    columns.indices.map { index in
      rows.reduce(max(minimumWidths[index], displayWidth(columns[index]))) { max($0, displayWidth($1[index])) }
    }
  }

  /// Whether every cell of a column is a number; without rows yet, a cell at hand or the word above decides nothing
  /// and numbers are what one expects.
  private func isNumeric(_ index: Int, or cell: String? = nil) -> Bool {
    let cells = rows.map { $0[index] }
    if cells.isEmpty { return cell.map(Self.isNumber) ?? (minimumWidths[index] > 0) }
    return cells.allSatisfy { $0.isEmpty || Self.isNumber($0) }
  }

  private static func isNumber(_ cell: String) -> Bool {
    if ["nan", "inf", "-inf", "-", ""].contains(cell) { return true }
    guard let last = cell.lastIndex(where: { $0.isNumber }) else { return false }
    let unit = cell[cell.index(after: last)...]
    return unit.count <= 3 && Double(cell[...last].filter { $0 != "," }) != nil
  }

  private func join(_ cells: [String]) -> String {
    switch style {
    case .box: return "│ " + cells.joined(separator: " │ ") + " │"
    case .plain:
      let text = cells.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
  }

  private func rule(_ left: String, _ middle: String, _ right: String) -> String {
    left + widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right
  }
}
