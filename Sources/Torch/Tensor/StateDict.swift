/// Named tensors in order: the state of a model, as the dictionary that `torch.nn.Module.state_dict` returns.
public struct StateDict: Sendable, ExpressibleByDictionaryLiteral, RandomAccessCollection {
  /// The names, in the order in which they were added.
  public private(set) var keys: [String] = []
  private var tensors: [String: Tensor] = [:]
  /// The versions of the layouts of the modules that the state is of, by their paths: what PyTorch keeps in `_metadata`.
  package var moduleVersions: [(path: String, version: Int)] = []

  public init() {}

  /// - Precondition: no name appears twice.
  public init(_ entries: some Sequence<(String, Tensor)>) {
    for (key, tensor) in entries {
      if tensors[key] != nil { fault("StateDict", "the name \(key) appears twice") }
      self[key] = tensor
    }
  }

  /// The tensors of a file, in the order of their names.
  public init(_ tensors: [String: Tensor]) {
    self.init(tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  public init(dictionaryLiteral entries: (String, Tensor)...) { self.init(entries) }

  /// The tensor of a name, nil where there is none; assigning nil removes it.
  public subscript(key: String) -> Tensor? {
    get { tensors[key] }
    set {
      let old = tensors.updateValueOrRemove(newValue, forKey: key)
      if old == nil, newValue != nil { keys.append(key) }
      if old != nil, newValue == nil { keys.removeAll { $0 == key } }
    }
  }

  /// The tensors, in order.
  public var values: [Tensor] { keys.map { tensors[$0]! } }

  public var startIndex: Int { 0 }
  public var endIndex: Int { keys.count }
  public subscript(position: Int) -> (key: String, value: Tensor) { (keys[position], tensors[keys[position]]!) }
}

extension Dictionary {
  fileprivate mutating func updateValueOrRemove(_ value: Value?, forKey key: Key) -> Value? {
    guard let value else { return removeValue(forKey: key) }
    return updateValue(value, forKey: key)
  }
}
