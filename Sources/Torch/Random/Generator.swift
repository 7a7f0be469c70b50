import CTorchRuntime
import Synchronization

/// A source of random numbers, as `torch.Generator`: on the CPU the very stream of PyTorch for a seed.
public final class Generator: Sendable {
  private let state: Mutex<MersenneTwister>

  /// A generator with PyTorch's default seed, or a given one.
  public init(seed: UInt64 = 67_280_421_310_721) { state = Mutex(MersenneTwister(seed: seed)) }

  /// The generator that factories and layers use when none is given: the process's own, or inside ``forkRNG(_:)`` the
  /// copy that the block works on.
  public static var `default`: Generator {
    guard let fork = ct_generator() else { return ofProcess }
    return Unmanaged<Generator>.fromOpaque(fork).takeUnretainedValue()
  }

  private static let ofProcess = Generator()

  /// Goes on where another one stands.
  package func goOn(as other: Generator) {
    let now = other.state.withLock { $0 }
    state.withLock { $0 = now }
  }

  /// A generator that goes on where this one stands.
  package func copy() -> Generator {
    let copy = Generator()
    let now = state.withLock { $0 }
    copy.state.withLock { $0 = now }
    return copy
  }

  /// Starts the stream of a seed, as `torch.Generator.manual_seed`.
  @discardableResult
  public func manualSeed(_ seed: UInt64) -> Generator {
    state.withLock { $0 = MersenneTwister(seed: seed) }
    return self
  }

  /// The seed the stream was started with.
  public var initialSeed: UInt64 { state.withLock { $0.initialSeed } }

  /// The whole state as 5056 bytes, as `torch.Generator.get_state`; PyTorch reads and writes the same bytes.
  public func getState() -> Tensor { Tensor(state.withLock { $0.serializedState() }) }

  /// Goes on from a state, as `torch.Generator.set_state`.
  /// - Throws: `RandomStateError` where the bytes are no state of a CPU generator.
  public func setState(_ bytes: Tensor) throws {
    let twister = try MersenneTwister(serializedState: bytes.array(UInt8.self))
    state.withLock { $0 = twister }
  }

  /// The next 64 random bits: two 32-bit draws.
  package func next64() -> UInt64 { state.withLock { $0.next64() } }

  package func withTwister<R: Sendable>(_ body: (inout MersenneTwister) throws -> R) rethrows -> R {
    try state.withLock { twister in try body(&twister) }
  }
}

/// Starts the default generator's stream of a seed, as `torch.manual_seed`.
///
/// The same seed gives the same numbers, initial weights, masks and batches as PyTorch on the CPU.
@discardableResult
public func manualSeed(_ seed: Int) -> Generator {
  Generator.default.manualSeed(UInt64(bitPattern: Int64(seed)))
}

/// The default generator's state, as `torch.get_rng_state`.
public func getRNGState() -> Tensor { Generator.default.getState() }

/// Sets the default generator's state, as `torch.set_rng_state`.
public func setRNGState(_ state: Tensor) throws { try Generator.default.setState(state) }

/// Runs `body` on a copy of the default generator, as `torch.random.fork_rng`: draws and ``manualSeed(_:)`` inside leave
/// the stream outside where it was.
///
/// The copy belongs to the calling thread, so that blocks on several threads do not disturb one another.
/// - Returns: what `body` returns.
public func forkRNG<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
  let outer = ct_generator()
  let fork = Generator.default.copy()
  ct_set_generator(Unmanaged.passUnretained(fork).toOpaque())
  defer { withExtendedLifetime(fork) { ct_set_generator(outer) } }
  return try body()
}
