import Synchronization

/// A setting of the whole process that is on or off; an op that is running is not affected.
@propertyWrapper
public struct Switch: Sendable {
  private final class State: Sendable {
    let isOn: Atomic<Bool>
    init(_ isOn: Bool) { self.isOn = Atomic(isOn) }
  }

  private let state: State

  public init(wrappedValue: Bool) { state = State(wrappedValue) }

  public var wrappedValue: Bool {
    get { state.isOn.load(ordering: .relaxed) }
    nonmutating set { state.isOn.store(newValue, ordering: .relaxed) }
  }
}
