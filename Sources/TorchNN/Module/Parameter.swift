/// What a ``Parameter`` or ``Buffer`` may hold: a tensor, or a tensor that may be absent.
public protocol TensorMember {
  var memberTensor: Tensor? { get }
  /// The same kind of value around another tensor.
  func replacing(_ tensor: Tensor) -> Self
}

extension Tensor: TensorMember {
  public var memberTensor: Tensor? { self }
  // The one instance method of a final class that must return Self.
  public func replacing(_ tensor: Tensor) -> Self { unsafeDowncast(tensor, to: Self.self) }
}

extension Tensor?: TensorMember {
  public var memberTensor: Tensor? { self }
  public func replacing(_ tensor: Tensor) -> Tensor? { tensor }
}

/// A tensor that a module learns, as `torch.nn.Parameter`.
///
/// ```swift
/// @Parameter var scale: Tensor = .ones(32)
/// @Parameter(key: "weight_hh_l0") var recurrent: Tensor
/// ```
/// A leaf that is assigned keeps its identity, which ties weights, and asks for gradients from then on; a computed
/// tensor is cut from its history first.
@propertyWrapper
public final class Parameter<Value: TensorMember>: ReflectedMember {
  /// The key in the state, where the property's name does not give it.
  public let key: String?
  private var value: Value

  public init(wrappedValue: Value, key: String? = nil) {
    self.key = key
    value = Self.leaf(wrappedValue)
  }

  public var wrappedValue: Value {
    get { value }
    set { value = Self.leaf(newValue) }
  }

  private static func leaf(_ value: Value) -> Value {
    guard let tensor = value.memberTensor else { return value }
    let leaf = tensor.isLeaf ? tensor : tensor.detach()
    if leaf.isFloatingPoint() { leaf.requiresGrad = true }
    return leaf === tensor ? value : value.replacing(leaf)
  }

  var memberValue: NamedMember.Value? { value.memberTensor.map { .parameter($0) } }
}
