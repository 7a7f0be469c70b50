import Torch
import TorchNN
import TorchOptim

/// Runs cases of modules: constructor, state, forward, buffers, gradients of inputs and parameters.
struct ModuleRunner {
  let bindings: Bindings
  let device: Device

  func run(_ file: CaseFile, _ test: JSON) throws -> Verdict {
    let name = try file.document.require("name").string()
    guard bindings.modules[name] != nil else { throw Unsupported("no module \(name)") }
    let constructor = try test.require("constructor")
    let maker = ValueReader(file.tensors, device: device, modules: make)
    let given = try maker.values(constructor.require("args").array())
    let named = try maker.named(constructor["kwargs"])
    guard let row = self.row(name, given, named) else {
      throw Unsupported("no initializer of \(name) takes \(Self.describe(given, named))")
    }
    let reader = ValueReader(file.tensors, device: device)
    let arguments = try reader.values(test.require("args").array())
    let labelled = try reader.named(test["kwargs"])
    guard let forward = row.calls.lazy.compactMap({ $0.match(arguments, labelled) }).first else {
      throw Unsupported("\(name) cannot be called with the case's arguments")
    }
    guard let dtype = DType(name: try test.require("dtype").string()) else { throw CaseError("no dtype") }

    Stage.now(name)
    let module = row.make()
    module.to(device, dtype)
    let state = try test["state_dict"]?.entries() ?? []
    let stateReader = ValueReader(file.tensors, device: device)
    do {
      try module.loadStateDict(StateDict(state.map { ($0.key, try stateReader.tensor($0.value).clone()) }))
    } catch let error as StateDictError {
      throw Mismatch("\(error)")
    }
    module.train(test["training"] == .bool(true))

    Stage.now("\(name), forward")
    manualSeed(OpRunner.recordedSeed)
    let outputs = forward.run(module, forward.arguments)
    let wanted = ValueReader(file.tensors, device: device)
    let comparison = Comparison(tolerance: try Tolerance(test["tol"]))
    try comparison.check("output", outputs, wanted.values(test.require("outputs").array()))
    let after = module.stateDict()
    for (key, before) in state {
      guard let got = after[key] else { throw Mismatch("\(key) is gone after forward") }
      try comparison.check("\(key) after forward", got, wanted.tensor(test["buffers_after"]?[key] ?? before))
    }

    guard let grads = try test["grads"]?.entries() else { return .passed }
    Stage.now("\(name), gradient")
    let paramGrads = try test["param_grads"]?.entries() ?? []
    let parameters = Dictionary(uniqueKeysWithValues: module.namedParameters().map { ($0.name, $0.parameter) })
    var leaves: [Tensor] = []
    for (key, _) in grads {
      guard let leaf = reader.made[key] else { throw CaseError("a gradient of \(key), which is no input") }
      leaves.append(leaf)
    }
    for (key, _) in paramGrads {
      guard let parameter = parameters[key] else { throw Mismatch("there is no parameter \(key)") }
      leaves.append(parameter)
    }
    try Gradients.check(
      "gradient of", outputs, test, wanted, names: (grads + paramGrads).map(\.key), leaves: leaves,
      wants: (grads + paramGrads).map(\.value))
    return .passed
  }

  private typealias Row = (calls: [BoundRow<Bindings.CallRun>], make: () -> Module)

  /// The row of a module that takes these arguments; nil where no initializer does.
  private func row(_ name: String, _ arguments: [Value], _ named: [(key: String, value: Value)]) -> Row? {
    for row in bindings.modules[name] ?? [] {
      guard let match = row.constructor.match(arguments, named) else { continue }
      return (row.calls, { match.run(match.arguments) })
    }
    return nil
  }

  private func make(
    _ name: String, _ arguments: [Value], _ named: [(key: String, value: Value)]
  ) throws(CaseError) -> Module {
    guard let row = self.row(name, arguments, named) else {
      throw CaseError("no initializer of \(name) takes \(Self.describe(arguments, named))")
    }
    return row.make()
  }

