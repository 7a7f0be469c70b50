/// Why bytes were refused as the state of a random generator.
package enum RandomStateError: Error, Equatable, CustomStringConvertible {
  /// The number of bytes is not that of a saved state.
  case wrongSize(Int)
  /// The bytes have the right size but no twister can be in the state they tell.
  case invalid
  /// The number of bytes is not that of a device's saved state.
  case wrongDeviceSize(Int)
  /// The offset of a device's state is no multiple of four.
  case crookedOffset(UInt64)

  package var description: String {
    switch self {
    case .wrongSize(let count): "a random state has \(MersenneTwister.stateByteCount) bytes, got \(count)"
    case .invalid: "the bytes are not the state of an MT19937 generator"
    case .wrongDeviceSize(let count):
      "the random state of a device has \(PhiloxStream.stateByteCount) bytes, seed and offset; got \(count)"
    case .crookedOffset(let offset): "the offset of a device's random state is a multiple of 4; got \(offset)"
    }
  }
}

extension MersenneTwister {
  /// Bytes of a saved state, as `torch.get_rng_state().numel()`.
  package static let stateByteCount = 5056

  // Where PyTorch's saved state keeps things, in bytes; all little-endian. Between `words` (64 bits per word)
  // and `normal` lies a double that is always zero, after `normal` another.
  private enum Offset {
    static let seed = 0  // UInt64
    static let left = 8  // Int32
    static let seeded = 12  // Int32, 1
    static let next = 16  // UInt64
    static let words = 24  // 624 x UInt64
    static let normal = 5024  // Double: the cached normal number
    static let hasNormal = 5040  // Int32
  }

  /// The state as the 5056 bytes of `torch.get_rng_state()`.
  package func serializedState() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.stateByteCount)
    func put(_ value: UInt64, at offset: Int, count: Int = 8) {
      for i in 0..<count { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
    }
    put(initialSeed, at: Offset.seed)
    put(UInt64(left), at: Offset.left, count: 4)
    put(1, at: Offset.seeded, count: 4)
    put(UInt64(next), at: Offset.next)
    for (i, word) in words.enumerated() { put(UInt64(word), at: Offset.words + 8 * i) }
    if let cachedNormal {
      put(cachedNormal.bitPattern, at: Offset.normal)
      put(1, at: Offset.hasNormal, count: 4)
    }
    return bytes
  }

  /// The generator whose state PyTorch, or `serializedState()`, saved.
  ///
  /// - Throws: `RandomStateError` when the bytes are no such state.
  package init(serializedState bytes: [UInt8]) throws {
    guard bytes.count == Self.stateByteCount else { throw RandomStateError.wrongSize(bytes.count) }
    func get(_ offset: Int, count: Int = 8) -> UInt64 {
      (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
    let left = get(Offset.left, count: 4)
    let next = get(Offset.next)
    let limit = UInt64(Self.wordCount)
    guard get(Offset.seeded, count: 4) == 1, left >= 1, left <= limit, next <= limit, left - 1 + next <= limit
    else { throw RandomStateError.invalid }
    self.init(
      initialSeed: get(Offset.seed),
      words: (0..<Self.wordCount).map { UInt32(truncatingIfNeeded: get(Offset.words + 8 * $0)) },
      left: Int(left), next: Int(next),
      cachedNormal: get(Offset.hasNormal, count: 4) != 0 ? Double(bitPattern: get(Offset.normal)) : nil)
  }
}
