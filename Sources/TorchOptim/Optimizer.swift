import Torch

/// What every optimizer shares: groups of parameters, their options and their state, as `torch.optim.Optimizer`.
///
/// A subclass overrides ``update(_:grad:group:state:)``, which moves one parameter. State belongs to the tensor's
/// identity: a model moved to another dtype or device after the optimizer was made still trains, and the state follows.
open class Optimizer {
  /// The groups, in the order they were given; options may be changed between steps.
  public var paramGroups: [ParamGroup]
  /// The options of groups that do not set their own.
  public let defaults: [String: StateValue]
  /// The names of the options in PyTorch's order, in which files have them.
  private let optionNames: [String]
  // The parameter is kept beside its state, so that its address is not used again for another.
  private var states: [ObjectIdentifier: (param: Tensor, state: ParamState)] = [:]

  /// What the optimizer remembers about one parameter.
  public final class ParamState {
    /// How many steps were taken.
    public var step = 0.0
    /// Tensors by PyTorch's names, such as `"exp_avg"`; they follow the parameter's dtype and device.
    public var tensors: [String: Tensor] = [:]
    /// What else is remembered, by PyTorch's names: numbers that do not follow the parameter, lists.
    public var values: [String: StateValue] = [:]

    fileprivate init() {}

    /// The tensor of a name, made of zeros in the parameter's memory order where there is none yet.
    func zeros(_ key: String, like param: Tensor) -> Tensor {
      if let tensor = tensors[key] { return tensor }
      let tensor = Tensor.zeros(like: param)
      tensors[key] = tensor
      return tensor
    }
  }

  /// Whether a step was taken since a scheduler was made: what its warning about a wrong order asks for. An override of
  /// ``step()`` that does not call its parent's sets it.
  public var wasStepped = false
  /// Whether a scheduler was made for it.
  var isScheduled = false

  /// Whether the state dict tells the number of steps, as Adam's does.
  open var savesStep: Bool { true }

  /// The shape of a tensor that the state has under a name; nil for what is kept as it is, whatever the parameter.
  open func stateShape(_ key: String, of param: Tensor) -> Shape? { param.shape }

  /// The entries that a parameter's state has after a step, so that a saved one without them is refused.
  open func requiredState(of param: Tensor, in group: ParamGroup) -> [String] { [] }

  /// The options of this optimizer that cannot be what they are, in one sentence; nil where all is well.
  open func complaint(about group: ParamGroup) -> String? { nil }

  /// Takes parameters or groups of them, and the options for what a group does not set.
  /// - Precondition: there is a group; every parameter is a leaf and stands in one place; options are in range.
  public init<Params: Trainable>(_ params: [Params], defaults: KeyValuePairs<String, StateValue>) {
    self.defaults = Dictionary(uniqueKeysWithValues: defaults.map { ($0.key, $0.value) })
    optionNames = defaults.map(\.key)
    paramGroups = []
    let groups = Params.paramGroups(params)
    if groups.isEmpty {
      fault(name, "got no parameters to train; give it model.parameters()")
    }
    for group in groups { addParamGroup(group) }
  }

  final var name: String { "\(Self.self)" }

  /// Adds parameters to train, as `torch.optim.Optimizer.add_param_group`: for layers unfrozen later.
  /// - Precondition: as for the initializer.
  public func addParamGroup(_ group: ParamGroup) {
    var group = group
    group.options.merge(defaults) { own, _ in own }
    var known = Set(paramGroups.flatMap(\.params).map { ObjectIdentifier($0) })
    for (index, param) in group.params.enumerated() {
      guard param.isLeaf else {
        fault(name, "parameter \(index) \(param.shape.brackets) is the result of an op; only leaves can be trained")
      }
      guard known.insert(ObjectIdentifier(param)).inserted else {
        fault(name, "parameter \(index) \(param.shape.brackets) is given twice; a tensor may stand in one group, once")
      }
    }
    if let complaint = complaint(about: group) { fault(name, complaint) }
    paramGroups.append(group)
  }

  /// Moves every parameter that has a gradient by one step, as `torch.optim.Optimizer.step`.
  open func step() {
    wasStepped = true
    inRegion("Optimizer.step#\(name).step") {
      noGrad {
        for group in paramGroups {
          for param in group.params {
            guard let grad = param.grad else { continue }
            let state = state(of: param)
            for (key, tensor) in state.tensors where tensor.dtype != param.dtype || tensor.device != param.device {
              state.tensors[key] = tensor.to(param.device, param.dtype)
            }
            update(param, grad: grad.to(param.device, param.dtype), group: group, state: state)
          }
        }
      }
    }
  }

