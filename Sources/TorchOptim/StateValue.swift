import Torch

/// One entry of an optimizer's state or of a group's options: what PyTorch keeps in the dictionaries of its state dict.
public enum StateValue: Sendable {
  case tensor(Tensor)
  case double(Double)
  case int(Int)
  case bool(Bool)
  case string(String)
  case list([StateValue])
  /// A list that Python has as a tuple, such as betas.
  case tuple([StateValue])
  case map([StateKey: StateValue])
  /// How often each number occurs: Python's `collections.Counter`.
  case counter([Int: Int])
  /// What a file holds beyond these kinds; nothing here reads it, and it is saved again as it was.
  case other(Checkpoint)
  case none

  /// The number, of a number or of a tensor with one element.
  public var double: Double? {
    switch self {
    case .double(let value): value
    case .int(let value): Double(value)
    case .tensor(let tensor) where tensor.numel() == 1: tensor.item()
    default: nil
    }
  }

  /// The truth value; numbers count as Python counts them.
  public var bool: Bool? {
    switch self {
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    default: nil
    }
  }

  /// The tensor, where it is one.
  public var tensor: Tensor? {
    if case .tensor(let tensor) = self { tensor } else { nil }
  }

  /// The whole number, where it is one.
  public var int: Int? {
    if case .int(let value) = self { value } else { nil }
  }

  /// The entries, where it is a list or a tuple.
  public var list: [StateValue]? {
    switch self {
    case .list(let values), .tuple(let values): values
    default: nil
    }
  }

  /// The text, where it is one.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The entries, where it is a dictionary.
  public var map: [StateKey: StateValue]? {
    switch self {
    case .map(let entries): entries
    case .counter(let counts): .init(uniqueKeysWithValues: counts.map { (.int($0.key), .int($0.value)) })
    default: nil
    }
  }

  /// The same with tensors of its own.
  func copied() -> StateValue {
    switch self {
    case .tensor(let tensor): .tensor(noGrad { tensor.detach().clone() })
    case .list(let values): .list(values.map { $0.copied() })
    case .tuple(let values): .tuple(values.map { $0.copied() })
    case .map(let entries): .map(entries.mapValues { $0.copied() })
    default: self
    }
  }
}

/// A key of a dictionary in a state: Python has texts and whole numbers there.
public enum StateKey: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  case string(String)
  case int(Int)

  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
}

/// Parameters that are trained with the same options, as one dictionary of `torch.optim.Optimizer.param_groups`.
///
/// ```swift
/// let optimizer = SGD(
///   [ParamGroup(backbone.parameters(), lr: 1e-4), ParamGroup(head.parameters())], lr: 1e-2, momentum: 0.9)
/// optimizer.paramGroups[0].lr = 5e-5
/// ```
public struct ParamGroup: Sendable {
  /// The tensors to train.
  public internal(set) var params: [Tensor]
  /// Every option by PyTorch's name, `"weight_decay"`; what a scheduler wants to remember goes here too.
  public var options: [String: StateValue]

  /// A group; options left out are those of the optimizer.
  /// - Parameters:
  ///   - params: the tensors to train.
  ///   - lr: the learning rate of this group.
  ///   - weightDecay: the weight decay of this group.
  ///   - options: any other option by PyTorch's name.
  public init(
    _ params: [Tensor], lr: Double? = nil, weightDecay: Double? = nil, options: [String: StateValue] = [:]
  ) {
    self.params = params
    self.options = options
    if let lr { self.options["lr"] = .double(lr) }
    if let weightDecay { self.options["weight_decay"] = .double(weightDecay) }
  }

  /// The learning rate; assign to change it between steps.
  public var lr: Double {
    get { number("lr") }
    set { options["lr"] = .double(newValue) }
  }
  /// How strongly weights are drawn to zero.
  public var weightDecay: Double {
    get { number("weight_decay") }
    set { options["weight_decay"] = .double(newValue) }
  }
  /// How much of the last direction is kept.
  public var momentum: Double {
    get { number("momentum") }
    set { options["momentum"] = .double(newValue) }
  }
  /// What part of a new gradient the momentum does without.
  public var dampening: Double {
    get { number("dampening") }
    set { options["dampening"] = .double(newValue) }
  }
  /// Added to a denominator so that it is never zero.
  public var eps: Double {
    get { number("eps") }
    set { options["eps"] = .double(newValue) }
  }
  /// How slowly the two running averages of Adam forget.
  public var betas: (Double, Double) {
    get { pair("betas") }
    set { options["betas"] = .tuple([.double(newValue.0), .double(newValue.1)]) }
  }
  /// Whether momentum looks one step ahead.
  public var nesterov: Bool {
    get { flag("nesterov") }
    set { options["nesterov"] = .bool(newValue) }
  }
  /// Whether the largest second average so far is used.
  public var amsgrad: Bool {
    get { flag("amsgrad") }
    set { options["amsgrad"] = .bool(newValue) }
  }
  /// Whether the objective is made larger instead of smaller.
  public var maximize: Bool {
    get { flag("maximize") }
    set { options["maximize"] = .bool(newValue) }
  }

  /// An option that is a pair of numbers; NaNs where the group has none of that name.
  func pair(_ name: String) -> (Double, Double) {
    guard let values = options[name]?.list, values.count == 2, let a = values[0].double, let b = values[1].double
    else {
      return (.nan, .nan)
    }
    return (a, b)
  }
  /// An option that is a number; NaN where the group has none of that name.
  public func number(_ name: String) -> Double { options[name]?.double ?? .nan }
  /// An option that is true or false; false where the group has none of that name.
  public func flag(_ name: String) -> Bool { options[name]?.bool ?? false }
}
