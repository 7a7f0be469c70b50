/// A tensor that belongs to a module's state but is not learned, as `torch.nn.Module.register_buffer`.
///
/// It moves and converts with the module. One that is not `persistent` stays out of ``Module/stateDict()``.
@propertyWrapper
public final class Buffer<Value: TensorMember>: ReflectedMember {
  /// The key in the state, where the property's name does not give it.
  public let key: String?
  /// Whether it is part of the saved state.
  public let persistent: Bool
  public var wrappedValue: Value

  public init(wrappedValue: Value, key: String? = nil, persistent: Bool = true) {
    self.key = key
    self.persistent = persistent
    self.wrappedValue = wrappedValue
  }

  var memberValue: NamedMember.Value? { wrappedValue.memberTensor.map { .buffer($0, persistent: persistent) } }
}
