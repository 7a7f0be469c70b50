import Torch

/// What a training run measured: a row of named numbers for each step or epoch, in memory and in files.
///
/// ```swift
/// let log = try TrainingLog(csv: "runs/log.csv", jsonl: "runs/log.jsonl")
/// for epoch in log.count..<epochs {
///   ...
///   try log.append(["epoch": Double(epoch), "loss": loss, "accuracy": accuracy])
/// }
/// try log.curves("loss", x: "epoch").write(to: "runs/loss.png")
/// ```
/// Each row is written at once, by one call to the system: a program that ends in the middle loses the row it was
/// writing at most. A log over files that exist goes on with them, without a last line that was cut off. Columns may
/// come later: the CSV file is then written anew, in one step.
///
/// In CSV a number that is missing is an empty cell. In JSONL, a JSON object a line, it is absent, and numbers that
/// JSON has not are the texts `"nan"`, `"inf"` and `"-inf"`.
/// A log belongs to one thread, and its files to one log.
public final class TrainingLog {
  /// The numbers of a step by their names.
  public typealias Row = [String: Double]

  /// The rows so far.
  public private(set) var rows: [Row] = []
  /// The names, in the order in which they came.
  public private(set) var columns: [String] = []
  private let csv: String?
  private let jsonl: String?
  private var csvFile: LogFile?
  private var jsonlFile: LogFile?
  /// Whether a line was not written as a whole, so that nothing may be appended to it.
  private var isTorn = false

  /// Goes on with files or starts them; without any, the log lives in memory.
  ///
  /// Where both exist and one has more rows, as after a crash between the two, the other is brought up to it.
  /// - Parameters:
  ///   - csv: a file of comma-separated values.
  ///   - jsonl: a file with a JSON object a line.
  /// - Throws: ``FileError`` where a file is no such log, the two do not agree, or the system refuses.
  public init(csv: String? = nil, jsonl: String? = nil) throws(FileError) {
    (self.csv, self.jsonl) = (csv, jsonl)
    let table = try csv.map { path throws(FileError) in try LogText.readCSV(path) } ?? LogText()
    let objects = try jsonl.map { path throws(FileError) in try LogText.readJSONL(path) } ?? LogText()
    let common = min(table.rows.count, objects.rows.count)
    for index in 0..<common where !Self.agree(table.rows[index], objects.rows[index]) {
      throw FileError(.malformed, jsonl!, "row \(index + 1) differs from that of \(csv!)")
    }
    let longer = table.rows.count >= objects.rows.count ? table : objects
    rows = longer.rows
    columns = longer.columns
    for name in table.columns + objects.columns where !columns.contains(name) { columns.append(name) }
    if let csv {
      if table.columns == columns, !columns.isEmpty {
        let file = try LogFile(csv)
        try file.truncate(to: table.soundBytes)
        for row in rows[table.rows.count...] { try file.write(LogText.csvLine(row, columns)) }
        csvFile = file
      } else {
        try rewriteCSV()
      }
    }
    if let jsonl {
      let file = try LogFile(jsonl)
      try file.truncate(to: objects.soundBytes)
      for row in rows[objects.rows.count...] { try file.write(LogText.jsonLine(row, columns)) }
      jsonlFile = file
    }
  }

  /// The rows of a file whose name ends in `.jsonl` or, otherwise, of a CSV file; it is left as it is.
  /// - Throws: ``FileError`` where there is no such file or it is no such log.
  public static func read(_ path: String) throws(FileError) -> [Row] {
    guard try readFile(path) != nil else { throw FileError(.system, path, "cannot be read: it does not exist") }
    return try (path.hasSuffix(".jsonl") ? LogText.readJSONL(path) : LogText.readCSV(path)).rows
  }

  /// How many rows there are.
  public var count: Int { rows.count }

