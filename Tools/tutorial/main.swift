// Writes docs/FROM_PYTORCH.md and docs/TUTORIAL_COVERAGE.md from the sections of Examples/Tutorial, their Python side and what
// PyTorch prints: what stands in the documents is compiled and tested.
//
//     tutorial-docs [--check]

import Foundation

struct Trouble: Error, CustomStringConvertible { let description: String }

/// A row of a section in one of the two languages.
struct Row {
  var number: String
  var title: String
  var code: [String] = []
}

/// One side of a section: what stands before its rows, and the rows.
struct Side {
  var preface: [String] = []
  var rows: [Row] = []

  /// Reads `row("S5", "...")` lines and what follows them.
  /// - Parameters:
  ///   - indent: how far rows are indented.
  ///   - isSkipped: lines before the first row that are nobody's.
  init(_ lines: some Sequence<String>, indent: String, isSkipped: (String) -> Bool) {
    for line in lines {
      if line.hasPrefix(indent + "row(") {
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        rows.append(Row(number: String(parts[1]), title: String(parts[3])))
      } else if rows.isEmpty {
        if !isSkipped(line) { preface.append(line) }
      } else {
        rows[rows.count - 1].code.append(line.hasPrefix(indent) ? String(line.dropFirst(indent.count)) : line)
      }
    }
    preface = preface.trimmed
    for i in rows.indices { rows[i].code = rows[i].code.trimmed }
  }
}

extension [String] {
  /// Without empty lines at both ends.
  var trimmed: [String] {
    Array(drop { $0.isEmpty }.reversed().drop { $0.isEmpty }.reversed())
  }
}

struct Section {
  let name: String
  let title: String
  let file: String
  let swift: Side
  let python: Side
  /// What is printed, by row.
  let output: [String: [String]]
  /// What the section is about, its file's first comment.
  let about: String
}

let root = URL(filePath: FileManager.default.currentDirectoryPath)

func lines(_ path: String) throws -> [String] {
  try String(contentsOf: root.appending(path: path), encoding: .utf8).split(
    separator: "\n", omittingEmptySubsequences: false
  )
  .map(String.init)
}

/// The sections in the program's order.
func sections() throws -> [Section] {
  let order = try lines("Examples/Tutorial/Section.swift").drop { !$0.hasPrefix("let sections") }.dropFirst()
    .prefix { $0 != "]" }.map { $0.trimmingCharacters(in: .whitespaces.union([","])) }
  var found: [String: Section] = [:]
  let folder = "Examples/Tutorial"
  for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where file.hasSuffix(".swift") {
    let text = try lines("\(folder)/\(file)")
    guard let start = text.firstIndex(where: { $0.hasPrefix("let ") && $0.contains(": Section = .init(\"") }) else {
      continue
    }
    let variable = String(text[start].dropFirst(4).prefix { $0 != ":" })
    let parts = text[start].split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
    let name = parts[1], title = parts[3]
    let end = text[start...].firstIndex(of: "}") ?? text.count
    let about = text.prefix { $0.hasPrefix("//") }.map { $0.dropFirst(3) }.joined(separator: " ")
    let before = text[..<start].drop { $0.hasPrefix("//") }, after = end + 1 < text.count ? text[(end + 1)...] : []
    let swift = Side(
      Array(before) + Array(after) + Array(text[(start + 1)..<end]), indent: "  ",
      isSkipped: { $0.hasPrefix("import ") })
    let python = Side(
      try lines("\(folder)/PyTorch/\(name.replacingOccurrences(of: "-", with: "_")).py"), indent: "",
      isSkipped: { $0.hasPrefix("import ") || $0.hasPrefix("from ") })
    var output: [String: [String]] = [:], current = ""
    for line in try lines("Tests/TutorialTests/Goldens/\(name).txt") {
      let words = line.split(separator: " ", maxSplits: 2)
      if words.count == 3, words[0] == "#", words[1].first == "S" {
        current = String(words[1]) + " " + words[2]
      } else {
        output[current, default: []].append(line)
      }
    }
    let a = swift.rows.map { $0.number + " " + $0.title }, b = python.rows.map { $0.number + " " + $0.title }
    guard a == b else {
      throw Trouble(description: "\(name): the rows of the two sides differ: \(a) and \(b)")
    }
    found[variable] = Section(
      name: name, title: title, file: file, swift: swift, python: python, output: output, about: about)
  }
  return try order.map { variable in
    guard let section = found[variable] else { throw Trouble(description: "no file declares the section \(variable)") }
    return section
  }
}

