import TorchBackend
import TorchGPU

// The default generators of devices. Each device has its own, which exists before the device is opened; without a number the current
// device is meant.

extension GPUModule {
  private static func generator(_ index: Int?) -> Generator { .default(on: Device(kind, index: index)) }

  /// The generator that draws on a device when none is given, as `torch.cuda.default_generators`.
  public static func defaultGenerator(_ index: Int? = nil) -> Generator { generator(index) }

  /// Starts the stream of a seed on a device, as `torch.cuda.manual_seed`.
  public static func manualSeed(_ seed: Int, _ index: Int? = nil) { generator(index).manualSeed(bits(seed)) }

  /// Starts the stream of a seed on all devices of the kind, as `torch.cuda.manual_seed_all`.
  public static func manualSeedAll(_ seed: Int) {
    for index in 0..<deviceCount { generator(index).manualSeed(bits(seed)) }
  }

  /// Starts a stream on a device that nobody foresees, as `torch.cuda.seed`.
  /// - Returns: its seed.
  @discardableResult
  public static func seed(_ index: Int? = nil) -> UInt64 {
    let seed = UInt64.random(in: .min ... .max)
    generator(index).manualSeed(seed)
    return seed
  }

  /// Starts a stream that nobody foresees, the same on all devices of the kind, as `torch.cuda.seed_all`.
  public static func seedAll() {
    let seed = UInt64.random(in: .min ... .max)
    for index in 0..<deviceCount { generator(index).manualSeed(seed) }
  }

  /// The seed that a device's stream was started with, as `torch.cuda.initial_seed`.
  public static func initialSeed(_ index: Int? = nil) -> UInt64 { generator(index).initialSeed }

  /// Where a device's stream stands, 16 bytes, as `torch.cuda.get_rng_state`.
  public static func getRNGState(_ index: Int? = nil) -> Tensor { generator(index).getState() }

  /// Lets a device's stream go on from a state, as `torch.cuda.set_rng_state`.
  /// - Throws: where the bytes are no such state.
  public static func setRNGState(_ state: Tensor, _ index: Int? = nil) throws { try generator(index).setState(state) }

  /// Where the streams of all devices of the kind stand, as `torch.cuda.get_rng_state_all`.
  public static func getRNGStateAll() -> [Tensor] { (0..<deviceCount).map { generator($0).getState() } }

  /// Lets the streams of the first devices go on from states, as `torch.cuda.set_rng_state_all`.
  /// - Throws: where the bytes are no such states.
  public static func setRNGStateAll(_ states: [Tensor]) throws {
    for (index, state) in states.enumerated() { try generator(index).setState(state) }
  }

  private static func bits(_ seed: Int) -> UInt64 { UInt64(bitPattern: Int64(seed)) }
}
