import Torch
import TorchNN
import TorchOptim

/// A Swift type that a value of a case file can become.
protocol CaseArgument {
  /// Nil where the value is of another kind.
  static func from(_ value: Value) -> Self?
}

extension Tensor: CaseArgument {
  static func from(_ value: Value) -> Self? {
    if case .tensor(let tensor) = value { unsafeDowncast(tensor, to: Self.self) } else { nil }
  }
}
extension Int: CaseArgument {
  static func from(_ value: Value) -> Int? { if case .int(let value) = value { value } else { nil } }
}
extension Double: CaseArgument {
  static func from(_ value: Value) -> Double? {
    switch value {
    case .float(let value): value
    case .int(let value): Double(value)
    default: nil
    }
  }
}
extension Bool: CaseArgument {
  static func from(_ value: Value) -> Bool? { if case .bool(let value) = value { value } else { nil } }
}
extension String: CaseArgument {
  static func from(_ value: Value) -> String? { if case .string(let value) = value { value } else { nil } }
}
extension DType: CaseArgument {
  static func from(_ value: Value) -> DType? { if case .dtype(let value) = value { value } else { nil } }
}
extension MemoryFormat: CaseArgument {
  static func from(_ value: Value) -> MemoryFormat? { if case .memoryFormat(let value) = value { value } else { nil } }
}
extension Device: CaseArgument {
  static func from(_ value: Value) -> Device? {
    switch value {
    case .device(let device): device
    case .string(let text): Device(parsing: text)
    default: nil
    }
  }
}
extension Array: CaseArgument where Element: CaseArgument {
  static func from(_ value: Value) -> [Element]? {
    guard let entries = value.entries else { return nil }
    let elements = entries.compactMap { Element.from($0) }
    return elements.count == entries.count ? elements : nil
  }
}
extension Optional: CaseArgument where Wrapped: CaseArgument {
  static func from(_ value: Value) -> Wrapped?? {
    if value.isNone { return .some(nil) }
    return Wrapped.from(value).map { .some($0) }
  }
}

extension CaseArgument where Self: RawRepresentable<String> {
  static func from(_ value: Value) -> Self? { String.from(value).flatMap { Self(rawValue: $0) } }
}
extension Reduction: CaseArgument {}
extension GridIndexing: CaseArgument {}
extension ScatterReduction: CaseArgument {}
extension ElementReduction: CaseArgument {}
extension IndexReduction: CaseArgument {}
extension SearchSide: CaseArgument {}
extension RoundingMode: CaseArgument {}
extension GELUApproximation: CaseArgument {}
extension PadMode: CaseArgument {}
extension NormName: CaseArgument {}
extension QuantileInterpolation: CaseArgument {}
extension InterpolateMode: CaseArgument {}
extension CdistMode: CaseArgument {}
extension EmbeddingBagMode: CaseArgument {}
extension GridSampleMode: CaseArgument {}
extension GridSamplePadding: CaseArgument {}
extension LineSearch: CaseArgument {}
extension AdjustLrFn: CaseArgument {}
extension CyclicMode: CaseArgument {}
extension CyclicScaleMode: CaseArgument {}
extension AnnealStrategy: CaseArgument {}
extension PlateauMode: CaseArgument {}
extension ThresholdMode: CaseArgument {}

extension Generator: CaseArgument {
  /// No case file holds a generator.
  static func from(_ value: Value) -> Self? { nil }
}

/// A number with its kind, for parameters that take any ``TensorScalar``.
struct Number: CaseArgument {
  let value: any TensorScalar
  init(_ value: some TensorScalar) { self.value = value }

  static func from(_ value: Value) -> Number? {
    switch value {
    case .int(let value): Number(value)
    case .float(let value): Number(value)
    case .bool(let value): Number(value)
    default: nil
    }
  }
}

/// One number or one for each dimension, for parameters that take any ``SpatialSize``.
struct Size: CaseArgument {
  let value: any SpatialSize
  init(_ value: some SpatialSize) { self.value = value }

  static func from(_ value: Value) -> Size? {
    Int.from(value).map { Size($0) } ?? [Int].from(value).map { Size($0) }
  }
}

extension AdaptiveSize: CaseArgument {
  static func from(_ value: Value) -> AdaptiveSize? {
    Int.from(value).map { AdaptiveSize($0) } ?? [Int?].from(value).map { AdaptiveSize($0) }
  }
}

extension PoolRatio: CaseArgument {
  static func from(_ value: Value) -> PoolRatio? {
    Double.from(value).map { PoolRatio($0) } ?? [Double].from(value).map { PoolRatio($0) }
  }
}

/// The padding of a convolution: numbers or a name.
struct Pad: CaseArgument {
  let value: any ConvolutionPad
  init(_ value: some ConvolutionPad) { self.value = value }

