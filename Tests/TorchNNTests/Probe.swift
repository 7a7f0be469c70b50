import Foundation

/// Programs that the build puts beside the tests.
enum Probe {
  /// Where a program lies.
  static func path(_ name: String) -> String {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
      let path = folder.appendingPathComponent(name).path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
      folder.deleteLastPathComponent()
    }
    return name
  }

  /// Starts a program; what it prints comes out of the pipe.
  static func start(_ name: String, _ arguments: [String]) throws -> (process: Process, output: Pipe) {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: path(name))
    process.arguments = arguments
    process.standardOutput = pipe
    try process.run()
    return (process, pipe)
  }

  /// Runs a program to its end: what it printed, line by line, and how it ended.
  static func run(
    _ name: String, _ arguments: [String]
  ) throws -> (lines: [String], status: Int32, reason: Process.TerminationReason) {
    let (process, output) = try start(name, arguments)
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    return (lines, process.terminationStatus, process.terminationReason)
  }
}

/// A folder of its own for a test, gone with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "swift-torch-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}
