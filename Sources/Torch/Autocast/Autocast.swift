import CTorchRuntime

/// Runs `body` in mixed precision, as `torch.autocast`: matrix products, convolutions and attention in a half type, losses and
/// other sums that need it in float32, all else in the dtype of its operands.
///
/// ```swift
/// let loss = autocast(.cpu, dtype: .bfloat16) { criterion(model(x), y) }
/// loss.backward()
/// ```
/// The weights stay as they are: gradients arrive in their dtype. A weight is cast once in a scope. Scopes nest; the switch
/// belongs to the calling thread. Call `backward()` after the scope.
/// - Parameters:
///   - kind: the device whose tensors are cast.
///   - dtype: bfloat16 or float16; nil for bfloat16 on the CPU, float16 on other devices.
///   - enabled: false for full precision inside another scope.
///   - cacheEnabled: whether casts of weights are kept until the outermost scope ends.
/// - Returns: what `body` returns.
/// - Precondition: `dtype` is a half type.
public func autocast<R, E>(
  _ kind: Device.Kind, dtype: DType? = nil, enabled: Bool = true, cacheEnabled: Bool = true,
  _ body: () throws(E) -> R
) throws(E) -> R {
  let half = dtype ?? (kind == .cpu ? .bfloat16 : .float16)
  guard half.isHalf || !enabled else {
    fault("autocast", "dtype wants to be bfloat16 or float16, it is \(half.name)")
  }
  let outer = AutocastState.current
  var dtypes = outer?.dtypes ?? [:]
  dtypes[kind] = enabled ? half : nil
  let cache = cacheEnabled ? outer?.cache ?? AutocastCache() : nil
  return try AutocastState.with(dtypes.isEmpty ? nil : AutocastState(dtypes: dtypes, cache: cache), body)
}

/// Whether operations on tensors of a kind of device run in mixed precision on this thread, as `torch.is_autocast_enabled`.
public func isAutocastEnabled(_ kind: Device.Kind) -> Bool { AutocastState.current?.dtypes[kind] != nil }

/// Casts in the outermost scope, by the tensor that was cast.
private final class AutocastCache {
  struct Entry {
    /// Kept, so that its address is not used again.
    let original: Tensor
    let cast: Tensor
    let version: UInt32
    let isRecorded: Bool
  }
  var entries: [ObjectIdentifier: Entry] = [:]
}

/// What autocast does on this thread.
private final class AutocastState {
  /// The half type of each kind of device that is cast.
  let dtypes: [Device.Kind: DType]
  let cache: AutocastCache?

  init(dtypes: [Device.Kind: DType], cache: AutocastCache?) {
    self.dtypes = dtypes
    self.cache = cache
  }

  static var current: AutocastState? {
    ct_autocast().map { Unmanaged<AutocastState>.fromOpaque($0).takeUnretainedValue() }
  }

  static func with<R, E>(_ state: AutocastState?, _ body: () throws(E) -> R) throws(E) -> R {
    let before = ct_autocast()
    ct_set_autocast(state.map { Unmanaged.passUnretained($0).toOpaque() })
    defer {
      ct_set_autocast(before)
      withExtendedLifetime(state) {}
    }
    return try body()
  }

  /// A tensor in the half type of its device.
  func lowered(_ x: Tensor) -> Tensor {
    guard let half = dtypes[x.device.kind], x.dtype.isFloatingPoint, x.dtype != .float64, x.dtype != half else {
      return x
    }
    guard let cache, x.dtype == .float32, x.isLeaf, x.requiresGrad else { return x.to(half) }
    let isRecorded = isGradEnabled()
    if let known = cache.entries[ObjectIdentifier(x)], known.cast.dtype == half, known.version == x.version,
      known.isRecorded == isRecorded
    {
      return known.cast
    }
    let cast = x.to(half)
    cache.entries[ObjectIdentifier(x)] = .init(original: x, cast: cast, version: x.version, isRecorded: isRecorded)
    return cast
  }

  func raised(_ x: Tensor) -> Tensor { dtypes[x.device.kind] != nil && x.dtype.isHalf ? x.to(.float32) : x }
}

/// Runs `body` as if there were no ``autocast(_:dtype:enabled:cacheEnabled:_:)`` around it.
package func withoutAutocast<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
  guard ct_autocast() != nil else { return try body() }
  return try AutocastState.with(nil, body)
}

extension Tensor {
  /// This tensor as an op takes it that autocast runs in a half type.
  @inline(__always)
  package var lowered: Tensor { ct_autocast() == nil ? self : AutocastState.current!.lowered(self) }

  /// This tensor as an op takes it that autocast runs in float32.
  @inline(__always)
  package var raised: Tensor { ct_autocast() == nil ? self : AutocastState.current!.raised(self) }
}
