import Foundation
import Testing

import Torch

/// The format before torch 1.6, where files lie.
@Suite struct CheckpointLegacyTests {
  private static func pickled(_ opcodes: String) -> [UInt8] { [0x80, 2] + Array(opcodes.utf8) + Array(".".utf8) }

  private static func text(_ value: String) -> [UInt8] {
    Array("X".utf8) + ZipWriter.little(UInt32(value.utf8.count)) + Array(value.utf8)
  }

  private static let magic: [UInt8] = [
    0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
  ]

  /// A file of one tensor of four floats, with every part open to lies.
  private struct File {
    var version = 1001
    var facts = CheckpointLegacyTests.pickled("}")
    var storage = "FloatStorage"
    var count: UInt8 = 4
    /// The part of the storage that is meant, as opcodes.
    var view: [UInt8] = Array("N".utf8)
    var size: UInt8 = 4
    var keys = ["k"]
    var written: UInt64 = 4
    var data = [UInt8](repeating: 1, count: 16)
    var tail: [UInt8] = []

    var bytes: [UInt8] {
      typealias T = CheckpointLegacyTests
      var tensor = Array("((".utf8) + T.text("storage") + Array("ctorch\n\(storage)\n".utf8) + T.text("k")
      tensor += T.text("cpu") + Array("K".utf8) + [count] + view + Array("tQK\0K".utf8) + [size, 0x85]
      tensor += Array("K\u{1}".utf8) + [0x85] + Array("tR".utf8)
      let list = Array("](".utf8) + keys.flatMap(T.text) + Array("e.".utf8)
      let head = T.magic + [0x80, 2] + Array("J".utf8) + ZipWriter.little(Int32(version)) + Array(".".utf8) + facts
      let value = [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor\n".utf8) + tensor + Array(".".utf8)
      return head + value + [0x80, 2] + list + ZipWriter.little(written) + data + tail
    }
  }

  private func error(_ file: File) -> CheckpointError? { error(bytes: file.bytes) }

  private func error(bytes: [UInt8]) -> CheckpointError? {
    do {
      _ = try load(bytes: bytes, weightsOnly: false)
      return nil
    } catch { return error }
  }

  private func view(_ key: String, _ offset: UInt8, _ count: UInt8) -> [UInt8] {
    Array("(".utf8) + Self.text(key) + [0x4b, offset, 0x4b, count] + Array("t".utf8)
  }

  @Test func partsMustAgree() throws {
    #expect(error(File()) == nil)
    // torch reads no further than it must: another save may follow in the same file.
    #expect(error(File(tail: [1, 2, 3])) == nil)
    #expect(error(File(facts: Self.pickled("N"))) == nil)
    #expect(error(File(view: view("v", 1, 3), size: 3)) == nil)
    #expect(error(File(version: 1000))?.reason.contains("protocol version 1000") == true)
    let bad: [(File, CheckpointError.Kind)] = [
      (File(keys: []), .badTensor), (File(keys: ["k", "k"]), .badTensor), (File(keys: ["other"]), .badTensor),
      (File(keys: ["k", "other"]), .badTensor), (File(written: 3), .badTensor), (File(written: 5), .badTensor),
      (File(written: .max), .badTensor), (File(written: 1 << 62), .badTensor), (File(count: 5), .badTensor),
      (File(size: 5), .badTensor), (File(data: [1]), .damagedArchive), (File(data: []), .damagedArchive),
      (File(storage: "DoubleStorage"), .damagedArchive), (File(storage: "Storage"), .refused),
      (File(view: view("v", 1, 4)), .refused), (File(view: view("v", 5, 0)), .refused),
      (File(view: view("v", 1, 3), size: 4), .badTensor), (File(view: Array("K\u{1}".utf8)), .refused),
      (File(facts: Array("zz".utf8)), .damagedPickle),
    ]
    for (file, kind) in bad { #expect(error(file)?.kind == kind, "\(file): \(error(file) as Any)") }
  }

  @Test func pickleIsReadInPieces() throws {
    // A text longer than the first look at the file, and storages behind it.
    let long = String(repeating: "x", count: 200_000)
    let pickle = [0x80, 2] + Array("](".utf8) + Self.text(long) + Self.text("end")
    let file = Self.magic + [0x80, 2, 0x4d, 0xe9, 3, 0x2e] + Self.pickled("}") + pickle
    let whole = file + Array("e.".utf8) + Self.pickled("]")
    let list = try load(bytes: whole).list
    #expect(try list.map { try $0.string.count } == [200_000, 3])
    for cut in [file.count - 100_000, file.count, whole.count - 1] {
      #expect(error(bytes: Array(whole[..<cut]))?.kind == .damagedPickle)
    }
  }

  @Test(arguments: ["legacy-bigendian", "legacy-old", "legacy-values", "legacy-numpy", "legacy-training"])
  func everyCutIsAnError(_ name: String) throws {
    let file = try CheckpointTests.file(name)
    for length in CheckpointHostileTests.places(file) {
      #expect(error(bytes: Array(file[..<length])) != nil, "\(length)")
    }
  }

  @Test(arguments: ["legacy", "legacy-old", "legacy-numpy", "legacy-protocol0", "legacy-protocol1", "legacy-python2"])
  func everyDamagedByteGivesAValueOrAnError(_ name: String) throws {
    let file = try CheckpointTests.file(name)
    var refused = 0
    for index in CheckpointHostileTests.places(file) {
      for bits: UInt8 in [0x01, 0x08, 0x80, 0xff] {
        var damaged = file
        damaged[index] ^= bits
        do {
          CheckpointHostileTests.walk(try load(bytes: damaged, weightsOnly: false))
        } catch { refused += 1 }
      }
    }
    #expect(refused > file.count / CheckpointHostileTests.step)
  }

  /// Old parts of storages share their bytes with the whole.
  @Test func partsShareMemory() throws {
    let checkpoint = try load(CheckpointTests.path("legacy-old"))
    try checkpoint["whole"].tensor[2] = 30
    #expect(try checkpoint["part"].tensor.array(Float.self) == [30, 4, 5])
    #expect(try checkpoint["part"].tensor.storage === checkpoint["part_again"].tensor.storage)
    // A part keeps the whole alive.
    let part = try load(CheckpointTests.path("legacy-old"))["part"].tensor
    #expect(part.array(Float.self) == [3, 4, 5])
  }
}
