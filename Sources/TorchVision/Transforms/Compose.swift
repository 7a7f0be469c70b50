import Torch

/// Several transforms, one after the other, as `torchvision.transforms.Compose`.
///
/// ```swift
/// let transform = Compose([
///   Resize(256), CenterCrop(224), ToTensor(), Normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]),
/// ])
/// let x = try transform(image)                            // [3, 224, 224] float32
/// ```
///
/// An order in which a step cannot take what the step before it gives is a fault when the pipeline is built.
public struct Compose: Transform {
  public let transforms: [any Transform]
  /// The same with neighbours joined that are faster together; equal to the bit.
  let steps: [any Transform]

  /// - Precondition: each step takes what the one before gives.
  public init(_ transforms: [any Transform]) {
    self.transforms = transforms
    steps = Compose.joined(transforms)
    let kinds: [TransformValue.Kind] = [.image, .tensor]
    var failures: [TransformOrderError] = []
    for kind in kinds {
      do throws(TransformOrderError) {
        _ = try self.kind(after: kind)
      } catch {
        failures.append(error)
      }
    }
    // A pipeline may start with an image or with a tensor; what is told is where the one that came further stopped.
    if failures.count == kinds.count {
      fault("Compose", failures.max { $0.position < $1.position }!.description)
    }
  }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    var value = value
    for step in steps { value = try step.apply(value) }
    return value
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    var kind = kind
    for (index, transform) in transforms.enumerated() {
      do throws(TransformOrderError) {
        kind = try transform.kind(after: kind)
      } catch {
        let source = index == 0 ? "the start" : "transform \(index - 1), \(transforms[index - 1])"
        throw TransformOrderError("transform \(index), \(transform), after \(source): \(error.description)", index)
      }
    }
    return kind
  }

  /// The tensor that comes of an image.
  /// - Throws: what a step throws.
  public func callAsFunction(_ image: Image) throws -> Tensor { try result(image) }

  /// The tensor that comes of a tensor.
  /// - Throws: what a step throws.
  public func callAsFunction(_ tensor: Tensor) throws -> Tensor { try result(tensor) }

  /// What comes of a value, in the type that is asked for: `let small: Image = try transform(image)`.
  /// - Precondition: the last step gives this type.
  /// - Throws: what a step throws.
  @_disfavoredOverload
  public func callAsFunction<Result: TransformConvertible>(_ value: some TransformConvertible) throws -> Result {
    try result(value)
  }

  private func result<Result: TransformConvertible>(_ value: some TransformConvertible) throws -> Result {
    let result = try apply(value.transformValue)
    guard let wanted = Result.from(result) else {
      fault(
        "Compose",
        "the last transform gives \(result.kind.rawValue), but \(Result.transformKind.rawValue) is asked for; "
          + (Result.transformKind.isTensor ? "end with ToTensor()" : "write the type of the result, as let x: Image"))
    }
    return wanted
  }

  public var description: String { lines("Compose", transforms) }

  private static func joined(_ transforms: [any Transform]) -> [any Transform] {
    var steps: [any Transform] = []
    for transform in transforms {
      if let normalize = transform as? Normalize, !normalize.inplace, steps.last is ToTensor {
        steps[steps.count - 1] = NormalizedTensor(normalize)
      } else {
        steps.append(transform)
      }
    }
    return steps
  }
}

/// A transform of transforms as Python prints it.
func lines(_ name: String, _ transforms: [any Transform], extra: [String] = []) -> String {
  // Python puts the text of an inner pipeline as it is, its lines not indented further.
  let inner = extra + transforms.map { "\($0)" }
  return name + "(" + inner.map { "\n    " + $0 }.joined() + "\n)"
}

/// ``ToTensor`` and ``Normalize`` as one pass over the bytes.
struct NormalizedTensor: Transform {
  let normalize: Normalize
  /// For pictures of as many channels as there are means.
  let tables: [Float]?

  init(_ normalize: Normalize) {
    self.normalize = normalize
    tables = VF.normalizationTables(normalize.mean, normalize.std, channels: normalize.mean.count)
  }

  func apply(_ value: TransformValue) throws -> TransformValue {
    guard case .image(let image) = value else { ToTensor().refuse(value) }
    guard let tables, image.mode.dtype == .uint8, image.mode.channels == normalize.mean.count else {
      return .tensor(normalize(ToTensor()(image)))
    }
    return .tensor(VF.toNormalizedTensor(image, tables))
  }