  /// Computes the loss with gradients recorded, then takes a step; returns the loss.
  /// - Parameter closure: clears the gradients, computes the loss, calls `backward()` on it and returns it.
  @discardableResult
  open func step(_ closure: () throws -> Tensor) rethrows -> Tensor {
    let loss = try enableGrad { () throws in try closure() }
    step()
    return loss
  }

  /// Moves one parameter; runs without recording. `grad` and the tensors of `state` have the parameter's dtype.
  open func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    fault(name, "an optimizer must override update(_:grad:group:state:)")
  }

  /// Clears every gradient, as `torch.optim.Optimizer.zero_grad`.
  /// - Parameter setToNone: whether `grad` becomes nil; else it is filled with zeros.
  public func zeroGrad(setToNone: Bool = true) {
    inRegion("Optimizer.zero_grad#\(name).zero_grad") {
      for group in paramGroups {
        for param in group.params {
          guard let grad = param.grad else { continue }
          if setToNone {
            param.grad = nil
          } else {
            noGrad { (grad.gradFn == nil ? grad.requiresGrad_(false) : grad.detach_()).zero_() }
          }
        }
      }
    }
  }

  /// What is remembered about a parameter; empty before its first step.
  public func state(of param: Tensor) -> ParamState {
    if let known = states[ObjectIdentifier(param)] { return known.state }
    let state = ParamState()
    states[ObjectIdentifier(param)] = (param, state)
    return state
  }
}

/// An optimizer's state in PyTorch's shape: parameters are numbers, counted through the groups.
public struct OptimizerState: Sendable {
  /// A group: the numbers of its parameters and its options.
  public struct Group: Sendable {
    public var params: [Int]
    public var options: [String: StateValue]
    /// The order in which options stand in files; what is not among them comes last.
    var optionNames: [String] = []

    public init(params: [Int], options: [String: StateValue]) {
      self.params = params
      self.options = options
    }
  }

  /// What is remembered about a parameter, by its number and PyTorch's names.
  public var state: [Int: [String: StateValue]]
  /// The groups, in order.
  public var paramGroups: [Group]

  public init(state: [Int: [String: StateValue]], paramGroups: [Group]) {
    self.state = state
    self.paramGroups = paramGroups
  }
}

/// Why a saved state does not fit an optimizer.
public struct OptimizerStateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The optimizer, what it has and what the state has.
  public let description: String
}

extension Optimizer {
  /// The state and the options, as `torch.optim.Optimizer.state_dict`. Tensors are those of the optimizer, not copies.
  public func stateDict() -> OptimizerState {
    var result = OptimizerState(state: [:], paramGroups: [])
    var next = 0
    for group in paramGroups {
      let numbers = Array(next..<next + group.params.count)
      next += group.params.count
      var saved = OptimizerState.Group(params: numbers, options: group.options)
      saved.optionNames = optionNames
      result.paramGroups.append(saved)
      for (number, param) in zip(numbers, group.params) {
        guard let state = states[ObjectIdentifier(param)]?.state else { continue }
        var entries = state.tensors.mapValues { StateValue.tensor($0) }
        entries.merge(state.values) { tensor, _ in tensor }
        if savesStep && !(entries.isEmpty && state.step == 0) { entries["step"] = .tensor(Tensor(state.step)) }
        if !entries.isEmpty { result.state[number] = entries }
      }
    }
    return result
  }