  private static func describe(_ arguments: [Value], _ named: [(key: String, value: Value)]) -> String {
    "(\((arguments.map(\.description) + named.map { "\($0.key): \($0.value.description)" }).joined(separator: ", ")))"
  }
}

/// Runs cases of optimizers: the parameters after each step.
struct OptimizerRunner {
  let bindings: Bindings
  let device: Device

  func run(_ file: CaseFile, _ test: JSON) throws -> Verdict {
    let name = try file.document.require("name").string()
    guard let rows = bindings.optimizers[name] else { throw Unsupported("no optimizer \(name)") }
    let reader = ValueReader(file.tensors, device: device)
    let params = try test.require("params").array().map { try reader.tensor($0).clone() }
    for param in params { param.requiresGrad = true }
    var groups = [ParamGroup(params)]
    var form = "tensors"
    if let given = try test["param_groups"]?.array() {
      form = "groups"
      groups = try given.map { group in
        let members = try group.require("params").array().map { params[try $0.int()] }
        return ParamGroup(members, options: try Self.options(reader.named(group["kwargs"])))
      }
    }
    let named = try reader.named(test["kwargs"])
    guard let make = rows.lazy.compactMap({ $0.match([.string(form)], named) }).first else {
      throw Unsupported(
        "\(name) does not take \(named.map { "\($0.key): \($0.value.description)" }.joined(separator: ", "))")
    }
    Stage.now(name)
    let optimizer = make.run(groups, make.arguments)
    let comparison = Comparison(tolerance: try Tolerance(test["tol"]))
    for (step, after) in try test.require("params_after").array().enumerated() {
      Stage.now("\(name), step \(step)")
      let fresh = ValueReader(file.tensors, device: device)
      if let closure = test["closure"] {
        try runClosure(closure, test, step, optimizer, params, fresh, comparison.tolerance)
      } else {
        let grads = try test.require("grads").array()[step].array()
        for (param, grad) in zip(params, grads) { param.grad = grad == .null ? nil : try fresh.tensor(grad).clone() }
        optimizer.step()
      }
      let wants = try ValueReader(file.tensors, device: device).values(after.array())
      try comparison.check("step \(step): parameter", params.map { .tensor($0.detach()) }, wants)
    }
    return .passed
  }

  /// The loss of FORMAT.md: the sum over parameters of the squares of `A @ p - b`.
  private func runClosure(
    _ closure: JSON, _ test: JSON, _ step: Int, _ optimizer: Optimizer, _ params: [Tensor], _ reader: ValueReader,
    _ tolerance: Tolerance
  ) throws {
    let a = try closure.require("A").array().map { try reader.tensor($0) }
    let b = try closure.require("b").array().map { try reader.tensor($0) }
    let loss = optimizer.step {
      optimizer.zeroGrad()
      var total = Tensor.zeros([], dtype: params[0].dtype, device: device)
      for i in params.indices { total = total + a[i].matmul(params[i]).sub(b[i]).square().sum() }
      total.backward()
      return total
    }
    guard case .float(let want) = try reader.value(test.require("losses").array()[step]) else {
      throw CaseError("a loss is no float")
    }
    let got: Double = loss.item()
    if !tolerance.accepts(got, want) { throw Mismatch("step \(step): the loss is \(got), wanted \(want)") }
  }

  private static func options(_ named: [(key: String, value: Value)]) throws -> [String: StateValue] {
    Dictionary(
      uniqueKeysWithValues: try named.map { key, value in
        guard let option = option(value) else { throw CaseError("no option: \(value.description)") }
        return (key, option)
      })
  }

  private static func option(_ value: Value) -> StateValue? {
    switch value {
    case .float(let value): return .double(value)
    case .int(let value): return .int(value)
    case .bool(let value): return .bool(value)
    case .none: return StateValue.none
    case .list(let entries), .tuple(let entries):
      let options = entries.compactMap(option)
      return options.count == entries.count ? .list(options) : nil
    default: return nil
    }
  }
}
