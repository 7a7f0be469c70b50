// States in files: what `save` writes of them, in torch's layout, and what is read of a checkpoint.

import Torch

extension StateKey: Savable {
  public var savedValue: SavedValue {
    switch self {
    case .string(let text): text.savedValue
    case .int(let number): number.savedValue
    }
  }

  /// Numbers by size, then texts.
  static func isBefore(_ a: StateKey, _ b: StateKey) -> Bool {
    switch (a, b) {
    case (.int(let a), .int(let b)): a < b
    case (.string(let a), .string(let b)): a < b
    case (.int, .string): true
    case (.string, .int): false
    }
  }
}

extension StateValue: Savable {
  public var savedValue: SavedValue {
    switch self {
    case .tensor(let tensor): tensor.savedValue
    case .double(let value): value.savedValue
    case .int(let value): value.savedValue
    case .bool(let value): value.savedValue
    case .string(let text): text.savedValue
    case .list(let values): values.savedValue
    case .tuple(let values): .tuple(of: values)
    case .map(let entries): .dictionary(entries.sorted { StateKey.isBefore($0.key, $1.key) }.map { ($0.key, $0.value) })
    case .counter(let counts): .counter(counts)
    case .other(let checkpoint): checkpoint.savedValue
    case .none: .none
    }
  }

  /// A value of a file; kinds that states do not have become ``other(_:)``.
  public init(_ checkpoint: Checkpoint) {
    var reader = StateReader()
    self = reader.value(checkpoint)
  }
}

/// Makes values of states of a file's, with an end to what a file can ask for: one that holds the same list twice, and so on
/// inwards, describes endless lists.
private struct StateReader {
  /// How many more values are made; what lies beyond stays as it is.
  private var rest = 1 << 20
  /// How deep the value lies that is being made: a list may hold itself.
  private var depth = 0
  private static let depthLimit = 64

  mutating func value(_ checkpoint: Checkpoint) -> StateValue {
    rest -= 1
    guard rest > 0, depth < Self.depthLimit else { return .other(checkpoint) }
    depth += 1
    defer { depth -= 1 }
    return known(checkpoint) ?? .other(checkpoint)
  }

  private mutating func known(_ checkpoint: Checkpoint) -> StateValue? {
    switch checkpoint.kind {
    case .none: return StateValue.none
    case .bool: return (try? checkpoint.bool).map { .bool($0) }
    case .int: return (try? checkpoint.int).map { .int($0) }
    case .double: return (try? checkpoint.double).map { .double($0) }
    case .string: return (try? checkpoint.string).map { .string($0) }
    case .tensor: return (try? checkpoint.tensor).map { .tensor($0) }
    case .list: return values(checkpoint).map { .list($0) }
    case .tuple: return values(checkpoint).map { .tuple($0) }
    case .dictionary:
      guard let items = try? checkpoint.items else { return nil }
      rest -= items.count
      var map: [StateKey: StateValue] = [:]
      for (key, item) in items {
        guard let key = StateKey(key) else { return nil }
        map[key] = value(item)
      }
      return .map(map)
    default: return nil
    }
  }

  private mutating func values(_ checkpoint: Checkpoint) -> [StateValue]? {
    guard let items = try? checkpoint.list else { return nil }
    rest -= items.count
    var values: [StateValue] = []
    for item in items { values.append(value(item)) }
    return values
  }

  /// The entries of a dictionary whose keys are texts.
  mutating func entries(_ checkpoint: Checkpoint) throws(CheckpointError) -> [String: StateValue] {
    try check()
    var entries: [String: StateValue] = [:]
    for (name, item) in zip(try checkpoint.keys, try checkpoint.items) { entries[name] = value(item.value) }
    return entries
  }

  /// The numbers of a list.
  mutating func numbers(_ checkpoint: Checkpoint) throws(CheckpointError) -> [Int] {
    try check()
    let items = try checkpoint.list
    rest -= items.count
    var numbers: [Int] = []
    for item in items { numbers.append(try item.int) }
    return numbers
  }

  private func check() throws(CheckpointError) {
    if rest <= 0 { throw CheckpointError(.limit, "checkpoint", "has a state of more values than any optimizer") }
  }
}

