import Foundation
import Testing
import Torch

/// Saves that are killed, and saves for which there is no room: the file is the old or the new one, and whole.
@Suite struct CrashTests {
  /// The generation that a file is of, all of whose numbers agree.
  private func generation(_ path: String) throws -> Int {
    let checkpoint = try load(path)
    let number = try checkpoint["generation"].int
    let floats = try checkpoint["floats"].tensor, ints = try checkpoint["ints"].tensor
    #expect(floats.shape == [3000] && ints.shape == [40, 10])
    #expect(Set(floats.array(Int.self) + ints.array(Int.self)) == [number])
    #expect(try checkpoint["list"].list.allSatisfy { try $0.int == number })
    return number
  }

  @Test func aKilledSaveLeavesAWholeFile() throws {
    let folder = try TemporaryFolder(), path = folder.file("checkpoint.pth")
    var generator = SystemRandomNumberGenerator()
    var seen: Set<Int> = [], leftovers = 0, round = 0
    // More than forty rounds only where no save was met at work yet: how often one is depends on the machine.
    while round < 40 || (leftovers == 0 && round < 1000) {
      let before = Self.number(of: path)
      let (process, output) = try Probe.start("checkpoint-probe", ["overwrite", path, "\(round * 10_000)"])
      #expect(output.fileHandleForReading.readData(ofLength: 6) == Data("begins".utf8))
      // Each process replaces the file once at least, however slow the machine is.
      while Self.number(of: path) == before { usleep(100) }
      usleep(UInt32.random(in: 0...20_000, using: &generator))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
      let found = try generation(path)
      #expect(found / 10_000 == round)
      seen.insert(found)
      for name in folder.names where name != "checkpoint.pth" {
        #expect(name.hasSuffix(".part"))
        leftovers += 1
        try FileManager.default.removeItem(atPath: folder.file(name))
      }
      round += 1
    }
    #expect(seen.count == round && leftovers > 0)
  }

  /// The file system's number of a file, which changes when another takes its place; nil where there is none.
  private static func number(of path: String) -> UInt64? {
    var info = stat()
    return stat(path, &info) == 0 ? UInt64(info.st_ino) : nil
  }

  @Test func aSaveThatEndsAtAnyByteLeavesTheOldFile() throws {
    let folder = try TemporaryFolder(), path = folder.file("checkpoint.pth")
    try #require(try Probe.run("checkpoint-probe", ["stop", path, "1", "1000000"]).lines == ["whole"])
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    for limit in [0, 1, 29, 30, 64] + Array(stride(from: 65, to: size, by: size / 60)) + [size - 23, size - 1] {
      let (_, status, reason) = try Probe.run("checkpoint-probe", ["stop", path, "2", "\(limit)"])
      #expect(reason == .uncaughtSignal && status == SIGXFSZ, "\(limit)")
      #expect(try generation(path) == 1, "\(limit)")
    }
    #expect(try Probe.run("checkpoint-probe", ["stop", path, "2", "\(size)"]).lines == ["whole"])
    #expect(try generation(path) == 2)
  }

  @Test func aSaveWithoutRoomIsAnErrorAndLeavesNothing() throws {
    let folder = try TemporaryFolder(), path = folder.file("checkpoint.pth")
    try #require(try Probe.run("checkpoint-probe", ["stop", path, "1", "1000000"]).lines == ["whole"])
    let lines = try Probe.run("checkpoint-probe", ["refuse", path, "2"]).lines
    #expect(lines.count == 1 && lines.first?.hasPrefix("fine, ") == true, "\(lines)")
    #expect(folder.names == ["checkpoint.pth"])
  }

  @Test func permissionsLinksAndPipesAreKept() throws {
    let folder = try TemporaryFolder(), path = folder.file("real.pth"), link = folder.file("link.pth")
    let manager = FileManager.default
    try save(["a": 1], path)
    try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try manager.createSymbolicLink(atPath: link, withDestinationPath: "real.pth")
    try save(["a": 2], link)
    #expect(try load(path)["a"].int == 2)
    #expect(try manager.destinationOfSymbolicLink(atPath: link) == "real.pth")
    #expect(try manager.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
    // A link to what is not there yet.
    try manager.createSymbolicLink(atPath: folder.file("dangling"), withDestinationPath: folder.file("new.pth"))
    try save(["a": 3], folder.file("dangling"))
    #expect(try load(folder.file("new.pth"))["a"].int == 3)
    try manager.createSymbolicLink(atPath: folder.file("circle"), withDestinationPath: "circle")
    #expect(throws: CheckpointError.self) { try save(["a": 4], folder.file("circle")) }
    try save(["a": 5], "/dev/null")
    #expect(try manager.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType == .typeCharacterSpecial)
    for bad in [folder.path, folder.file("no/file.pth")] {
      let error = #expect(throws: CheckpointError.self) { try save(["a": 6], bad) }
      #expect(error?.kind == .system && error?.source == bad)
    }
    let long = folder.file(String(repeating: "n", count: 250) + ".pth")
    try save(["a": 7], long)
    #expect(try load(long)["a"].int == 7)
    #expect(folder.names.allSatisfy { !$0.hasSuffix(".part") })
  }
}
