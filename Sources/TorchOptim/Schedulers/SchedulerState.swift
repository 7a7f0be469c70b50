import Torch

/// A scheduler's state, by PyTorch's names.
public typealias SchedulerState = [StateKey: StateValue]

/// Why a saved state does not fit a scheduler: all of it at once.
public struct SchedulerStateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The scheduler and the entries that are missing or of a wrong kind.
  public let description: String
}

/// What can stand in a state dict.
public protocol StateConvertible {
  /// Nil where the value is of another kind.
  init?(stateValue: StateValue)
  var stateValue: StateValue { get }
}

extension Double: StateConvertible {
  public init?(stateValue: StateValue) {
    guard let value = stateValue.double else { return nil }
    self = value
  }
  public var stateValue: StateValue { .double(self) }
}
extension Int: StateConvertible {
  public init?(stateValue: StateValue) {
    guard let value = stateValue.int ?? stateValue.double.flatMap(Int.init(exactly:)) else { return nil }
    self = value
  }
  public var stateValue: StateValue { .int(self) }
}
extension Bool: StateConvertible {
  public init?(stateValue: StateValue) {
    guard let value = stateValue.bool else { return nil }
    self = value
  }
  public var stateValue: StateValue { .bool(self) }
}
extension Optional: StateConvertible where Wrapped: StateConvertible {
  public init?(stateValue: StateValue) {
    if case .none = stateValue {
      self = .none
    } else if let value = Wrapped(stateValue: stateValue) {
      self = .some(value)
    } else {
      return nil
    }
  }
  public var stateValue: StateValue { self?.stateValue ?? .none }
}
extension Array: StateConvertible where Element: StateConvertible {
  public init?(stateValue: StateValue) {
    guard let entries = stateValue.list else { return nil }
    let values = entries.compactMap { Element(stateValue: $0) }
    guard values.count == entries.count else { return nil }
    self = values
  }
  public var stateValue: StateValue { .list(map(\.stateValue)) }
}
extension Dictionary: StateConvertible where Key == Int, Value: StateConvertible {
  public init?(stateValue: StateValue) {
    guard let entries = stateValue.map else { return nil }
    self.init()
    for (key, entry) in entries {
      guard case .int(let key) = key, let value = Value(stateValue: entry) else { return nil }
      self[key] = value
    }
  }
  public var stateValue: StateValue {
    .map([StateKey: StateValue](uniqueKeysWithValues: map { (.int($0.key), $0.value.stateValue) }))
  }
}
extension StateConvertible where Self: RawRepresentable<String> {
  public init?(stateValue: StateValue) {
    guard let text = stateValue.string else { return nil }
    self.init(rawValue: text)
  }
  public var stateValue: StateValue { .string(rawValue) }
}

/// One entry of a scheduler's state dict and the property it stands for.
public struct SchedulerField {
  let key: StateKey
  let get: () -> StateValue
  /// What writes a value into the property; nil where the value is of another kind.
  let setter: (StateValue) -> (() -> Void)?

  /// A property that is saved under a name.
  public init<Root: AnyObject, Value: StateConvertible>(
    _ key: String, _ root: Root, _ path: ReferenceWritableKeyPath<Root, Value>
  ) {
    self.key = .string(key)
    get = { root[keyPath: path].stateValue }
    setter = { value in Value(stateValue: value).map { value in { root[keyPath: path] = value } } }
  }

  /// An entry that torch's dicts have and that says nothing here.
  static func constant(_ key: String, _ value: StateValue) -> SchedulerField {
    SchedulerField(key: .string(key), get: { value }, setter: { _ in {} })
  }

  init(key: StateKey, get: @escaping () -> StateValue, setter: @escaping (StateValue) -> (() -> Void)?) {
    self.key = key
    self.get = get
    self.setter = setter
  }
}

extension [SchedulerField] {
  func saved() -> SchedulerState { .init(uniqueKeysWithValues: map { ($0.key, $0.get()) }) }

  /// What writes a whole state; the names of what is missing and of what is of a wrong kind otherwise.
  func setters(_ state: SchedulerState) -> (set: [() -> Void], missing: [String], wrong: [String]) {
    var result: (set: [() -> Void], missing: [String], wrong: [String]) = ([], [], [])
    for field in self {
      guard let value = state[field.key] else {
        result.missing.append(field.key.text)
        continue
      }
      if let set = field.setter(value) { result.set.append(set) } else { result.wrong.append(field.key.text) }
    }
    return result
  }

  func load(_ state: SchedulerState, _ name: String) throws(SchedulerStateError) {
    let (set, missing, wrong) = setters(state)
    if missing.isEmpty && wrong.isEmpty {
      for body in set { body() }
      return
    }
    var reasons: [String] = []
    if !missing.isEmpty { reasons.append("the state lacks \(missing.joined(separator: ", "))") }
    if !wrong.isEmpty { reasons.append("of another kind: \(wrong.joined(separator: ", "))") }
    throw SchedulerStateError(description: "\(name): \(reasons.joined(separator: "; "))")
  }
}

extension StateKey {
  var text: String {
    switch self {
    case .string(let text): text
    case .int(let number): "\(number)"
    }
  }
}
