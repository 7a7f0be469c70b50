/// Where a device's stream of random numbers stands, as in PyTorch on CUDA: a seed, and how many words of it are spent.
///
/// Philox4x32-10 makes four words of a seed and a place; each thread of a kernel has places of its own, all begin at the same
/// offset. A draw takes as many words of every thread as its busiest one needs, in fours.
///
/// Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011.
package struct PhiloxStream: Sendable, Equatable {
  package private(set) var seed: UInt64
  /// The words of each thread that are spent, a multiple of four.
  package private(set) var offset: UInt64 = 0

  package init(seed: UInt64) { self.seed = seed }

  /// Where a draw begins that takes so many words of each thread: a place of four words.
  package mutating func place(taking words: Int) -> UInt64 {
    defer { offset &+= UInt64((words + 3) / 4 * 4) }
    return offset / 4
  }

  /// How a kernel of PyTorch's shares a draw of `count` numbers among threads that make `atOnce` of a place; it takes 4 words of
  /// each thread in each round.
  ///
  /// PyTorch asks the card how many threads it runs, so that large draws differ from one card to another; here it is always the
  /// number of an A100: 108 processors of 8 groups of 256.
  /// - Precondition: `count` is above 0.
  package static func threads(for count: Int, atOnce: Int) -> (threads: Int, rounds: Int) {
    let threads = Swift.min((count + 255) / 256, 108 * 8) * 256
    return (threads, (count - 1) / (threads * atOnce) + 1)
  }
}

// MARK: saved states

extension PhiloxStream {
  /// Bytes of a saved state, as `torch.cuda.get_rng_state().numel()`.
  package static let stateByteCount = 16

  /// Seed and offset, little-endian.
  package func serializedState() -> [UInt8] {
    [seed, offset].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
  }

  /// The stream whose state PyTorch, or ``serializedState()``, saved; the seed alone stands for its beginning.
  /// - Throws: `RandomStateError` where the bytes are no such state.
  package init(serializedState bytes: [UInt8]) throws(RandomStateError) {
    guard bytes.count == Self.stateByteCount || bytes.count == 8 else { throw .wrongDeviceSize(bytes.count) }
    func word(_ start: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
    seed = word(0)
    offset = bytes.count == 8 ? 0 : word(8)
    guard offset % 4 == 0 else { throw .crookedOffset(offset) }
  }
}