  /// Adds a row: `["epoch": 1, "loss": 0.5]`.
  /// - Precondition: no name is empty, has a line break or stands twice.
  /// - Throws: ``FileError`` where the system refuses to write; the row then is in memory, and the next one that can be
  ///   written brings the files up to date.
  public func append(_ values: KeyValuePairs<String, Double>) throws(FileError) {
    var row: Row = [:]
    let known = columns.count
    for (name, value) in values {
      if name.isEmpty || name.contains(where: \.isNewline) || row.updateValue(value, forKey: name) != nil {
        fault("TrainingLog.append", "the name \"\(name)\" is empty, has a line break or stands twice")
      }
      if !columns.contains(name) { columns.append(name) }
    }
    guard !row.isEmpty else { return }
    rows.append(row)
    if isTorn { return try rewrite() }
    do throws(FileError) {
      try jsonlFile?.write(LogText.jsonLine(row, columns))
      if csv != nil, columns.count > known || csvFile == nil {
        try rewriteCSV()
      } else {
        try csvFile?.write(LogText.csvLine(row, columns))
      }
    } catch {
      isTorn = true
      throw error
    }
  }

  /// Takes rows out, such as those that a run which starts again from an older checkpoint will write again.
  /// - Throws: ``FileError`` where the system refuses to write.
  public func removeAll(where isOut: (Row) -> Bool) throws(FileError) {
    rows.removeAll(where: isOut)
    isTorn = true
    try rewrite()
  }

  /// The numbers of a column, row by row; NaN where one is missing.
  public func values(_ name: String) -> [Double] { rows.map { $0[name] ?? .nan } }

  /// The latest number of a column; nil where there is none.
  public func last(_ name: String) -> Double? { rows.last { $0[name] != nil }?[name] }

  /// The first row with the best number of a column, NaN left out; nil where there is none.
  /// - Parameters:
  ///   - name: the column.
  ///   - mode: which way is better, `.min` unless told.
  public func best(_ name: String, mode: EarlyStopping.Mode = .min) -> (row: Int, value: Double)? {
    var best: (row: Int, value: Double)?
    for (index, row) in rows.enumerated() {
      guard let value = row[name], !value.isNaN else { continue }
      guard let known = best?.value, mode == .min ? value >= known : value <= known else {
        best = (index, value)
        continue
      }
    }
    return best
  }

  /// Columns as lines. A row without the number does not make a gap, one with NaN does.
  /// - Parameters:
  ///   - names: the columns; all but `x` unless told.
  ///   - x: the column of the horizontal axis; the rows' positions from 1 unless told.
  ///   - title: what stands above.
  ///   - isLog: whether the vertical axis is logarithmic.
  public func curves(
    _ names: String..., x: String? = nil, title: String = "", isLog: Bool = false
  ) -> LineChart {
    let names = names.isEmpty ? columns.filter { $0 != x } : names
    var chart = LineChart(title, xLabel: x ?? "step", yLabel: names.count == 1 ? names[0] : "", isLog: isLog)
    for name in names {
      let points = rows.enumerated().compactMap { index, row -> (Double, Double)? in
        guard let value = row[name], let place = x.map({ row[$0] }) ?? Double(index + 1) else { return nil }
        return (place, value)
      }
      chart.add(name, points.map(\.1), x: points.map(\.0))
    }
    return chart
  }

  private func rewrite() throws(FileError) {
    if let jsonl {
      try writeFile(rows.flatMap { LogText.jsonLine($0, columns) }, to: jsonl)
      jsonlFile = try LogFile(jsonl)
    }
    try rewriteCSV()
    isTorn = false
  }

  private func rewriteCSV() throws(FileError) {
    guard let csv else { return }
    let head = columns.isEmpty ? [] : LogText.csvHead(columns)
    try writeFile(head + rows.flatMap { LogText.csvLine($0, columns) }, to: csv)
    csvFile = columns.isEmpty ? nil : try LogFile(csv)
  }

  private static func agree(_ a: Row, _ b: Row) -> Bool {
    a.count == b.count
      && a.allSatisfy { name, value in b[name].map { $0 == value || ($0.isNaN && value.isNaN) } ?? false }
  }
}
