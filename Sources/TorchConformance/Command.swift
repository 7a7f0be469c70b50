import ArgumentParser
import Foundation
import Torch

/// The command line of the judge. Another program can serve with more bindings than the table's, as its tests do.
package struct ConformanceCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "torch-conformance",
    abstract: "Runs cases of PyTorch's test database against the public API.",
    discussion: """
      Prints a line for each group with a failed case; the last line is `N passed, N failed, N unsupported`. Unsupported: \
      the package has no binding that takes the case. Exit status 1 if a case failed, 2 if a case \
      of the floor did not pass.
      """)

  @Argument(help: "A directory of cases, as FORMAT.md describes it.") var directory: String
  @Option(help: "Only groups whose name holds a match of this regular expression.") var only: String?
  @Option(help: "Only this kind: op, module, optimizer or scheduler.") var kind: Kind?
  @Option(help: "Where the tensors live.") var device = "cpu"
  @Flag(help: "A line for each group with an unsupported case, and what is missing.") var listUnsupported = false
  @Option(help: "Write every case's result to this file.") var json: String?
  @Option(help: "Fail where a case of this list does not pass.") var floor: String?
  @Option(help: "A list of ops, one a line: how their cases went, in a line of its own.") var tier: [String] = []
  @Option(help: "Write the list of passing cases to this file.") var writeFloor: String?
  @Option(help: "Worker processes.") var workers = 2
  @Option(help: "Seconds that one case may take.") var timeout = 20.0
  @Flag(help: "Hold the ops' second gradients against differences, in float64, instead of results against PyTorch's.")
  var second = false
  @Flag(help: .hidden) var worker = false

  package init() {}

  /// What a worker calls; a test's program adds to it before it runs the command.
  nonisolated(unsafe) static var bindings = Bindings.table()

  package func validate() throws {
    guard Device(parsing: device) != nil else { throw ValidationError("'\(device)' is no device") }
    guard workers > 0, timeout > 0 else { throw ValidationError("workers and timeout are above 0") }
  }

  package func run() throws {
    if worker {
      try Worker(directory: directory, bindings: Self.bindings, device: Device(device), second: second).serve()
      return
    }
    let index = try CaseIndex(directory)
    let pattern = try only.map { try Regex($0) }
    let groups = index.groups.indices.filter { number in
      let group = index.groups[number]
      return (kind == nil || group.kind == kind) && (pattern == nil || group.name.firstMatch(of: pattern!) != nil)
    }
    let command = [Self.executable, directory, "--worker", "--device", device] + (second ? ["--second"] : [])
    var results = try Pool(index: index, command: command, workers: workers, timeout: timeout).run(groups)
    if second { results = results.map(\.withoutMissingSeconds) }

    let report = Report(results)
    if listUnsupported {
      for line in report.unsupported { print(line) }
      for line in try missingNames(index, groups) { print(line) }
    }
    for line in report.failures { print(line) }
    for line in report.flagged { print(line) }
    if let json { try report.json.write(toFile: json, atomically: true, encoding: .utf8) }
    if let writeFloor { try Floor(passing: results).text.write(toFile: writeFloor, atomically: true, encoding: .utf8) }
    let isWhole = only == nil && kind == nil
    let holds = try floor.map { try compare(Floor($0), results, isWhole: isWhole, file: $0) } ?? true
    for file in tier { print(try Tier(file).summary(of: results)) }
    print(report.summary)
    if !holds { throw ExitCode(2) }
    if report.failedCount > 0 { throw ExitCode.failure }
  }

  /// Whether every case of the floor that was to run passed.
  private func compare(_ floor: Floor, _ results: [CaseResult], isWhole: Bool, file: String) -> Bool {
    let fallen = floor.fallen(results)
    for result in fallen { print("fell below the floor: \(result.key) #\(result.id): \(result.words.verdict)") }
    let lost = isWhole ? floor.lost(results) : 0
    if lost > 0 { print("\(lost) cases of the floor are not in \(directory)") }
    let risen = floor.risen(results)
    if !risen.isEmpty {
      let groups = Set(risen.map(\.key)).count
      print("\(risen.count) more cases of \(groups) groups pass; add them with --write-floor \(file)")
    }
    return fallen.isEmpty && lost == 0
  }

  /// The other names of ops that have a binding, which have none: their cases run without them.
  private func missingNames(_ index: CaseIndex, _ groups: [Int]) throws -> [String] {
    try groups.compactMap { number in
      let group = index.groups[number]
      guard group.kind == .op else { return nil }
      let document = try JSON(contentsOf: index.directory + "/" + group.file)
      let target = OpRunner.bare(try document.require("call").require("target").string())
      guard Self.bindings.ops[target] != nil else { return nil }
      let aliases = try document["aliases"]?.array().compactMap(\.stringValue) ?? []
      let names = aliases + [document["method"]?.stringValue].compactMap { $0 }
      let missing = names.filter { Self.bindings.ops[$0] == nil }
      return missing.isEmpty
        ? nil : "op \(group.name): no binding of its other names \(missing.joined(separator: ", "))"
    }
  }

  private static var executable: String {
    Bundle.main.executablePath ?? CommandLine.arguments[0]
  }
}

extension Kind: ExpressibleByArgument {}
