import ArgumentParser
import Foundation
import TorchSignatures

/// Keeps what is generated from the signature table in step with it.
struct Signatures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torch-signatures",
    abstract: "Makes the runner's bindings and docs/OPS.md from the signature table, and checks the table's names.")

  @Flag(help: "Write the generated files.") var write = false
  @Flag(help: "Fail where a generated file is stale or a name breaks a rule; write nothing.") var check = false
  @Option(help: "The repository.") var root = "."
  @Option(help: "Another table; only its names are checked.") var table: String?

  func validate() throws {
    guard write != check else { throw ValidationError("give --write or --check") }
  }

  func run() throws {
    let path = table ?? "\(root)/Sources/TorchSignatures/table.txt"
    var reader = TableReader()
    let rows: [Row]
    do {
      rows = try reader.rows(String(contentsOfFile: path, encoding: .utf8))
    } catch let error as TableError {
      print("\(path): \(error)")
      throw ExitCode.failure
    }
    var complaints = Lint().complaints(rows).map { "\(path): \($0)" }
    if table == nil {
      let adapters = "\(root)/Sources/TorchConformance/Adapters.swift"
      complaints += AdapterLint().complaints(try String(contentsOfFile: adapters, encoding: .utf8)).map {
        "\(adapters): \($0)"
      }
      let files = [
        ("Sources/TorchConformance/Bindings+Generated.swift", Emitter().swift(rows)),
        ("Sources/Torch/Ops/Aliases+Generated.swift", AliasEmitter().swift(rows)),
        ("docs/OPS.md", Document().markdown(rows)),
      ]
      for (name, text) in files {
        let file = "\(root)/\(name)"
        if (try? String(contentsOfFile: file, encoding: .utf8)) == text { continue }
        if write {
          try text.write(toFile: file, atomically: true, encoding: .utf8)
          print("wrote \(name)")
        } else {
          complaints.append("\(name) is stale; run torch-signatures --write")
        }
      }
    }
    for complaint in complaints { print(complaint) }
    if !complaints.isEmpty { throw ExitCode.failure }
  }
}

Signatures.main()