extension StateKey {
  /// A text or whole number of a file; nil for other keys.
  init?(_ checkpoint: Checkpoint) {
    switch checkpoint.kind {
    case .string:
      guard let text = try? checkpoint.string else { return nil }
      self = .string(text)
    case .int:
      guard let number = try? checkpoint.int else { return nil }
      self = .int(number)
    default: return nil
    }
  }
}

extension [StateKey: StateValue] {
  /// The state of a scheduler that a file holds.
  /// - Throws: `CheckpointError` where it is no dictionary of names.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    self.init()
    var reader = StateReader()
    for (name, value) in try reader.entries(checkpoint) { self[.string(name)] = value }
  }
}

extension OptimizerState: Savable {
  /// The entries of parameters' states in PyTorch's order, for every optimizer here.
  private static let entryNames = [
    "step", "mu_product", "eta", "mu", "square_avg", "momentum_buffer", "grad_avg", "exp_avg", "exp_avg_sq",
    "max_exp_avg_sq", "exp_inf", "sum", "acc_delta", "ax", "prev", "step_size", "row_var", "col_var", "variance",
    "func_evals", "n_iter", "al", "d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss",
  ]
  /// What schedulers add to groups, in PyTorch's order.
  private static let addedNames = ["swa_lr", "initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum"]

  /// As `torch.optim.Optimizer.state_dict()`: `{"state": {0: {...}}, "param_groups": [{..., "params": [0]}]}`.
  public var savedValue: SavedValue {
    let states = state.sorted { $0.key < $1.key }.map { number, entries in
      (number as any Savable, Self.ordered(entries, by: Self.entryNames) as any Savable)
    }
    let groups = paramGroups.map { group in
      Self.ordered(
        group.options, by: group.optionNames + Self.addedNames,
        more: [("params", group.params.map { $0 as any Savable })])
    }
    return ["state": SavedValue.dictionary(states), "param_groups": groups]
  }

  private static func ordered(
    _ entries: [String: StateValue], by names: [String], more: [(any Savable, any Savable)] = []
  ) -> SavedValue {
    let known = names.filter { entries[$0] != nil }
    let others = Set(entries.keys).subtracting(known).sorted()
    return .dictionary((known + others).map { ($0 as any Savable, entries[$0]! as any Savable) } + more)
  }

  /// The state of an optimizer that a file holds, as torch's `state_dict()` lays it out.
  /// - Throws: `CheckpointError` where it is laid out otherwise, with the place.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    self.init(state: [:], paramGroups: [])
    var reader = StateReader()
    for (key, value) in try checkpoint["state"].items { state[try key.int] = try reader.entries(value) }
    for group in try checkpoint["param_groups"].list {
      let params = try reader.numbers(group["params"])
      var options = try reader.entries(group)
      options["params"] = nil
      paramGroups.append(Group(params: params, options: options))
    }
  }
}

extension Optimizer {
  /// Takes over a state that a file holds: `try optimizer.loadStateDict(checkpoint["optimizer_state_dict"])`.
  /// - Throws: `CheckpointError` where the file holds no state of an optimizer, ``OptimizerStateError`` where it does not
  ///   fit this one.
  public func loadStateDict(_ checkpoint: Checkpoint) throws { try loadStateDict(OptimizerState(checkpoint)) }
}

extension LRScheduler {
  /// Takes over a state that a file holds: `try scheduler.loadStateDict(checkpoint["scheduler"])`.
  /// - Throws: `CheckpointError` where the file holds no state, ``SchedulerStateError`` where it does not fit.
  public func loadStateDict(_ checkpoint: Checkpoint) throws { try loadStateDict(SchedulerState(checkpoint)) }
}

extension ReduceLROnPlateau {
  /// Takes over a state that a file holds: `try scheduler.loadStateDict(checkpoint["scheduler"])`.
  /// - Throws: `CheckpointError` where the file holds no state, ``SchedulerStateError`` where it does not fit.
  public func loadStateDict(_ checkpoint: Checkpoint) throws { try loadStateDict(SchedulerState(checkpoint)) }
}

extension GradScaler {
  /// Takes over a state that a file holds: `try scaler.loadStateDict(checkpoint["scaler"])`.
  /// - Throws: `CheckpointError` where the file holds no dictionary, ``OptimizerStateError`` where it does not fit.
  public func loadStateDict(_ checkpoint: Checkpoint) throws {
    var reader = StateReader()
    try loadStateDict(reader.entries(checkpoint))
  }
}
