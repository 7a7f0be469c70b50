import Foundation
import Testing

import Torch

/// Archives that the product writes, read by the product's reader; `Tools/checkpoints` lets Python read them.
@Suite struct ZipWriterTests {
  private typealias Writer = Torch.ZipWriter

  private func archive(
    _ entries: [(String, [UInt8])], alignment: Int = 64, limits: Writer.Limits = .init(), packed: Bool = false
  ) throws -> [UInt8] {
    let sink = MemorySink()
    var writer = Writer(to: sink, alignment: alignment, limits: limits)
    for (name, content) in entries { try writer.add(name, content, packed: packed) }
    try writer.finish()
    return sink.bytes
  }

  /// A checkpoint of one number, whose reading checks the whole directory and the sums of what it needs.
  private let checkpoint: [(String, [UInt8])] = [
    ("ä/data.pkl", [0x80, 2, 0x4b, 7, 0x2e]), ("ä/byteorder", Array("little".utf8)), ("ä/version", Array("3\n".utf8)),
  ]

  @Test(arguments: [false, true]) func archivesAreRead(_ packed: Bool) throws {
    #expect(try load(bytes: archive(checkpoint, packed: packed)).int == 7)
    #expect(try load(bytes: archive(checkpoint, alignment: 1, packed: packed)).int == 7)
    #expect(throws: CheckpointError.self) { try load(bytes: archive([])) }
  }

  @Test(arguments: [1, 8, 64, 4096]) func contentIsAligned(_ alignment: Int) throws {
    let texts = (1...9).map { Array(repeating: UInt8(ascii: "0") + UInt8($0), count: 40 + $0) }
    let entries = texts.enumerated().map { ("a/" + String(repeating: "n", count: $0.offset + 1), $0.element) }
    let bytes = try archive(checkpoint + entries, alignment: alignment)
    #expect(try load(bytes: bytes).int == 7)
    for text in texts {
      let place = try #require(Data(bytes).range(of: Data(text))).lowerBound
      #expect(place % alignment == 0)
    }
  }

  @Test func largeNumbersGoToZip64() throws {
    for bytes in [0, 3, 60, 200] {
      var limits = Writer.Limits()
      limits.bytes = bytes
      #expect(try load(bytes: archive(checkpoint, limits: limits)).int == 7, "\(bytes)")
      #expect(try load(bytes: archive(checkpoint, limits: limits, packed: true)).int == 7, "\(bytes)")
    }
    var limits = Writer.Limits()
    limits.entries = 2
    #expect(try load(bytes: archive(checkpoint, limits: limits)).int == 7)
  }

  @Test func entriesMayBeMoreThan65535() throws {
    let many = (0..<66_000).map { ("ä/data/\($0)", [UInt8(truncatingIfNeeded: $0)]) }
    #expect(try load(bytes: archive(checkpoint + many, alignment: 1)).int == 7)
  }

  @Test func piecesAreOneContent() throws {
    let pickle = checkpoint[0].1
    let sink = MemorySink()
    var writer = Writer(to: sink)
    try pickle.withUnsafeBytes { whole in
      let parts = [whole[..<2], whole[2..<2], whole[2...]].map { UnsafeRawBufferPointer(rebasing: $0) }
      try writer.add(checkpoint[0].0, parts)
    }
    for (name, content) in checkpoint.dropFirst() { try writer.add(name, content) }
    try writer.finish()
    #expect(try sink.bytes == archive(checkpoint))
    #expect(try load(bytes: sink.bytes).int == 7)
  }

  @Test func longContentIsPacked() throws {
    // bytes object of 300 KB in the pickle, longer than the packer's chunks
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    let size = withUnsafeBytes(of: UInt32(content.count).littleEndian) { Array($0) }
    var entries = checkpoint
    entries[0].1 = [0x80, 3, 0x42] + size + content + [0x2e]
    let packed = try archive(entries, packed: true)
    #expect(try load(bytes: packed).bytes == content)
    #expect(try packed.count < archive(entries).count)
  }
}
