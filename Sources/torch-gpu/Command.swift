import ArgumentParser

/// What GPUs there are, and whether they compute what the processor does.
@main struct GPUCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torch-gpu", abstract: "What GPUs there are, and whether they compute what the processor does.",
    subcommands: [Info.self, SelfTest.self])
}
