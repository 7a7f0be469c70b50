import Torch

/// The rows of a log file, and the lines that such files are made of.
struct LogText {
  private(set) var columns: [String] = []
  private(set) var rows: [TrainingLog.Row] = []
  /// How many bytes of the file are whole lines: what comes after them was cut off in the middle.
  private(set) var soundBytes = 0

  // MARK: CSV

  static func csvHead(_ columns: [String]) -> [UInt8] { line(columns.map(cell)) }

  static func csvLine(_ row: TrainingLog.Row, _ columns: [String]) -> [UInt8] {
    let cells = columns.map { name in row[name].map(number) ?? "" }
    // A line of one empty cell would be an empty line.
    return line(cells == [""] ? ["\"\""] : cells)
  }

  private static func line(_ cells: [String]) -> [UInt8] { Array((cells.joined(separator: ",") + "\n").utf8) }

  /// A name, in quotes where it needs them.
  private static func cell(_ name: String) -> String {
    guard name.contains(where: { $0 == "," || $0 == "\"" }) else { return name }
    return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// As few digits as give the same number back.
  private static func number(_ value: Double) -> String {
    value.rounded() == value && abs(value) < 1e15 && value.bitPattern != (-0.0).bitPattern
      ? "\(Int(value))" : "\(value)"
  }

  /// Reads a CSV file; one that is missing or empty has no rows.
  static func readCSV(_ path: String) throws(FileError) -> LogText {
    var text = LogText()
    try text.eachLine(of: path) { (text, line, number) throws(FileError) in
      let cells = try split(line, path, number)
      guard !text.columns.isEmpty else {
        guard Set(cells).count == cells.count, !cells.contains("") else {
          throw FileError(.malformed, path, line: number, "has a head with names that are empty or stand twice")
        }
        text.columns = cells
        return
      }
      guard cells.count == text.columns.count else {
        throw FileError(
          .malformed, path, line: number, "has \(cells.count) cells, the head has \(text.columns.count)")
      }
      var row: TrainingLog.Row = [:]
      for (name, cell) in zip(text.columns, cells) where !cell.isEmpty {
        guard let value = Double(cell) else {
          throw FileError(.malformed, path, line: number, "has \(shown(cell)) for \(name), which is no number")
        }
        row[name] = value
      }
      text.rows.append(row)
    }
    return text
  }

  /// The cells of a line, by RFC 4180.
  private static func split(_ line: String, _ path: String, _ number: Int) throws(FileError) -> [String] {
    var (cells, cell): ([String], String) = ([], "")
    var (inQuotes, afterQuotes) = (false, false)
    var rest = line[...]
    while let character = rest.popFirst() {
      if inQuotes {
        if character != "\"" {
          cell.append(character)
        } else if rest.first == "\"" {
          cell.append(rest.removeFirst())
        } else {
          (inQuotes, afterQuotes) = (false, true)
        }
      } else if character == "," {
        cells.append(cell)
        (cell, afterQuotes) = ("", false)
      } else if character == "\"", cell.isEmpty, !afterQuotes {
        inQuotes = true
      } else if character == "\"" || afterQuotes {
        throw FileError(.malformed, path, line: number, "has a quote inside a cell")
      } else {
        cell.append(character)
      }
    }
    if inQuotes { throw FileError(.malformed, path, line: number, "has a quote without its end") }
    return cells + [cell]
  }

  // MARK: JSONL

  static func jsonLine(_ row: TrainingLog.Row, _ columns: [String]) -> [UInt8] {
    let members = columns.compactMap { name in
      row[name].map { "\(JSON.quoted(name)):" + ($0.isFinite ? number($0) : "\"\($0)\"") }
    }
    return Array("{\(members.joined(separator: ","))}\n".utf8)
  }

  /// Reads a file with a JSON object a line; one that is missing or empty has no rows.
  static func readJSONL(_ path: String) throws(FileError) -> LogText {
    var text = LogText()
    try text.eachLine(of: path) { (text, line, number) throws(FileError) in
      let json: JSON
      do {
        json = try JSON(parsing: Array(line.utf8))
      } catch {
        throw FileError(.malformed, path, line: number, "is no JSON: \(error)")
      }
      guard case .object(let members) = json else {
        throw FileError(.malformed, path, line: number, "is no JSON object")
      }
      var row: TrainingLog.Row = [:]
      for (name, value) in members {
        switch value {
        case .int(let value): row[name] = Double(value)
        case .double(let value): row[name] = value
        case .string("nan"): row[name] = .nan
        case .string("inf"): row[name] = .infinity
        case .string("-inf"): row[name] = -.infinity
        default: throw FileError(.malformed, path, line: number, "has no number for \(shown(name))")
        }
        if name.isEmpty { throw FileError(.malformed, path, line: number, "has an empty name") }
        if !text.columns.contains(name) { text.columns.append(name) }
      }
      text.rows.append(row)
    }
    return text
  }

  // MARK: Both

  /// Calls `body` with each line that has its end; they may end in CR LF, and empty ones are passed over.
  private mutating func eachLine(
    of path: String, _ body: (inout LogText, String, Int) throws(FileError) -> Void
  ) throws(FileError) {
    let bytes = try readFile(path) ?? []
    var number = 0
    while let end = bytes[soundBytes...].firstIndex(of: UInt8(ascii: "\n")) {
      number += 1
      var line = bytes[soundBytes..<end]
      soundBytes = end + 1
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      // Some programs begin a file with a byte order mark.
      if number == 1, line.starts(with: [0xef, 0xbb, 0xbf]) { line = line.dropFirst(3) }
      guard !line.isEmpty else { continue }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw FileError(.malformed, path, line: number, "is no UTF-8 text")
      }
      try body(&self, text, number)
    }
  }

  /// A text of a stranger's in a message: quoted, and not at any length.
  private static func shown(_ text: String) -> String { JSON.quoted(text.count > 40 ? text.prefix(40) + "..." : text) }
}
