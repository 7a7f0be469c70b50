/// Lines over a common axis: losses and accuracies by epoch.
///
/// ```swift
/// var chart = LineChart("Loss", xLabel: "epoch", isLog: true)
/// chart.add("train", trainLosses)
/// chart.add("validation", validationLosses)
/// try chart.write(to: "loss.png")
/// ```
/// Where a value is NaN or infinite, or not positive on a logarithmic axis, the line has a gap.
public struct LineChart: Sendable, Chart {
  /// A line.
  public struct Series: Sendable {
    /// What the legend calls it.
    public let name: String
    /// Where its points stand, from left to right.
    public let x: [Double]
    /// How high.
    public let y: [Double]
  }

  /// What stands above.
  public var title: String
  /// What the horizontal axis counts.
  public var xLabel: String
  /// What the vertical axis measures.
  public var yLabel: String
  /// Whether the vertical axis is logarithmic.
  public var isLog: Bool
  /// The sheet's size in points.
  public var size: (width: Double, height: Double)
  /// The lines, in the legend's order.
  public private(set) var series: [Series] = []

  /// A chart without lines.
  public init(
    _ title: String = "", xLabel: String = "", yLabel: String = "", isLog: Bool = false,
    size: (width: Double, height: Double) = (720, 440)
  ) {
    (self.title, self.xLabel, self.yLabel, self.isLog, self.size) = (title, xLabel, yLabel, isLog, size)
  }

  /// Adds a line.
  /// - Parameters:
  ///   - name: what the legend calls it.
  ///   - y: the values.
  ///   - x: where they stand; at 1, 2, 3 and so on unless told. Points past the shorter of the two are left out.
  public mutating func add(_ name: String, _ y: [Double], x: [Double]? = nil) {
    series.append(Series(name: name, x: x ?? y.indices.map { Double($0 + 1) }, y: y))
  }

  /// The chart on its sheet, which is higher than asked for where a long legend needs it.
  public var drawing: Drawing {
    let width = max(160, size.width)
    let legend = legend(width - 32)
    var top = 16.0 + (title.isEmpty ? 0 : 30)
    let below = xLabel.isEmpty ? 32.0 : 52
    let legendTop = top
    top += legend.isEmpty ? 4 : 20 * Double(legend.count) + 10
    var sheet = Drawing(width: width, height: max(size.height, top + 60 + below))
    if !title.isEmpty {
      // A long one is set smaller, so that it stays on the sheet.
      let room = (width - 32) / max(1, StrokeFont.width(title, size: 16))
      sheet.text(title, 16, 30, size: 16 * min(1, room))
    }
    for (row, entries) in legend.enumerated() {
      for entry in entries {
        let (x, y) = (16 + entry.x, legendTop + 20 * Double(row) + 6)
        sheet.line([.init(x, y), .init(x + 18, y)], width: 2.5, color(entry.index), dash: dash(entry.index))
        sheet.text(series[entry.index].name, x + 26, y + 4)
      }
    }

    let xs = series.flatMap { zip($0.x, $0.y).map(\.0) }
    let bottom = sheet.height - below
    let vertical = Axis(
      series.lazy.flatMap { zip($0.x, $0.y).map(\.1) }, isLog: isLog, margin: 0.05,
      count: max(2, Int((bottom - top) / 55)))
    let names = vertical.ticks.map { StrokeFont.width($0.label, size: 12) }
    let left = (16 + (yLabel.isEmpty ? 0 : 22) + (names.max() ?? 0) + 8).rounded()
    let right = sheet.width - 24
    let horizontal = Axis(
      xs, wholeSteps: xs.allSatisfy { !$0.isFinite || $0.rounded() == $0 }, margin: 0.02,
      count: max(2, Int((right - left) / 90)))
    func place(_ x: Double, _ y: Double) -> Drawing.Point? {
      guard let across = horizontal.place(x), let up = vertical.place(y) else { return nil }
      return Drawing.Point(left + across * (right - left), bottom - up * (bottom - top))
    }

    for tick in vertical.ticks {
      // Lines a point wide are sharp where they stand on whole pixels.
      guard let y = vertical.place(tick.value).map({ (bottom - $0 * (bottom - top) - 0.5).rounded() }) else { continue }
      let color = tick.label.isEmpty ? Color.fineGrid : Color.grid
      sheet.rectangle(left, y, right - left, 1, color)
      sheet.text(tick.label, left - 8, y + 5, color: .faint, .end)
    }
    for tick in horizontal.ticks {
      guard let x = horizontal.place(tick.value).map({ (left + $0 * (right - left) - 0.5).rounded() }) else { continue }
      sheet.rectangle(x, bottom, 1, 4, .faint)
      sheet.text(tick.label, x + 0.5, bottom + 18, color: .faint, .middle)
    }
    sheet.rectangle(left, bottom, right - left, 1, .faint)
    sheet.text(xLabel, (left + right) / 2, sheet.height - 14, color: .ink, .middle)
    sheet.text(yLabel, 26, (top + bottom) / 2, color: .ink, .middle, upwards: true)

    for (index, line) in series.enumerated() {
      let points = zip(line.x, line.y).map { place($0, $1) }
      for part in points.split(separator: nil) {
        let part = part.map { $0! }
        if part.count > 1 { sheet.line(part, width: 2, color(index), dash: dash(index)) }
        // A point between two gaps would not be seen; few points are worth seeing one by one.
        if part.count == 1 || points.count <= 30 {
          for point in part { sheet.dot(point, radius: 3, color(index)) }
        }
      }
    }
    return sheet
  }

  private func color(_ index: Int) -> Color { Color.series[index % Color.series.count] }

  /// When colours come round again, lines are dashed, ever shorter.
  private func dash(_ index: Int) -> Double? {
    let round = index / Color.series.count
    return round == 0 ? nil : 8 / Double(round)
  }

  /// The names of the lines in as many rows as they take, and where each begins.
  private func legend(_ width: Double) -> [[(index: Int, x: Double)]] {
    var (rows, x): ([[(index: Int, x: Double)]], Double) = ([], 0)
    for (index, line) in series.enumerated() where !line.name.isEmpty {
      let length = 26 + StrokeFont.width(line.name, size: 12)
      if rows.isEmpty || x + length > width {
        rows.append([])
        x = 0
      }
      rows[rows.count - 1].append((index, x))
      x += length + 20
    }
    return rows
  }
}