func block(_ language: String, _ code: [String]) -> [String] {
  code.isEmpty ? [] : ["```\(language)"] + code + ["```", ""]
}

func comparison(_ sections: [Section]) -> String {
  var text = [
    "<!-- Written by tutorial-docs out of Examples/Tutorial; change it there. -->", "",
    "# From PyTorch", "",
    "The usual tutorial in both languages, and what both print. Every line here is compiled and run by `./check`;",
    "`./run tutorial SECTION` runs a section, `Examples/Tutorial/PyTorch` has the Python side whole.", "",
  ]
  for section in sections {
    let anchor = section.title.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
      .replacingOccurrences(of: " ", with: "-")
    text.append("- [\(section.title)](#\(anchor)): `./run tutorial \(section.name)`")
  }
  text.append("")
  for section in sections {
    text += ["## \(section.title)", "", section.about, ""]
    text += block("python", section.python.preface) + block("swift", section.swift.preface)
    for (swift, python) in zip(section.swift.rows, section.python.rows) {
      text += ["### \(swift.number) \(swift.title)", ""]
      text += block("python", python.code) + block("swift", swift.code)
      text += block("text", (section.output["\(swift.number) \(swift.title)"] ?? []).trimmed)
    }
  }
  return text.joined(separator: "\n")
}

/// The hundred rows: what each is, and where it is shown.
func coverage(_ sections: [Section]) throws -> (text: String, missing: Int) {
  var text = [
    "<!-- Written by tutorial-docs out of Examples/Tutorial and its rows.txt; change it there. -->", "",
    "# The tutorial, row by row", "",
    "| row | what | where | proof |", "|---|---|---|---|",
  ]
  var missing = 0, known: Set<String> = []
  for line in try lines("Examples/Tutorial/rows.txt") where line.hasPrefix("S") {
    let parts = line.split(separator: "|", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    let number = parts[0], other = parts.count > 2 ? parts[2] : "", proof = parts.count > 3 ? parts[3] : ""
    known.insert(number)
    let shown = sections.filter { $0.swift.rows.contains { $0.number == number } }
    var places = shown.map { "[\($0.file)](../Examples/Tutorial/\($0.file))" }
    if !other.isEmpty { places.append(other) }
    if places.isEmpty { missing += 1 }
    let proofs = (shown.isEmpty ? [] : ["`TutorialTests`: the same output"]) + (proof.isEmpty ? [] : [proof])
    text.append(
      "| \(number) | \(parts[1]) | \(places.isEmpty ? "**missing**" : places.joined(separator: ", ")) "
        + "| \(proofs.joined(separator: "; ")) |")
  }
  for row in sections.flatMap(\.swift.rows) where !known.contains(row.number) {
    throw Trouble(description: "rows.txt does not know \(row.number)")
  }
  text += ["", "\(known.count - missing) of \(known.count) rows are there.", ""]
  return (text.joined(separator: "\n"), missing)
}

do {
  let all = try sections()
  let documents = [
    ("docs/FROM_PYTORCH.md", comparison(all)), ("docs/TUTORIAL_COVERAGE.md", try coverage(all).text),
  ]
  for (path, text) in documents {
    let now = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    if now == text { continue }
    if CommandLine.arguments.contains("--check") {
      throw Trouble(description: "\(path) is out of date: run tutorial-docs")
    }
    try text.write(to: root.appending(path: path), atomically: true, encoding: .utf8)
    print("\(path): \(text.split(separator: "\n").count) lines")
  }
} catch {
  FileHandle.standardError.write(Data("tutorial-docs: \(error)\n".utf8))
  exit(1)
}
