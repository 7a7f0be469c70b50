/// A sum over blocks of 64 bytes, which is what SHA-256 and MD5 have in common.
package protocol BlockHash {
  static var start: [UInt32] { get }
  /// Whether words and the length stand with their highest byte first.
  static var isBigEndian: Bool { get }
  /// Takes blocks into the state.
  static func absorb(_ bytes: UnsafeRawBufferPointer, _ blocks: Int, into state: inout [UInt32])
}

/// The sum of bytes that come in parts.
package struct Digest<Hash: BlockHash> {
  private var state = Hash.start
  /// What came since the last whole block.
  private var pending: [UInt8] = []
  private var count: UInt64 = 0

  package init() { pending.reserveCapacity(Self.block) }

  private static var block: Int { 64 }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count += UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let part = rest.prefix(Self.block - pending.count)
      pending.append(contentsOf: part)
      rest = rest.dropFirst(part.count)
      guard pending.count == Self.block else { return }
      pending.withUnsafeBytes { Hash.absorb($0, 1, into: &state) }
      pending.removeAll(keepingCapacity: true)
    }
    let blocks = rest.count / Self.block
    if blocks > 0 {
      Hash.absorb(UnsafeRawBufferPointer(rebasing: rest.prefix(blocks * Self.block)), blocks, into: &state)
      rest = rest.dropFirst(blocks * Self.block)
    }
    pending.append(contentsOf: rest)
  }

  /// The sum of all that came, in lower case hex digits.
  package func digest() -> String {
    var copy = self
    // A one, zeros, and the length in bits at the end of a block.
    var tail: [UInt8] = [0x80]
    tail += [UInt8](repeating: 0, count: (119 - Int(count % 64)) % 64)
    tail += Self.bytes(count &* 8)
    tail.withUnsafeBytes { copy.update($0) }
    return copy.state.flatMap { Self.bytes($0) }.map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }

  private static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
    withUnsafeBytes(of: Hash.isBigEndian ? word.bigEndian : word.littleEndian) { Array($0) }
  }
}
