import ArgumentParser
import TorchFiles
import TorchUtils

/// Looks at files of tensors and goes between their formats.
@main struct TorchFilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torch-files", abstract: "Looks at files of tensors and goes between their formats.",
    subcommands: [Inspect.self, Convert.self])
}

/// Says why something did not work in one line, and ends with status 1.
func reporting(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch {
    Terminal.standardError.write("\(error)\n")
    throw ExitCode.failure
  }
}

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a .pth, .pt, .bin, .safetensors, .index.json, .npy or .npz file holds.",
    discussion: """
      The format is told by the content, not by the name. Nothing in the file is run: of a whole model the classes are named \
      and its architecture is read from inert data.
      """)

  @Argument(help: "The file.") var file: String
  @Flag(help: "Show long lists whole.") var all = false
  @Option(help: "How many levels to show.") var depth: Int?
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    if let depth, depth < 1 { throw ValidationError("--depth is 1 or more") }
  }

  func run() throws {
    try reporting {
      let inspection = try Inspection(of: file)
      print(json ? inspection.json() : inspection.text(all: all, depth: depth ?? .max, terminal: .standardOutput))
    }
  }
}