  static func from(_ value: Value) -> Pad? {
    switch String.from(value) {
    case "same": Pad(.same)
    case "valid": Pad(.valid)
    default: Int.from(value).map { Pad($0) } ?? [Int].from(value).map { Pad($0) }
    }
  }
}

/// Two numbers, for a pair such as Adam's betas.
struct Pair: CaseArgument {
  let value: (Double, Double)
  init(_ value: (Double, Double)) { self.value = value }

  static func from(_ value: Value) -> Pair? {
    guard let numbers = [Double].from(value), numbers.count == 2 else { return nil }
    return Pair((numbers[0], numbers[1]))
  }
}

/// Two numbers of which the first may be missing, as Adafactor's `eps`.
struct HalfPair: CaseArgument {
  let value: (Double?, Double)
  init(_ value: (Double?, Double)) { self.value = value }

  static func from(_ value: Value) -> HalfPair? {
    guard let numbers = [Double?].from(value), numbers.count == 2, let second = numbers[1] else { return nil }
    return HalfPair((numbers[0], second))
  }
}

/// Three numbers, as Muon's coefficients.
struct Triple: CaseArgument {
  let value: (Double, Double, Double)
  init(_ value: (Double, Double, Double)) { self.value = value }

  static func from(_ value: Value) -> Triple? {
    guard let numbers = [Double].from(value), numbers.count == 3 else { return nil }
    return Triple((numbers[0], numbers[1], numbers[2]))
  }
}

/// One number or one for each group of an optimizer.
struct PerGroup: CaseArgument {
  let value: any GroupValues
  init(_ value: some GroupValues) { self.value = value }

  static func from(_ value: Value) -> PerGroup? {
    Double.from(value).map { PerGroup($0) } ?? [Double].from(value).map { PerGroup($0) }
  }
}

/// A factor for each epoch.
struct EpochFunction: CaseArgument {
  let value: (Int) -> Double
  init(_ value: @escaping (Int) -> Double) { self.value = value }

  static func from(_ value: Value) -> EpochFunction? {
    if case .epochFunction(let function) = value { EpochFunction(function) } else { nil }
  }
}

extension LRScheduler: CaseArgument {
  static func from(_ value: Value) -> Self? {
    if case .scheduler(let scheduler) = value { scheduler as? Self } else { nil }
  }
}

/// What stands between the brackets of `x[...]`.
struct Index: CaseArgument {
  let entries: [any TensorIndexable]

  static func from(_ value: Value) -> Index? {
    if case .tuple(let parts) = value {
      let entries = parts.compactMap(entry)
      return entries.count == parts.count ? Index(entries: entries) : nil
    }
    return entry(value).map { Index(entries: [$0]) }
  }

  private static func entry(_ value: Value) -> (any TensorIndexable)? {
    switch value {
    case .int(let position): return position
    case .bool(let flag): return flag
    case .none: return TensorIndex.newAxis
    case .ellipsis: return TensorIndex.ellipsis
    case .slice(let start, let end, let step): return TensorIndex.slice(start, end, step: step ?? 1)
    case .tensor(let tensor): return tensor
    case .list, .tuple: return [Int].from(value) ?? [[Int]].from(value) ?? [Bool].from(value) ?? [[Bool]].from(value)
    default: return nil
    }
  }
}

/// Two tensors, for the states of an LSTM.
struct Tensors: CaseArgument {
  let value: (Tensor, Tensor)

  static func from(_ value: Value) -> Tensors? {
    guard let tensors = [Tensor].from(value), tensors.count == 2 else { return nil }
    return Tensors(value: (tensors[0], tensors[1]))
  }
}

/// The layers of a ``Sequential``.
struct Layers: CaseArgument {
  let value: [any Layer]

  static func from(_ value: Value) -> Layers? {
    guard let entries = value.entries else { return nil }
    let layers = entries.compactMap { entry -> (any Layer)? in
      if case .module(let module) = entry { module as? any Layer } else { nil }
    }
    return layers.count == entries.count ? Layers(value: layers) : nil
  }
}

extension CaseArgument where Self: Module {
  static func from(_ value: Value) -> Self? { if case .module(let module) = value { module as? Self } else { nil } }
}
extension TransformerEncoderLayer: CaseArgument {}
extension TransformerDecoderLayer: CaseArgument {}
extension TransformerEncoder: CaseArgument {}
extension TransformerDecoder: CaseArgument {}
extension LayerNorm: CaseArgument {}

extension RNNNonlinearity: CaseArgument {}
extension TransformerActivation: CaseArgument {
  static func from(_ value: Value) -> TransformerActivation? {
    switch value {
    case .string("relu"), .other("function torch.nn.functional.relu"): .relu
    case .string("gelu"), .other("function torch.nn.functional.gelu"): .gelu
    default: nil
    }
  }
}
