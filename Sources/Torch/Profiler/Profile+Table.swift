/// What the rows of a table of averages are sorted by, the largest first, as `sort_by` of torch's.
public enum ProfileSortKey: Sendable, Hashable {
  /// The time of one call.
  case cpuTime
  /// The time of all calls, with what they called.
  case cpuTimeTotal
  /// The time of all calls, without what they called.
  case selfCPUTimeTotal
  /// The bytes asked for, with what was called.
  case cpuMemoryUsage
  /// The bytes that the calls themselves asked for.
  case selfCPUMemoryUsage
  /// The number of calls.
  case count
  /// The operations on numbers.
  case flops

  fileprivate func value(_ row: ProfileAverage) -> Double {
    switch self {
    case .cpuTime: row.cpuTime
    case .cpuTimeTotal: row.cpuTimeTotal
    case .selfCPUTimeTotal: row.selfCPUTimeTotal
    case .cpuMemoryUsage: Double(row.cpuMemoryUsage)
    case .selfCPUMemoryUsage: Double(row.selfCPUMemoryUsage)
    case .count: Double(row.count)
    case .flops: Double(row.flops)
    }
  }
}

extension ProfileAverages {
  private struct Column {
    let head: String
    var isText = false
    let cell: (ProfileAverage) -> String
  }

  /// The averages as text, as `key_averages().table` of torch's.
  ///
  /// Shares are of all self time that was recorded, on all threads. Columns without an entry are left out.
  /// - Parameters:
  ///   - sortBy: what comes first.
  ///   - rowLimit: how many rows there are at most.
  ///   - maxNameColumnWidth: longer names are cut off.
  public func table(
    sortBy: ProfileSortKey = .selfCPUTimeTotal, rowLimit: Int = 100, maxNameColumnWidth: Int = 55
  ) -> String {
    let sorted = rows.sorted { (sortBy.value($1), $0.name) < (sortBy.value($0), $1.name) }
    let shown = sorted.prefix(Swift.max(rowLimit, 0))
    let recorded = recordedSeconds
    var columns = [
      Column(head: "Name", isText: true) { Self.cut($0.name, to: maxNameColumnWidth) },
      Column(head: "Calls") { "\($0.count)" },
      Column(head: "Self CPU") { Self.time($0.selfCPUTimeTotal) },
      Column(head: "Self %") { Self.share($0.selfCPUTimeTotal, of: recorded) },
      Column(head: "CPU total") { Self.time($0.cpuTimeTotal) },
      Column(head: "Total %") { Self.share($0.cpuTimeTotal, of: recorded) },
      Column(head: "CPU avg") { Self.time($0.cpuTime) },
    ]
    if shown.contains(where: { $0.cpuMemoryUsage > 0 }) {
      columns.append(Column(head: "Memory") { Self.bytes($0.cpuMemoryUsage) })
      columns.append(Column(head: "Self mem") { Self.bytes($0.selfCPUMemoryUsage) })
    }
    if shown.contains(where: { $0.flops > 0 }) {
      columns.append(Column(head: "MFLOP") { $0.flops == 0 ? "" : Self.decimal(Double($0.flops) * 1e-6, 1) })
      columns.append(
        Column(head: "GFLOP/s") {
          $0.flops == 0 || $0.cpuTimeTotal == 0 ? "" : Self.decimal(Double($0.flops) * 1e-9 / $0.cpuTimeTotal, 1)
        })
    }
    if shown.contains(where: { $0.module != nil }) {
      columns.append(Column(head: "Module", isText: true) { $0.module ?? "" })
    }
    if shown.contains(where: { $0.shapes != nil }) {
      columns.append(
        Column(head: "Input shapes", isText: true) { row in
          row.shapes.map { "[" + $0.map(\.brackets).joined(separator: ", ") + "]" } ?? ""
        })
    }
    let threads = threadCount == 1 ? "one thread" : "\(threadCount) threads"
    var foot = ["Time recorded: \(Self.time(recorded)) on \(threads), in \(Self.time(wallSeconds))"]
    if shown.count < sorted.count { foot.append("\(sorted.count - shown.count) rows more") }
    return Self.text(columns, Array(shown)) + "\n" + foot.joined(separator: "\n")
  }

  private static func text(_ columns: [Column], _ rows: [ProfileAverage]) -> String {
    let cells = rows.map { row in columns.map { $0.cell(row) } }
    let widths = columns.indices.map { i in
      cells.reduce(columns[i].head.count) { Swift.max($0, $1[i].count) }
    }
    func line(_ cells: [String]) -> String {
      var line = ""
      for (i, cell) in cells.enumerated() {
        let space = String(repeating: " ", count: widths[i] - cell.count)
        if i > 0 { line += "  " }
        // Nothing stands behind the last text.
        line += columns[i].isText ? cell + (i == cells.count - 1 ? "" : space) : space + cell
      }
      return line
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return ([rule, line(columns.map(\.head)), rule] + cells.map(line) + [rule]).joined(separator: "\n")
  }

  private static func cut(_ name: String, to width: Int) -> String {
    name.count <= width ? name : name.prefix(Swift.max(width - 3, 0)) + "..."
  }

  private static func share(_ part: Double, of all: Double) -> String {
    all == 0 ? "" : decimal(100 * part / all, 2) + "%"
  }

  private static func time(_ seconds: Double) -> String {
    if seconds >= 1 { return decimal(seconds, 3) + " s" }
    return seconds >= 1e-3 ? decimal(seconds * 1e3, 3) + " ms" : decimal(seconds * 1e6, 3) + " us"
  }

  private static func bytes(_ count: Int) -> String {
    switch count {
    case 0: ""
    case ..<1024: "\(count) B"
    case ..<(1 << 20): decimal(Double(count) / 1024, 2) + " KiB"
    case ..<(1 << 30): decimal(Double(count) / Double(1 << 20), 2) + " MiB"
    default: decimal(Double(count) / Double(1 << 30), 2) + " GiB"
    }
  }

  /// A number with so many places behind the point.
  private static func decimal(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (value * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let whole = Int(scaled), unit = Int(scale)
    let rest = String(whole % unit)
    return "\(whole / unit)." + String(repeating: "0", count: places - rest.count) + rest
  }
}