  /// Takes over a saved state and its options, as `torch.optim.Optimizer.load_state_dict`.
  ///
  /// Parameters correspond by their order in the groups. Tensors are copied to the dtype and device of the parameters.
  /// - Throws: ``OptimizerStateError`` with all that is missing or does not fit: groups, their sizes, the kinds and shapes
  ///   of entries, the options; nothing is changed then.
  public func loadStateDict(_ saved: OptimizerState) throws(OptimizerStateError) {
    func refuse(_ reason: String) -> OptimizerStateError { .init(description: "\(Self.self): \(reason)") }
    guard saved.paramGroups.count == paramGroups.count else {
      throw refuse("the state has \(saved.paramGroups.count) parameter groups, the optimizer \(paramGroups.count)")
    }
    var groups = paramGroups
    var loaded: [ObjectIdentifier: (param: Tensor, state: ParamState)] = [:]
    var problems: [String] = []
    for (index, group) in saved.paramGroups.enumerated() {
      let params = paramGroups[index].params
      guard group.params.count == params.count else {
        problems.append("group \(index) has \(group.params.count) parameters in the state, here \(params.count)")
        continue
      }
      let misfits = defaults.keys.sorted().filter { !Self.fits(group.options[$0], as: defaults[$0]!) }
      problems += misfits.map { "group \(index): \($0) is of another kind" }
      groups[index].options.merge(group.options) { _, new in new }
      if misfits.isEmpty, let complaint = complaint(about: groups[index]) {
        problems.append("group \(index): \(complaint)")
      }
      for (number, param) in zip(group.params, params) {
        guard let entries = saved.state[number] else { continue }
        let state = ParamState()
        problems += fill(state, with: entries, number, param, groups[index])
        loaded[ObjectIdentifier(param)] = (param, state)
      }
    }
    guard problems.isEmpty else { throw refuse(problems.joined(separator: "; ")) }
    paramGroups = groups
    states = loaded
  }
}

extension Optimizer {
  /// Takes over one parameter's state; gives what is wrong with it.
  private func fill(
    _ state: ParamState, with entries: [String: StateValue], _ number: Int, _ param: Tensor, _ group: ParamGroup
  ) -> [String] {
    var problems: [String] = []
    // Momentum alone says that a step was taken, not how many.
    state.step = 1
    if let step = entries["step"] {
      if let count = step.double {
        state.step = count
      } else {
        problems.append("step of parameter \(number) is no number")
      }
    }
    let isStepped = !savesStep || state.step > 0
    for key in requiredState(of: param, in: group) where isStepped && entries[key] == nil {
      problems.append("parameter \(number) lacks \(key)")
    }
    for (key, entry) in entries.sorted(by: { $0.key < $1.key }) where key != "step" {
      guard let shape = stateShape(key, of: param) else {
        state.values[key] = entry.copied()
        continue
      }
      if case .none = entry { continue }
      guard let tensor = entry.tensor else {
        problems.append("\(key) of parameter \(number) is no tensor")
        continue
      }
      guard tensor.shape == shape else {
        let wanted = shape == param.shape ? "the parameter" : "for parameter \(param.shape.brackets) it must be"
        problems.append("\(key) of parameter \(number) is \(tensor.shape.brackets), \(wanted) \(shape.brackets)")
        continue
      }
      state.tensors[key] = noGrad { tensor.detach().to(param.device, param.dtype, copy: true) }
    }
    return problems
  }

  /// Whether a saved option can take the place of a default; one that is not there leaves it as it is.
  private static func fits(_ option: StateValue?, as known: StateValue) -> Bool {
    guard let option else { return true }
    switch known {
    case .double, .int: return option.double != nil
    case .bool: return option.bool != nil
    case .list(let values), .tuple(let values): return option.list?.count == values.count
    default: return true
    }
  }
}

/// What an optimizer is given a list of: tensors, which make one group, or groups.
public protocol Trainable {
  /// The groups that a list stands for; none for an empty one, which optimizers refuse.
  static func paramGroups(_ list: [Self]) -> [ParamGroup]
}

extension ParamGroup: Trainable {
  public static func paramGroups(_ list: [ParamGroup]) -> [ParamGroup] { list }
}

extension Tensor: Trainable {
  public static func paramGroups(_ list: [Tensor]) -> [ParamGroup] { list.isEmpty ? [] : [ParamGroup(list)] }
}

extension Optimizer {
  /// The way to go before any average: the gradient, turned where the objective is made larger, with the weights'
  /// decay in it. A decoupled decay shrinks the weights at once.
  static func direction(_ grad: Tensor, of param: Tensor, _ group: ParamGroup, decoupled: Bool = false) -> Tensor {
    let direction = group.maximize ? -grad : grad, decay = group.weightDecay
    if decay == 0 { return direction }
    if decoupled {
      param.mul_(1 - group.lr * decay)
      return direction
    }
    return direction.add(param, alpha: decay)
  }

  /// A sentence about betas that are not from 0 to below 1.
  static func betas(outOfRange group: ParamGroup) -> String? {
    let betas = group.betas
    if (0..<1).contains(betas.0) && (0..<1).contains(betas.1) { return nil }
    return "betas must be from 0 to below 1, got \(betas)"
  }

  /// An option of torch that says yes, no or, where it is nil, as the optimizer likes.
  static func choice(_ value: Bool?) -> StateValue { value.map { .bool($0) } ?? .none }
}
