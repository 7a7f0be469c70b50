import Foundation
import Testing

import TorchFiles

/// Where the fixtures of `Tools/goldens/file_tools.py` and of the reader's tests are.
enum Fixtures {
  static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  static func path(_ name: String) -> String { tests.appending(path: "TorchFilesTests/Goldens/\(name)").path }

  static func torch(_ name: String) -> String { tests.appending(path: "TorchTests/Goldens/\(name)").path }

  /// The program lies beside the tests or above them, in whatever folder they were built.
  private static var program: String {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
      let path = folder.appendingPathComponent("torch-files").path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
      folder.deleteLastPathComponent()
    }
    return "torch-files"
  }

  /// Runs the program; what it printed and its status.
  static func run(_ arguments: String...) throws -> (output: String, errors: String, status: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let output = Pipe(), errors = Pipe()
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (text, complaint, process.terminationStatus)
  }

  static func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = NSTemporaryDirectory() + "/files-\(getpid())-\(UInt32.random(in: 0 ... .max))/"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }
}

@Suite struct InspectTests {
  /// The whole text, with the file's name for its path.
  private func text(_ path: String, all: Bool = false, depth: Int = .max) throws -> String {
    let text = try Inspection(of: path).text(all: all, depth: depth)
    return text.replacing(path, with: URL(fileURLWithPath: path).lastPathComponent) + "\n"
  }

  private func expectGolden(_ text: String, _ name: String) throws {
    let path = Fixtures.path("\(name).inspect.txt")
    if ProcessInfo.processInfo.environment["INSPECT_GOLDENS"] == "write" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == golden)
  }

  @Test func architectureIsAsPythonPrintsIt() throws {
    let text = try text(Fixtures.path("layers.pt"))
    let golden = try String(contentsOfFile: Fixtures.path("layers.txt"), encoding: .utf8)
    let start = try #require(text.range(of: "\nmodel\n")).upperBound
    let end = try #require(text.range(of: "\n\nnames ")).lowerBound
    #expect(text[start..<end] + "\n" == golden)
  }

  @Test(arguments: ["run", "two", "legacy"]) func checkpoints(_ name: String) throws {
    try expectGolden(text(Fixtures.path("\(name).pt")), name)
  }

  @Test func wholeModels() throws {
    try expectGolden(text(Fixtures.torch("checkpoints/whole.pt")), "whole")
  }

  @Test func everyKindOfValue() throws {
    try expectGolden(text(Fixtures.torch("checkpoints/values.pt")), "values")
    try expectGolden(text(Fixtures.torch("checkpoints/tensors.pt")), "tensors")
    try expectGolden(text(Fixtures.torch("checkpoints/complex.pt")), "complex")
  }

  @Test func safetensors() throws {
    try expectGolden(text(Fixtures.torch("safetensors/all.safetensors")), "all")
    try expectGolden(text(Fixtures.torch("safetensors/strange.safetensors")), "strange")
  }

  @Test func depthAndLists() throws {
    let whole = try text(Fixtures.path("run.pt"), all: true), short = try text(Fixtures.path("run.pt"), depth: 1)
    #expect(whole.contains("exp_avg_sq") && !short.contains("exp_avg_sq") && !short.contains("0.weight"))
    #expect(short.contains("model_state_dict") && short.contains("parameters"))
  }

  /// A small file whose modules are each the next one twice is read in a moment.
  @Test func whatIsNamedAgainIsShownOnce() throws {
    let text = try text(Fixtures.path("doubling.pt"))
    #expect(text.utf8.count < 5_000_000)
    #expect(text.contains("the same as "))
  }

  @Test func machinesGetJSON() throws {
    for path in [
      Fixtures.path("run.pt"), Fixtures.path("layers.pt"), Fixtures.torch("safetensors/strange.safetensors"),
      Fixtures.torch("checkpoints/tensors.pt"),
    ] {
      let (output, errors, status) = try Fixtures.run("inspect", "--json", path)
      #expect(status == 0 && errors.isEmpty)
      let json = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
      #expect(json["path"] as? String == path)
      #expect((json["totals"] as? [String: Any])?["tensors"] is Int)
      #expect(((json["content"] as? [String: Any])?["items"] as? [Any])?.isEmpty == false)
    }
  }

  @Test func badFilesAreOneLineAndStatusOne() throws {
    try Fixtures.withFolder { folder in
      func complaint(_ name: String, _ content: [UInt8]) throws -> String {
        let path = folder + name
        try Data(content).write(to: URL(fileURLWithPath: path))
        let (output, errors, status) = try Fixtures.run("inspect", path)
        #expect(status == 1 && output.isEmpty)
        #expect(errors.hasPrefix(path + ": ") && errors.filter { $0 == "\n" }.count == 1 && errors.hasSuffix("\n"))
        return String(errors.dropFirst(path.count + 2).dropLast())
      }
      let run = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("run.pt"))))
      #expect(try complaint("empty.pth", []) == "is empty: nothing was written or downloaded")
      #expect(try complaint("text.pth", Array("hello\n".utf8)).hasPrefix("is no file of torch.save"))
      #expect(try complaint("page.pth", Array("<!DOCTYPE html>".utf8)).contains("page of the web"))
      #expect(try complaint("pickle.pkl", [0x80, 4, 0x4e, 0x2e]).contains("pickle that torch.save did not write"))
      #expect(try complaint("cut.pth", Array(run.prefix(2000))).contains("no complete zip file"))
      #expect(
        try complaint("x.json", Array("{\"weight_map\": {\"a\": \"../b\"}}".utf8)).contains("no file in its own folder")
      )
      let missing = try Fixtures.run("inspect", folder + "nothing")
      #expect(missing.status == 1 && missing.errors.contains("No such file"))
      let script = try Fixtures.run("inspect", Fixtures.path("script.pt"))
      #expect(script.status == 1 && script.errors.contains("TorchScript"))
      // The name says nothing.
      try Data(run).write(to: URL(fileURLWithPath: folder + "run.safetensors"))
      #expect(try Fixtures.run("inspect", folder + "run.safetensors").output.contains("torch.save, zip of version 3"))
    }
  }
}
