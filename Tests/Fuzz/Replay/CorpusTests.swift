import Foundation
import FuzzReaders
import Testing

/// Everything in the corpus is read again: seeds, what the fuzzer found to lead further, and what once went wrong.
@Suite struct CorpusTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "corpus")

  @Test(arguments: FuzzReader.allCases)
  func everyInputGivesAValueOrAnError(_ reader: FuzzReader) throws {
    let folder = Self.folder.appending(path: reader.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.contains { $0.hasPrefix("seed-") })
    for name in names.sorted() { reader.read([UInt8](try Data(contentsOf: folder.appending(path: name)))) }
  }

  /// The wrapping reaches the pickle: a seed that is sound gives a value.
  @Test func theArchiveAroundAPickleIsRight() throws {
    let folder = Self.folder.appending(path: "pickle")
    for name in ["values", "training", "protocol5"] {
      let pickle = [UInt8](try Data(contentsOf: folder.appending(path: "seed-\(name)")))
      #expect(FuzzReader.isRead(Archive.around(pickle: pickle)), "\(name)")
    }
  }

  @Test func sumsAreRepaired() throws {
    let folder = Self.folder.appending(path: "checkpoint")
    let file = [UInt8](try Data(contentsOf: folder.appending(path: "seed-tensors")))
    var damaged = file
    damaged[damaged.firstIndex(of: 0x80)!] = 0x80
    let storage = try #require(file.firstRange(of: Array("data/0".utf8)))
    damaged[storage.upperBound + 40] ^= 1
    Archive.repairSums(&damaged)
    #expect(FuzzReader.isRead(file))
    var same = file
    Archive.repairSums(&same)
    #expect(same == file)

    let archive = Self.folder.appending(path: "tar/seed-gnu")
    let whole = [UInt8](try Data(contentsOf: archive))
    var tar = whole
    Archive.repairTarSums(&tar)
    #expect(tar == whole)
    tar[0] ^= 1
    let changed = tar
    Archive.repairTarSums(&tar)
    #expect(tar != changed && tar[0] == changed[0])
  }
}
