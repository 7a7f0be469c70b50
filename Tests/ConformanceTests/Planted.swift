import Foundation
import Testing
import Torch
import TorchConformance

/// A directory of cases made for a test.
struct Planted {
  let directory: String
  private(set) var groups: [(name: String, cases: Int)] = []

  init() throws {
    directory = NSTemporaryDirectory() + "planted-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory + "/ops", withIntermediateDirectories: true)
  }

  /// Adds a group of an op. `cases` are JSON objects without `id`, as FORMAT.md describes them.
  mutating func add(
    _ name: String, target: String? = nil, inplace: String? = nil, tensors: [String: Tensor], cases: [String]
  ) throws {
    let numbered = cases.enumerated().map { "{\"id\":\($0),\($1)}" }.joined(separator: ",\n")
    let call = "{\"kind\":\"function\",\"target\":\"torch.\(target ?? name)\"}"
    let inPlace = inplace.map { "\"\($0)\"" } ?? "null"
    let text = """
      {"format":1,"kind":"op","name":"\(name)","variant":"","group":"\(name)","call":\(call),"aliases":[],"method":null,\
      "inplace":\(inPlace),"operator":null,"tensors":"\(name).safetensors","cases":[
      \(numbered)
      ]}
      """
    try text.write(toFile: "\(directory)/ops/\(name).json", atomically: true, encoding: .utf8)
    try Safetensors.save(tensors, to: "\(directory)/ops/\(name).safetensors")
    groups.append((name, cases.count))
    let entries = groups.map {
      "{\"kind\":\"op\",\"group\":\"\($0.name)\",\"file\":\"ops/\($0.name).json\",\"cases\":\($0.cases)}"
    }
    try "{\"format\":1,\"groups\":[\(entries.joined(separator: ","))]}".write(
      toFile: directory + "/index.json", atomically: true, encoding: .utf8)
  }

  func remove() { try? FileManager.default.removeItem(atPath: directory) }

  /// Where the build puts its programs: beside this test.
  static func program(_ name: String) -> String {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
      let path = folder.appendingPathComponent(name).path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
      folder.deleteLastPathComponent()
    }
    return name
  }

  /// Runs a program on the directory; what it printed, line by line, and its exit status.
  func run(_ name: String, _ options: String...) throws -> (lines: [String], status: Int32) {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: Self.program(name))
    process.arguments = [directory] + options
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init), process.terminationStatus
    )
  }
}
