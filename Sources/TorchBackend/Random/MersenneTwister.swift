import CTorchKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The generator behind PyTorch's CPU random numbers: MT19937 with PyTorch's own draws on top.
///
/// The same seed gives the same numbers as PyTorch, call by call, in the order the calls are made;
/// `docs/RANDOM.md` lists every draw and how far it was verified. A value type without a lock: the public
/// `Generator` wraps one and serialises access.
package struct MersenneTwister: Sendable {
  /// Words in one block of state.
  static let wordCount = Int(CT_MT_WORDS)

  /// The seed as given, all 64 bits; only the low 32 reach the twister.
  package private(set) var initialSeed: UInt64

  /// The block in use, before tempering.
  var words: [UInt32]

  /// One more than the words of the block still unused; 1 when the block is spent. PyTorch's own counting,
  /// kept because saved states carry it.
  var left: Int

  /// The index of the next unused word.
  var next: Int

  /// The second normal number of the last pair, of mean 0 and deviation 1, not handed out yet.
  package var cachedNormal: Double?

  /// A generator at the start of the stream of `seed`.
  package init(seed: UInt64) {
    var words = [UInt32](repeating: 0, count: Self.wordCount)
    var word = UInt32(truncatingIfNeeded: seed)
    words[0] = word
    for i in 1..<Self.wordCount {
      word = 1_812_433_253 &* (word ^ (word >> 30)) &+ UInt32(i)
      words[i] = word
    }
    self.init(initialSeed: seed, words: words, left: 1, next: 0, cachedNormal: nil)
  }

  /// A generator in the middle of a stream; the arguments are trusted.
  init(initialSeed: UInt64, words: [UInt32], left: Int, next: Int, cachedNormal: Double?) {
    self.initialSeed = initialSeed
    self.words = words
    self.left = left
    self.next = next
    self.cachedNormal = cachedNormal
  }

  /// The next 32 random bits.
  package mutating func next32() -> UInt32 {
    if left == 1 { refill() }
    let word = words[next]
    left -= 1
    next += 1
    return ct_mt_temper(word)
  }

  /// The next 64 random bits: two 32-bit outputs, the first one high.
  package mutating func next64() -> UInt64 {
    let high = UInt64(next32())
    return high << 32 | UInt64(next32())
  }

  /// The next float32 in [0, 1): 24 bits of one output.
  package mutating func uniform24() -> Float {
    Float(Int32(truncatingIfNeeded: next32() & 0xff_ffff)) * 0x1p-24
  }

  /// The next float64 in [0, 1): 53 bits of two outputs.
  package mutating func uniform53() -> Double {
    Double(Int64(truncatingIfNeeded: next64() & 0x1f_ffff_ffff_ffff)) * 0x1p-53
  }

  /// The next number of the normal distribution with mean 0 and deviation 1, as torch draws fewer than 16.
  ///
  /// Numbers come in pairs from two 53-bit uniforms; the second of a pair waits in `cachedNormal`, across calls.
  package mutating func nextNormal() -> Double {
    if let cached = cachedNormal {
      cachedNormal = nil
      return cached
    }
    let angle = 2 * Double.pi * uniform53()
    let radius = (-2 * log1p(-uniform53())).squareRoot()
    cachedNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// Starts the next block. For a moment `left` is 625: the caller takes at least one word.
  private mutating func refill() {
    words.withUnsafeMutableBufferPointer { ct_mt_refill($0.baseAddress!) }
    left = Self.wordCount + 1
    next = 0
  }

  /// Passes over so many 32-bit outputs.
  mutating func skip(_ count: Int) {
    var rest = count
    if rest > left - 1 {
      rest -= left - 1
      let blocks = (rest - 1) / Self.wordCount
      words.withUnsafeMutableBufferPointer { ct_mt_skip($0.baseAddress!, blocks + 1) }
      rest -= blocks * Self.wordCount
      left = Self.wordCount + 1
      next = 0
    }
    left -= rest
    next += rest
  }

  /// Hands out `count` draws of `wordsPerDraw` (1 or 2) words each, in runs that lie in one piece of memory.
  ///
  /// - Parameter body: called with the untempered words of a run, the index of its first draw and its number of
  ///   draws.
  mutating func drawRuns(
    _ count: Int, wordsPerDraw: Int, _ body: (UnsafePointer<UInt32>, _ first: Int, _ count: Int) -> Void
  ) {
    var done = 0
    while done < count {
      if left == 1 { refill() }
      let run = min((left - 1) / wordsPerDraw, count - done)
      if run > 0 {
        words.withUnsafeBufferPointer { body($0.baseAddress! + next, done, run) }
        left -= run * wordsPerDraw
        next += run * wordsPerDraw
        done += run
      } else {
        // A pair astride two blocks.
        let first = words[next]
        refill()
        let pair = (first, words[0])
        left -= 1
        next = 1
        withUnsafeBytes(of: pair) { body($0.baseAddress!.assumingMemoryBound(to: UInt32.self), done, 1) }
        done += 1
      }
    }
  }
}
