// PyTorch's usual tutorial, section by section, beside the same in Python: Examples/Tutorial/PyTorch.

import ArgumentParser
import Foundation

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tutorial",
    abstract: "Runs sections of the tutorial, which print what PyTorch prints.",
    discussion: "docs/FROM_PYTORCH.md shows each beside its Python. Without a name, all run in order.")

  @Flag(help: "List the sections.")
  var list = false
  @Argument(help: "Sections by name.")
  var names: [String] = []

  func validate() throws {
    for name in names where !sections.contains(where: { $0.name == name }) {
      throw ValidationError("no section is called \(name); --list names them")
    }
  }

  func run() throws {
    if list {
      let width = sections.map(\.name.count).max() ?? 0
      for section in sections {
        print(section.name.padding(to: width) + "  " + section.title)
      }
      return
    }
    // What a section writes goes where it does not lie about.
    let folder = FileManager.default.temporaryDirectory.appending(path: "tutorial-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = FileManager.default.changeCurrentDirectoryPath(folder.path)
    let chosen = names.isEmpty ? sections : names.compactMap { name in sections.first { $0.name == name } }
    for section in chosen {
      if chosen.count > 1 { print("\n== \(section.title) ==\n") }
      try section.run()
    }
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

Program.main()