  func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try normalize.kind(after: ToTensor().kind(after: kind))
  }
}

/// Transforms that run with a probability, all or none, as `torchvision.transforms.RandomApply`.
public struct RandomApply: PictureTransform {
  public let transforms: [any Transform]
  public let p: Double

  /// - Parameter p: the probability.
  /// - Precondition: the steps fit together and give what they take.
  public init(_ transforms: [any Transform], p: Double = 0.5) {
    self.transforms = transforms
    self.p = p
    checkSameKind("RandomApply", transforms)
  }

  public func callAsFunction<P: Picture>(_ picture: P) throws -> P {
    if Float(p) < Draw.unit() { return picture }
    return try transforms.reduce(picture) { try $0.applying($1) }
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try sameKind(transforms, kind)
  }

  public var description: String { lines("RandomApply", transforms, extra: ["p=\(pythonRepr(p))"]) }
}

/// Transforms in a random order, as `torchvision.transforms.RandomOrder`.
///
/// torchvision draws from Python's `random`, here the default generator is drawn from: the same seed gives another order.
public struct RandomOrder: PictureTransform {
  public let transforms: [any Transform]

  /// - Precondition: each step gives what it takes.
  public init(_ transforms: [any Transform]) {
    self.transforms = transforms
    checkSameKind("RandomOrder", transforms)
  }

  public func callAsFunction<P: Picture>(_ picture: P) throws -> P {
    let order = Tensor.randperm(transforms.count).array(Int.self)
    return try order.reduce(picture) { try $0.applying(transforms[$1]) }
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try sameKind(transforms, kind)
  }

  public var description: String { lines("RandomOrder", transforms) }
}

/// One of several transforms, as `torchvision.transforms.RandomChoice`.
///
/// torchvision draws from Python's `random`, here the default generator is drawn from: the same seed gives other choices.
public struct RandomChoice: PictureTransform {
  public let transforms: [any Transform]
  /// How likely each is beside the others; nil: equally.
  public let p: [Double]?

  /// - Precondition: as many weights as transforms, one positive at least, none negative; each step gives what it takes.
  public init(_ transforms: [any Transform], p: [Double]? = nil) {
    if transforms.isEmpty { fault("RandomChoice", "wants at least one transform") }
    if let p, p.count != transforms.count || p.contains(where: { !($0 >= 0) }) || p.reduce(0, +) <= 0 {
      fault("RandomChoice", "wants \(transforms.count) weights, none negative, not all 0; got \(p)")
    }
    self.transforms = transforms
    self.p = p
    checkSameKind("RandomChoice", transforms)
  }

  public func callAsFunction<P: Picture>(_ picture: P) throws -> P {
    let weights = p ?? [Double](repeating: 1, count: transforms.count)
    var rest = Double(Draw.unit()) * weights.reduce(0, +), chosen = weights.lastIndex { $0 > 0 }!
    for (index, weight) in weights.enumerated() {
      if rest < weight {
        chosen = index
        break
      }
      rest -= weight
    }
    return try picture.applying(transforms[chosen])
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try sameKind(transforms, kind)
  }

  public var description: String {
    lines("RandomChoice", transforms) + "(p=\(p.map(listText) ?? "None"))"
  }
}

/// The kind that all steps leave as it is.
private func sameKind(
  _ transforms: [any Transform], _ kind: TransformValue.Kind
) throws(TransformOrderError) -> TransformValue.Kind {
  for (index, transform) in transforms.enumerated() {
    let result = try transform.kind(after: kind)
    guard result == kind || result.isTensor && kind.isTensor else {
      throw TransformOrderError(
        "transform \(index), \(transform), makes \(result.rawValue) of \(kind.rawValue), but may be left out or moved; "
          + "put it outside")
    }
  }
  return kind
}

private func checkSameKind(_ name: String, _ transforms: [any Transform]) {
  var first: TransformOrderError?
  for kind in [TransformValue.Kind.image, .tensor] {
    do throws(TransformOrderError) {
      _ = try sameKind(transforms, kind)
      return
    } catch {
      first = first ?? error
    }
  }
  if let first { fault(name, first.description) }
}
