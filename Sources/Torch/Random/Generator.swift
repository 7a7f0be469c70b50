import CTorchRuntime
import Synchronization
import TorchGPU

/// A source of random numbers, as `torch.Generator`: on the CPU the very stream of PyTorch for a seed, on a device the one that PyTorch
/// draws on CUDA.
public final class Generator: Sendable {
  /// Where its numbers are drawn; tensors there take it.
  public let device: Device
  private let state: Mutex<MersenneTwister>
  /// A device's own stream. The twister beside it, of the same seed, serves where draws are the processor's.
  private let stream: Mutex<PhiloxStream>
  /// The generators of devices that stand by this one where it is the default.
  private let companions: Mutex<Companions>

  private struct Companions {
    /// What a generator begins with that is not there yet.
    var seed: UInt64
    var made: [Device: Generator] = [:]
  }

  /// A generator with PyTorch's default seed, or a given one, for a device.
  public init(device: Device = .cpu, seed: UInt64 = 67_280_421_310_721) {
    self.device = device
    state = Mutex(MersenneTwister(seed: seed))
    stream = Mutex(PhiloxStream(seed: seed))
    companions = Mutex(Companions(seed: seed))
  }

  /// The generator that factories and layers use on the processor when none is given: the process's own, or inside
  /// ``forkRNG(_:)`` the copy that the block works on.
  public static var `default`: Generator {
    guard let fork = ct_generator() else { return ofProcess }
    return Unmanaged<Generator>.fromOpaque(fork).takeUnretainedValue()
  }

  private static let ofProcess = Generator()

  /// The generator that is used on a device when none is given.
  package static func `default`(on device: Device) -> Generator {
    device.kind == .cpu ? .default : .default.companion(on: device)
  }

  private func companion(on device: Device) -> Generator {
    companions.withLock { companions in
      if let known = companions.made[device] { return known }
      let generator = Generator(device: device, seed: companions.seed)
      companions.made[device] = generator
      return generator
    }
  }

  /// Starts the streams of a seed on all devices, those too that are asked for later.
  fileprivate func seedCompanions(_ seed: UInt64) {
    companions.withLock { companions in
      companions.seed = seed
      for generator in companions.made.values { generator.manualSeed(seed) }
    }
  }

  /// Goes on where another one stands, devices included.
  package func goOn(as other: Generator) {
    let now = other.state.withLock { $0 }
    state.withLock { $0 = now }
    let place = other.stream.withLock { $0 }
    stream.withLock { $0 = place }
    let copies = other.companions.withLock { Companions(seed: $0.seed, made: $0.made.mapValues { $0.copy() }) }
    companions.withLock { own in
      // Who holds a companion keeps it.
      for (device, copy) in copies.made {
        if let known = own.made[device] { known.goOn(as: copy) } else { own.made[device] = copy }
      }
      for (device, known) in own.made where copies.made[device] == nil { known.manualSeed(copies.seed) }
      own.seed = copies.seed
    }
  }

  /// A generator that goes on where this one stands, devices included.
  package func copy() -> Generator {
    let copy = Generator(device: device)
    copy.goOn(as: self)
    return copy
  }

  /// Starts the stream of a seed, as `torch.Generator.manual_seed`.
  @discardableResult
  public func manualSeed(_ seed: UInt64) -> Generator {
    state.withLock { $0 = MersenneTwister(seed: seed) }
    stream.withLock { $0 = PhiloxStream(seed: seed) }
    return self
  }

  /// The seed the stream was started with.
  public var initialSeed: UInt64 {
    device.kind == .cpu ? state.withLock { $0.initialSeed } : stream.withLock { $0.seed }
  }

  /// The whole state, as `torch.Generator.get_state`; PyTorch reads and writes the same bytes: 5056 of the processor's generator, 16
  /// of a device's.
  public func getState() -> Tensor {
    Tensor(
      device.kind == .cpu
        ? state.withLock { $0.serializedState() } : stream.withLock { $0.serializedState() })
  }

  /// Goes on from a state, as `torch.Generator.set_state`.
  /// - Throws: `RandomStateError` where the bytes are no state of a generator of this kind.
  public func setState(_ bytes: Tensor) throws {
    let bytes = bytes.array(UInt8.self)
    if device.kind == .cpu {
      let twister = try MersenneTwister(serializedState: bytes)
      state.withLock { $0 = twister }
    } else {
      let place = try PhiloxStream(serializedState: bytes)
      stream.withLock { $0 = place }
    }
  }

  /// The next 64 random bits: two 32-bit draws.
  package func next64() -> UInt64 { state.withLock { $0.next64() } }

  package func withTwister<R: Sendable>(_ body: (inout MersenneTwister) throws -> R) rethrows -> R {
    try state.withLock { twister in try body(&twister) }
  }

  /// Fills contiguous memory of a backend with draws, by a generator that was given or by the default one.
  @inline(__always)
  static func fill(_ out: Strided, with draw: RandomDraw, by given: Generator?, _ backend: any Backend) {
    if out.device.kind == .cpu && given?.device.kind ?? .cpu == .cpu {
      return (given ?? .default).withTwister { backend.random(draw, from: &$0, into: out) }
    }
    fillOnDevice(out, with: draw, by: given, backend)
  }

  @inline(never)
  private static func fillOnDevice(_ out: Strided, with draw: RandomDraw, by given: Generator?, _ backend: any Backend)
  {
    if out.device.kind != .cpu && backends.gpu.drawsOnCPU {
      return (given ?? .default).withTwister { backend.random(draw, from: &$0, into: out) }
    }
    if let given, given.device.kind != out.device.kind {
      fault(
        OpError(
          op: "random",
          "a tensor on \(out.device) wants a generator of that kind, got one of \(given.device); make it by "
            + "Generator(device: \"\(out.device)\")"))
    }
    guard let accelerator = backend as? any Accelerator else {
      fault("random", "\(out.device) has no random numbers of its own")
    }
    let generator = given ?? .default(on: out.device)
    generator.stream.withLock { accelerator.random(draw, from: &$0, into: out) }
  }
}

/// Starts the default generators' streams of a seed, the processor's and those of all devices, as `torch.manual_seed`.
///
/// The same seed gives the same numbers, initial weights, masks and batches as PyTorch, on the CPU and on CUDA.
/// - Returns: the processor's generator.
@discardableResult
public func manualSeed(_ seed: Int) -> Generator {
  let seed = UInt64(bitPattern: Int64(seed)), generator = Generator.default
  generator.seedCompanions(seed)
  return generator.manualSeed(seed)
}

/// The state of the processor's default generator, as `torch.get_rng_state`.
public func getRNGState() -> Tensor { Generator.default.getState() }

/// Sets the state of the processor's default generator, as `torch.set_rng_state`.
public func setRNGState(_ state: Tensor) throws { try Generator.default.setState(state) }

/// Runs `body` on copies of the default generators, as `torch.random.fork_rng`: draws and ``manualSeed(_:)`` inside leave
/// the streams outside where they were, those of devices too.
///
/// The copies belong to the calling thread, so that blocks on several threads do not disturb one another.
/// - Returns: what `body` returns.
public func forkRNG<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
  let outer = ct_generator()
  let fork = Generator.default.copy()
  ct_set_generator(Unmanaged.passUnretained(fork).toOpaque())
  defer { withExtendedLifetime(fork) { ct_set_generator(outer) } }
  return try body()
}
