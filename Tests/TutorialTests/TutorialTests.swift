// The tutorial prints what PyTorch prints: Tools/goldens/tutorial.py records it.

import Foundation
import Testing

private let goldens = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")

/// The sections that are recorded.
private let names: [String] = {
  let files = (try? FileManager.default.contentsOfDirectory(atPath: goldens.path)) ?? []
  return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
}()

/// Where the build puts the program.
private let program: String = {
  var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
  while folder.path != "/" {
    let path = folder.appendingPathComponent("tutorial").path
    if FileManager.default.isExecutableFile(atPath: path) { return path }
    folder.deleteLastPathComponent()
  }
  return "tutorial"
}()

/// Runs the program in an empty folder; what it printed, and how it ended.
private func run(_ arguments: [String]) throws -> (output: String, status: Int32) {
  let folder = FileManager.default.temporaryDirectory.appending(path: "swift-torch-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let process = Process(), pipe = Pipe()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.currentDirectoryURL = folder
  // The goldens were recorded without a GPU.
  process.environment = ProcessInfo.processInfo.environment.merging(["CUDA_VISIBLE_DEVICES": ""]) { $1 }
  process.standardOutput = pipe
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (String(decoding: data, as: UTF8.self), process.terminationStatus)
}

/// The text with Swift's words for yes, no and nothing.
private func inSwift(_ text: String) -> [String] {
  text.replacing("True", with: "true").replacing("False", with: "false").replacing("None", with: "nil")
    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}

@Suite struct TutorialTests {
  @Test func everySectionIsRecorded() throws {
    let listed = try run(["--list"]).output.split(separator: "\n").compactMap { $0.split(separator: " ").first }
    #expect(Set(listed.map(String.init)) == Set(names))
    #expect(!names.isEmpty)
  }

  @Test(arguments: names) func itPrintsWhatPyTorchPrints(_ name: String) throws {
    let wanted = inSwift(try String(contentsOf: goldens.appending(path: "\(name).txt"), encoding: .utf8))
    let (output, status) = try run([name])
    let got = inSwift(output)
    #expect(status == 0)
    #expect(got.count == wanted.count)
    for (number, (a, b)) in zip(got, wanted).enumerated() where a != b {
      Issue.record("line \(number + 1): got \(a), PyTorch prints \(b)")
      break
    }
  }
}
