/// A table of numbers as coloured cells, such as a confusion matrix.
///
/// ```swift
/// try HeatMap(matrix, names: ["cat", "dog", "bird"], title: "Test set").write(to: "confusion.svg")
/// ```
public struct HeatMap: Sendable, Chart {
  /// What stands above.
  public var title: String
  /// What the columns are.
  public var xLabel: String
  /// What the rows are.
  public var yLabel: String
  /// The numbers that the colours show, row by row; NaN is left white.
  public let values: [[Double]]
  /// What stands in the cells; nothing where they are too small for it.
  public let texts: [[String]]
  /// The names of the rows.
  public let rowNames: [String]
  /// The names of the columns.
  public let columnNames: [String]

  /// A map of numbers.
  /// - Parameters:
  ///   - values: the numbers, row by row, rows equally long.
  ///   - texts: what stands in the cells; numbers of about three digits unless told.
  ///   - rowNames: positions where names are missing.
  ///   - columnNames: positions where names are missing.
  ///   - title: what stands above.
  ///   - xLabel: what the columns are.
  ///   - yLabel: what the rows are.
  public init(
    _ values: [[Double]], texts: [[String]]? = nil, rowNames: [String] = [], columnNames: [String] = [],
    title: String = "", xLabel: String = "", yLabel: String = ""
  ) {
    let width = values.map(\.count).max() ?? 0
    self.values = values.map { $0 + Array(repeating: .nan, count: width - $0.count) }
    self.texts = texts ?? values.map { $0.map(Self.short) }
    self.rowNames = values.indices.map { $0 < rowNames.count ? rowNames[$0] : "\($0)" }
    self.columnNames = (0..<width).map { $0 < columnNames.count ? columnNames[$0] : "\($0)" }
    (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
  }

  /// The counts of a confusion matrix: true classes downwards, predicted ones to the right.
  /// - Parameters:
  ///   - matrix: the counts.
  ///   - names: the classes; their numbers where names are missing.
  ///   - norm: over what the shares are, where shares shall be shown instead of counts.
  ///   - title: what stands above.
  public init(
    _ matrix: ConfusionMatrix, names: [String] = [], normalized norm: ConfusionMatrix.Norm? = nil,
    title: String = "Confusion matrix"
  ) {
    let counts = (0..<matrix.classes).map { row in (0..<matrix.classes).map { matrix[row, $0] } }
    self.init(
      norm.map { matrix.normalized(over: $0) } ?? counts.map { $0.map(Double.init) },
      texts: norm == nil ? counts.map { $0.map(String.init) } : nil, rowNames: names, columnNames: names, title: title,
      xLabel: "predicted", yLabel: "true")
  }

  /// The chart on its sheet.
  public var drawing: Drawing {
    let (rows, columns, range) = (rowNames.count, columnNames.count, range)
    // Large enough for what stands in it, small enough for the sheet.
    let widest = texts.joined().map { StrokeFont.width($0, size: 12) }.max() ?? 0
    let roomy = 600 / Double(max(1, rows, columns))
    let rowWidth = rowNames.map { StrokeFont.width($0, size: 12) }.max() ?? 0
    let columnWidth = columnNames.map { StrokeFont.width($0, size: 12) }.max() ?? 0
    // Columns are as wide as their names where the sheet has room for that.
    let flat = columnWidth + 12 <= min(roomy, 100) ? columnWidth + 12 : 0
    let cell = max(4, min(roomy, max(34, widest + 12, flat))).rounded()
    let showsTexts = cell >= widest + 6 && cell >= 18
    let upright = columnWidth > cell - 6
    let left = (16 + (yLabel.isEmpty ? 0 : 22) + rowWidth + 8).rounded()
    let top = title.isEmpty ? 16.0 : 48.0
    let (right, bottom) = (left + cell * Double(columns), top + cell * Double(rows))
    let namesHeight = upright ? columnWidth + 12 : 22
    let scaleWidth = 36 + scaleLabels.map { StrokeFont.width($0, size: 12) }.max()!
    var sheet = Drawing(
      width: max(right + 20 + scaleWidth + 16, 32 + StrokeFont.width(title, size: 16)).rounded(.up),
      height: max(bottom + namesHeight + (xLabel.isEmpty ? 10 : 32), 120).rounded(.up))
    sheet.text(title, 16, 30, size: 16)

    for (row, values) in values.enumerated() {
      for (column, value) in values.enumerated() where !value.isNaN {
        let (x, y) = (left + cell * Double(column), top + cell * Double(row))
        let color = Color.heat(part(value, of: range))
        sheet.rectangle(x, y, cell, cell, color)
        if showsTexts, row < texts.count, column < texts[row].count {
          sheet.text(texts[row][column], x + cell / 2, y + cell / 2 + 4, color: color.isLight ? .ink : .white, .middle)
        }
      }
    }
    if showsTexts {
      for row in 0...rows { sheet.rectangle(left, top + cell * Double(row), right - left, 1, .white) }
      for column in 0...columns { sheet.rectangle(left + cell * Double(column), top, 1, bottom - top, .white) }
    }
    frame(left, top, right - left, bottom - top, &sheet)

    // Every so many names, so that they do not touch.
    for row in stride(from: 0, to: rows, by: Int((16 / cell).rounded(.up))) {
      sheet.text(rowNames[row], left - 8, top + cell * (Double(row) + 0.5) + 4, color: .faint, .end)
    }
    for column in stride(from: 0, to: columns, by: upright ? Int((16 / cell).rounded(.up)) : 1) {
      let x = left + cell * (Double(column) + 0.5)
      if upright {
        sheet.text(columnNames[column], x + 4, bottom + 8, color: .faint, .end, upwards: true)
      } else {
        sheet.text(columnNames[column], x, bottom + 18, color: .faint, .middle)
      }
    }
    sheet.text(xLabel, (left + right) / 2, bottom + namesHeight + 18, color: .ink, .middle)
    sheet.text(yLabel, 26, (top + bottom) / 2, color: .ink, .middle, upwards: true)
    drawScale(right + 20, top, max(bottom - top, 60), &sheet)
    return sheet
  }

  /// The colours and the numbers at their ends.
  private func drawScale(_ x: Double, _ top: Double, _ height: Double, _ sheet: inout Drawing) {
    let steps = 48
    for step in 0..<steps {
      // Each reaches under the one before it, so that no seam shows.
      let y = top + height * Double(step) / Double(steps)
      sheet.rectangle(x, y, 14, top + height - y, .heat(1 - (Double(step) + 0.5) / Double(steps)))
    }
    frame(x, top, 14, height, &sheet)
    for (index, label) in scaleLabels.enumerated() {
      sheet.text(label, x + 20, top + 9 + (height - 9) * Double(index) / 2, color: .faint)
    }
  }

  private func frame(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ sheet: inout Drawing) {
    sheet.rectangle(x, y, width, 1, .grid)
    sheet.rectangle(x, y + height - 1, width, 1, .grid)
    sheet.rectangle(x, y, 1, height, .grid)
    sheet.rectangle(x + width - 1, y, 1, height, .grid)
  }

  /// From the least value, or 0 where none is below, to the greatest.
  private var range: ClosedRange<Double> {
    let finite = values.joined().filter(\.isFinite)
    let low = min(0, finite.min() ?? 0)
    return low...max(low, finite.max() ?? 0)
  }

  private func part(_ value: Double, of range: ClosedRange<Double>) -> Double {
    // Halves, so that the difference of the largest doubles does not overflow.
    let span = range.upperBound / 2 - range.lowerBound / 2
    return span > 0 ? (value / 2 - range.lowerBound / 2) / span : 0
  }

  private var scaleLabels: [String] {
    let range = range
    let labels = [range.upperBound, range.lowerBound / 2 + range.upperBound / 2, range.lowerBound].map { value in
      let text = Self.short(value)
      return text.contains(".") && text.hasSuffix("0") && !text.contains("e") ? String(text.dropLast()) : text
    }
    return range.lowerBound == range.upperBound ? ["", "", labels[2]] : labels
  }

  /// Whole numbers as they are, others in about three digits.
  private static func short(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    if value.rounded() == value, abs(value) < 1e7 { return fixed(value, 0) }
    let size = abs(value)
    if size >= 1e7 || size < 0.001 {
      var (mantissa, exponent) = (size, 0)
      while mantissa >= 9.95 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
      return (value < 0 ? "-" : "") + "\(fixed(mantissa, 1))e\(exponent)"
    }
    return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
  }
}
