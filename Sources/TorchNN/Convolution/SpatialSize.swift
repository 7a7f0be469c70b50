/// A size for each spatial dimension: one number for all, or an array with a number for each, as torch's int or tuple.
///
/// `Conv2d(3, 64, kernelSize: 3)`, `Conv2d(3, 64, kernelSize: [3, 5])`.
public protocol SpatialSize: Sendable {
  /// One number, or one for each dimension.
  var sizes: [Int] { get }
  /// As torch prints it: `2` or `(2, 3)`.
  var sizeText: String { get }
}

extension Int: SpatialSize {
  public var sizes: [Int] { [self] }
  public var sizeText: String { String(self) }
}

extension [Int]: SpatialSize {
  public var sizes: [Int] { self }
  public var sizeText: String { pythonTuple(self) }
}

extension SpatialSize {
  /// One number for each of `count` dimensions.
  func expanded(to count: Int, _ label: String, op: StaticString) -> [Int] {
    if sizes.count == count { return sizes }
    guard sizes.count == 1 else {
      fault(String(describing: op), "\(label) wants one number or \(count), got \(sizeText)")
    }
    return Array(repeating: sizes[0], count: count)
  }
}

/// The padding of a convolution: a ``SpatialSize``, `.same` or `.valid`.
public protocol ConvolutionPad: Sendable {
  /// Nil for `.same`.
  var padSizes: (any SpatialSize)? { get }
  /// The name, of a named one.
  var padName: String? { get }
}

extension Int: ConvolutionPad {}
extension [Int]: ConvolutionPad {}

extension ConvolutionPad where Self: SpatialSize {
  public var padSizes: (any SpatialSize)? { self }
  public var padName: String? { nil }
}

/// Padding by name, as torch's `padding='same'`: `.same` or `.valid`.
public struct NamedPadding: ConvolutionPad {
  fileprivate let name: String

  public var padSizes: (any SpatialSize)? { name == "same" ? nil : 0 }
  public var padName: String? { name }
}

extension ConvolutionPad where Self == NamedPadding {
  /// As much as keeps the size; wants a stride of 1.
  public static var same: NamedPadding { NamedPadding(name: "same") }
  /// None.
  public static var valid: NamedPadding { NamedPadding(name: "valid") }
}

extension ConvolutionPad {
  func padding(_ count: Int, op: StaticString) -> ConvolutionPadding {
    padSizes.map { .zeros($0.expanded(to: count, "padding", op: op)) } ?? .same
  }
}
