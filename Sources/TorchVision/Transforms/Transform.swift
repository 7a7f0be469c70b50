import Torch

/// One step from a picture to what a model takes, as the transforms of `torchvision.transforms`.
///
/// Most own steps conform to one of the three protocols that say what they take:
///
/// ```swift
/// struct Noise: TensorTransform {
///   func callAsFunction(_ x: Tensor) -> Tensor { x + 0.1 * Tensor.randn(like: x) }
/// }
/// ```
///
/// ``ImageTransform`` takes an ``Image``, ``PictureTransform`` both. A function is a step too: ``Lambda``.
public protocol Transform: Sendable, CustomStringConvertible {
  /// The step on any value; a fault where the value is none it takes.
  /// - Throws: where a picture cannot be transformed, ``TransformError`` for one.
  func apply(_ value: TransformValue) throws -> TransformValue
  /// What comes of a kind of value.
  /// - Throws: ``TransformOrderError`` where the step does not take this kind.
  func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind
  /// Whether its random choices need the sizes of a picture at most, not its pixels; false unless told.
  ///
  /// Then a loader's workers draw the numbers for a batch first and share the pixels' part of the work, so that the first batch comes
  /// sooner. A step that takes no ``Picture``, but an image or a tensor alone, may say so where it draws nothing.
  var choosesBySize: Bool { get }
}

/// What goes from one transform to the next.
public enum TransformValue: Sendable {
  case image(Image)
  case tensor(Tensor)
  /// What ``FiveCrop`` gives.
  case images([Image])
  case tensors([Tensor])

  /// What is known of a value before there is one.
  public enum Kind: String, Sendable, Hashable {
    case image = "an image"
    case tensor = "a tensor"
    /// A tensor of floating point numbers.
    case floats = "a tensor of floats"
    /// A tensor of whole numbers.
    case wholes = "a tensor of whole numbers"
    case images = "several images"
    case tensors = "several tensors"

    var isTensor: Bool { self == .tensor || self == .floats || self == .wholes }
    var isSeveral: Bool { self == .images || self == .tensors }
  }

  var kind: Kind {
    switch self {
    case .image: .image
    case .tensor(let x): x.dtype.isFloatingPoint ? .floats : .wholes
    case .images: .images
    case .tensors: .tensors
    }
  }
}

/// A type whose values go through transforms: ``Image``, `Tensor` and arrays of them.
public protocol TransformConvertible: Sendable {
  /// What is known of all values of the type.
  static var transformKind: TransformValue.Kind { get }
  var transformValue: TransformValue { get }
  /// Nil where the value is of another type.
  static func from(_ value: TransformValue) -> Self?
}

extension Image: TransformConvertible {
  public static var transformKind: TransformValue.Kind { .image }
  public var transformValue: TransformValue { .image(self) }
  public static func from(_ value: TransformValue) -> Image? {
    if case .image(let image) = value { image } else { nil }
  }
}

extension Tensor: TransformConvertible {
  public static var transformKind: TransformValue.Kind { .tensor }
  public var transformValue: TransformValue { .tensor(self) }
  public static func from(_ value: TransformValue) -> Self? {
    if case .tensor(let tensor) = value { unsafeDowncast(tensor, to: Self.self) } else { nil }
  }
}

/// A type of which arrays go through transforms.
public protocol TransformElement: TransformConvertible {
  static var arrayKind: TransformValue.Kind { get }
  static func arrayValue(_ elements: [Self]) -> TransformValue
  static func array(from value: TransformValue) -> [Self]?
}

extension Image: TransformElement {
  public static var arrayKind: TransformValue.Kind { .images }
  public static func arrayValue(_ elements: [Image]) -> TransformValue { .images(elements) }
  public static func array(from value: TransformValue) -> [Image]? {
    if case .images(let images) = value { images } else { nil }
  }
}

extension Tensor: TransformElement {
  public static var arrayKind: TransformValue.Kind { .tensors }
  public static func arrayValue(_ elements: [Tensor]) -> TransformValue { .tensors(elements) }
  public static func array(from value: TransformValue) -> [Tensor]? {
    if case .tensors(let tensors) = value { tensors } else { nil }
  }
}

extension Array: TransformConvertible where Element: TransformElement {
  public static var transformKind: TransformValue.Kind { Element.arrayKind }
  public var transformValue: TransformValue { Element.arrayValue(self) }
  public static func from(_ value: TransformValue) -> [Element]? { Element.array(from: value) }
}

/// Why a step cannot stand where it stands.
public struct TransformOrderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the step wants, what it gets, and what would mend it.
  public let description: String
  /// How far a pipeline came.
  let position: Int

  public init(_ description: String) { self.init(description, 0) }

  init(_ description: String, _ position: Int) {
    self.description = description
    self.position = position
  }
}

extension Transform {
  public var description: String { "\(Self.self)()" }
  public var choosesBySize: Bool { false }

  /// The fault of a value that the step does not take.
  func refuse(_ value: TransformValue) -> Never { refused(self, value) }

  /// The step on an image or tensor, whatever its kind at compile time.
  func step<P: Picture & TransformConvertible>(_ picture: P) throws -> P {
    guard let result = P.from(try apply(picture.transformValue)) else {
      fault("\(Self.self)", "made of \(P.transformKind.rawValue) another kind")
    }
    return result
  }
}

@inline(never)
private func refused(_ transform: any Transform, _ value: TransformValue) -> Never {
  let name = "\(type(of: transform))"
  do throws(any Error) {
    _ = try transform.kind(after: value.kind)
  } catch {
    fault(name, "\(error)")
  }
  fault(name, "does not take \(value.kind.rawValue)")
}

/// What ``Compose`` and other transforms of several kinds say to a wrong value.
func severalRefused(_ kind: TransformValue.Kind) -> TransformOrderError {
  TransformOrderError(
    "wants one picture, but gets \(kind.rawValue); put it before FiveCrop or TenCrop, or inside a Lambda over the crops"
  )
}

/// A step that takes an image and gives one.
public protocol ImageTransform: Transform {
  func callAsFunction(_ image: Image) throws -> Image
}

extension ImageTransform {
  public func apply(_ value: TransformValue) throws -> TransformValue {
    guard case .image(let image) = value else { refuse(value) }
    return .image(try self(image))
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    if kind == .image { return .image }
    if kind.isSeveral { throw severalRefused(kind) }
    throw TransformOrderError(
      "wants an image, but gets \(kind.rawValue); put it before ToTensor, or ToPILImage before it")
  }
}

/// A step that takes a tensor and gives one.
public protocol TensorTransform: Transform {
  func callAsFunction(_ tensor: Tensor) throws -> Tensor
}

extension TensorTransform {
  public func apply(_ value: TransformValue) throws -> TransformValue {
    guard case .tensor(let tensor) = value else { refuse(value) }
    return .tensor(try self(tensor))
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try tensorKind(kind)
  }

  func tensorKind(_ kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    if kind.isTensor { return kind }
    if kind.isSeveral { throw severalRefused(kind) }
    throw TransformOrderError("wants a tensor, but gets \(kind.rawValue); put ToTensor() before it")
  }
}

/// A step that takes an image or a tensor and gives the same kind.
public protocol PictureTransform: Transform {
  func callAsFunction<P: Picture>(_ picture: P) throws -> P
}

extension PictureTransform {
  public func apply(_ value: TransformValue) throws -> TransformValue {
    switch value {
    case .image(let image): .image(try self(image))
    case .tensor(let tensor): .tensor(try self(tensor))
    default: refuse(value)
    }
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    if kind.isSeveral { throw severalRefused(kind) }
    return kind
  }
}
