// Training logs: written, cut off, continued, read from strangers.

import Foundation
import Testing
import TorchUtils

@Suite final class TrainingLogTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID())")
  private var csv: String { folder.appending(path: "log.csv").path }
  private var jsonl: String { folder.appending(path: "log.jsonl").path }

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: folder) }

  private func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }
  private func write(_ text: String, _ path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

  @Test func writesAsItGoes() throws {
    let log = try TrainingLog(csv: csv, jsonl: jsonl)
    #expect(try text(csv) == "" && text(jsonl) == "")
    try log.append(["epoch": 1, "loss": 0.1])
    #expect(try text(csv) == "epoch,loss\n1,0.1\n")
    try log.append(["epoch": 2, "loss": .nan, "acc, \"top\"": 1e-30])
    try log.append(["loss": -.infinity, "epoch": 3])
    #expect(try text(csv) == "epoch,loss,\"acc, \"\"top\"\"\"\n1,0.1,\n2,nan,1e-30\n3,-inf,\n")
    #expect(
      try text(jsonl) == """
        {"epoch":1,"loss":0.1}
        {"epoch":2,"loss":"nan","acc, \\"top\\"":1e-30}
        {"epoch":3,"loss":"-inf"}

        """)
    for path in [csv, jsonl] {
      let rows = try TrainingLog.read(path)
      #expect(rows.count == 3 && rows[0] == ["epoch": 1, "loss": 0.1] && rows[2] == ["epoch": 3, "loss": -.infinity])
      #expect(rows[1]["loss"]!.isNaN && rows[1]["acc, \"top\""] == 1e-30)
    }
  }

  @Test func keepsEveryBit() throws {
    let log = try TrainingLog(csv: csv, jsonl: jsonl)
    var values = [0.1, 1 / 3.0, 123_456_789_012_345_680, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.5, -0.0]
    for _ in 0..<200 { values.append(Double.random(in: -1...1) * 1e5) }
    for value in values { try log.append(["value": value]) }
    for path in [csv, jsonl] {
      #expect(try TrainingLog.read(path).map { $0["value"]!.bitPattern } == values.map(\.bitPattern))
    }
  }

  @Test func goesOnAfterACrash() throws {
    let first = try TrainingLog(csv: csv, jsonl: jsonl)
    for epoch in 1...3 { try first.append(["epoch": Double(epoch), "loss": 1 / Double(epoch)]) }
    // Cut off anywhere, the whole lines are kept and the rest is written again.
    let whole = (csv: try text(csv), jsonl: try text(jsonl))
    for length in 0...whole.csv.count {
      try write(String(whole.csv.prefix(length)), csv)
      try FileManager.default.removeItem(atPath: jsonl)
      let log = try TrainingLog(csv: csv)
      #expect(log.count == max(0, whole.csv.prefix(length).count { $0 == "\n" } - 1))
      for epoch in log.count..<3 { try log.append(["epoch": Double(epoch + 1), "loss": 1 / Double(epoch + 1)]) }
      #expect(try text(csv) == whole.csv, "\(length)")
      try write(whole.jsonl, jsonl)
    }
    for length in 0...whole.jsonl.count {
      try write(String(whole.jsonl.prefix(length)), jsonl)
      // The other file is whole: it has the rows that this one lacks.
      #expect(try TrainingLog(csv: csv, jsonl: jsonl).count == 3)
      #expect(try text(jsonl) == whole.jsonl, "\(length)")
    }
    try FileManager.default.removeItem(atPath: csv)
    #expect(try TrainingLog(csv: csv, jsonl: jsonl).count == 3)
    #expect(try text(csv) == whole.csv)
  }

  @Test func takesRowsOut() throws {
    let log = try TrainingLog(csv: csv, jsonl: jsonl)
    for epoch in 1...5 { try log.append(["epoch": Double(epoch), "loss": 1]) }
    try log.removeAll { $0["epoch"]! > 3 }
    try log.append(["epoch": 4, "loss": 2])
    #expect(try TrainingLog.read(csv).map { $0["epoch"]! } == [1, 2, 3, 4])
    #expect(try TrainingLog.read(jsonl).map { $0["loss"]! } == [1, 1, 1, 2])
  }

  @Test func refusesDamagedFiles() throws {
    func refusal(_ content: String, _ path: String) throws -> (FileError.Kind?, Int?) {
      try write(content, path)
      let error = #expect(throws: FileError.self) { try TrainingLog.read(path) }
      let again = #expect(throws: FileError.self) {
        _ = try path == csv ? TrainingLog(csv: path) : TrainingLog(jsonl: path)
      }
      #expect(error == again && error?.path == path)
      // What is refused is left alone.
      #expect(try text(path) == content)
      return (error?.kind, error?.line)
    }
    let tables: [(String, Int)] = [
      ("a,a\n", 1), ("a,\n", 1), ("a,b\n1\n", 2), ("a,b\n1,2\n1,2,3\n", 3), ("a\nx\n", 2), ("a\n\"1\n", 2),
      ("a\n1\"\n", 2),
      ("a\n\"1\"2\n", 2), ("a\n1\n\n 2\n", 4), ("\0\u{1}\n\0\n", 2),
    ]
    for (content, line) in tables { #expect(try refusal(content, csv) == (.malformed, line), "\(content)") }
    let deep = String(repeating: "[", count: 100_000)
    let objects: [(String, Int)] = [
      ("1\n", 1), ("{}\n[]\n", 2), ("{\"a\":1}\n{\"a\":null}\n", 2), ("{\"a\":\"x\"}\n", 1), ("{\"a\":{}}\n", 1),
      ("{\"a\":1,\"a\":2}\n", 1), ("{\"\":1}\n", 1), ("{\"a\":1\n", 1), ("{\"a\":true}\n", 1), (deep + "\n", 1),
    ]
    for (content, line) in objects {
      #expect(try refusal(content, jsonl) == (.malformed, line), "\(content.prefix(40))")
    }
    for path in [csv, jsonl] {
      try Data([0x61, 0xff, 0x0a]).write(to: URL(filePath: path))
      let error = #expect(throws: FileError.self) { try TrainingLog.read(path) }
      #expect(error?.reason == "is no UTF-8 text")
    }
    let missing = #expect(throws: FileError.self) { try TrainingLog.read(folder.path + "/none.csv") }
    #expect(missing?.kind == .system)
    let directory = #expect(throws: FileError.self) { try TrainingLog.read(folder.path) }
    #expect(directory?.kind == .system)
  }

  @Test func outlivesAFullDisk() async {
    await #expect(processExitsWith: .success) {
      let folder = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let (csv, jsonl) = (folder.appending(path: "log.csv").path, folder.appending(path: "log.jsonl").path)
      let log = try TrainingLog(csv: csv, jsonl: jsonl)
      try log.append(["loss": 0.5])
      // From here on files may have 20 bytes: a line is cut off in the middle.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
      #else
        let resource = RLIMIT_FSIZE
      #endif
      getrlimit(resource, &limit)
      let before = limit.rlim_cur
      limit.rlim_cur = 20
      setrlimit(resource, &limit)
      let error = #expect(throws: FileError.self) { try log.append(["loss": 0.25]) }
      let again = #expect(throws: FileError.self) { try log.append(["loss": 0.125]) }
      limit.rlim_cur = before
      setrlimit(resource, &limit)
      #expect(error?.kind == .system && again?.kind == .system)
      try log.append(["loss": 0.0625])
      for path in [csv, jsonl] {
        #expect(try TrainingLog.read(path).map { $0["loss"] } == [0.5, 0.25, 0.125, 0.0625])
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }
  }

  @Test func refusesFilesThatDiffer() throws {
    try write("a\n1\n2\n", csv)
    try write("{\"a\":1}\n{\"a\":3}\n", jsonl)
    let error = #expect(throws: FileError.self) { try TrainingLog(csv: csv, jsonl: jsonl) }
    #expect(error?.description == "\(jsonl): row 2 differs from that of \(csv)")
  }

  @Test func readsOtherProgramsFiles() throws {
    try write("\u{feff}\"epoch\",\"val loss\"\r\n1,0.5\r\n\r\n2,\"2.5e-1\"\r\n3,NaN\r\n", csv)
    let rows = try TrainingLog.read(csv)
    #expect(rows.prefix(2) == [["epoch": 1, "val loss": 0.5], ["epoch": 2, "val loss": 0.25]])
    #expect(rows[2]["val loss"]!.isNaN)
  }

  @Test func survivesAnyBytes() throws {
    var generator = SystemRandomNumberGenerator()
    let letters = Array("a1,.\"\n\r{}[]:e-n\\ u\u{0}\u{ff}".utf8) + [0xff, 0xc3]
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...24)).map { _ in letters.randomElement(using: &generator)! }
      for path in [csv, jsonl] {
        try Data(bytes).write(to: URL(filePath: path))
        do {
          let rows = try TrainingLog.read(path)
          #expect(rows.count <= bytes.count)
        } catch {
          #expect(error.path == path)
        }
      }
    }
  }

  @Test func remembersTheBest() throws {
    let log = try TrainingLog()
    for (epoch, loss) in [0.5, 0.2, .nan, 0.2, 0.3].enumerated() {
      try log.append(
        epoch % 2 == 0 ? ["epoch": Double(epoch), "loss": loss] : ["epoch": Double(epoch), "loss": loss, "val": 1])
    }
    #expect(log.columns == ["epoch", "loss", "val"] && log.count == 5)
    #expect(log.best("loss")! == (1, 0.2) && log.best("loss", mode: .max)! == (0, 0.5))
    #expect(log.last("val") == 1 && log.last("loss") == 0.3 && log.last("none") == nil && log.best("none") == nil)
    #expect(log.values("val").map(\.isNaN) == [true, false, true, false, true])
    let chart = log.curves(x: "epoch")
    #expect(chart.series.map(\.name) == ["loss", "val"])
    #expect(chart.series[0].x == [0, 1, 2, 3, 4] && chart.series[0].y[2].isNaN)
    #expect(chart.series[1].x == [1, 3] && chart.series[1].y == [1, 1])
    #expect(log.curves("loss").series[0].x == [1, 2, 3, 4, 5])
  }
}
