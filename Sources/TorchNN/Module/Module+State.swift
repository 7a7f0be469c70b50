// A model's state as named tensors, and back.

extension Module {
  /// The parameters and persistent buffers by path, as `torch.nn.Module.state_dict`.
  ///
  /// The order is torch's: a module's parameters, its buffers, then its children. The tensors share memory with the
  /// model and carry no gradients; a tied weight is listed under each of its names.
  public func stateDict() -> StateDict {
    var state = StateDict()
    visitState("") { state[$0] = $1.detach() }
    addVersions("", to: &state)
    return state
  }

  private func addVersions(_ path: String, to state: inout StateDict) {
    state.moduleVersions.append((path, stateVersion))
    for member in namedMembers() {
      guard case .module(let module) = member.value else { continue }
      module.addVersions(path.isEmpty ? member.name : "\(path).\(member.name)", to: &state)
    }
  }

  private func visitState(_ prefix: String, _ body: (String, Tensor) -> Void) {
    let members = namedMembers()
    for member in members { if case .parameter(let tensor) = member.value { body(prefix + member.name, tensor) } }
    for member in members {
      if case .buffer(let tensor, persistent: true) = member.value { body(prefix + member.name, tensor) }
    }
    for member in members {
      if case .module(let module) = member.value { module.visitState("\(prefix)\(member.name).", body) }
    }
  }

  /// A state in today's layout.
  private func upgraded(_ state: StateDict) -> StateDict {
    let versions = Dictionary(state.moduleVersions.map { ($0.path, $0.version) }) { $1 }
    var result = state
    func visit(_ module: Module, _ path: String) {
      module.upgradeState(&result, prefix: path.isEmpty ? "" : path + ".", version: versions[path])
      for member in module.namedMembers() {
        if case .module(let child) = member.value {
          visit(child, path.isEmpty ? member.name : "\(path).\(member.name)")
        }
      }
    }
    visit(self, "")
    return result
  }

  /// Copies a state into the model, as `torch.nn.Module.load_state_dict`.
  ///
  /// Values are converted to the model's dtypes and devices. Nothing is changed where anything is wrong.
  /// - Parameters:
  ///   - strict: whether keys that the model or the state lacks are an error; sizes must agree always.
  ///   - assign: take the state's memory over instead of copying it, with its dtypes and devices: quicker, and the model then
  ///     shares its weights with the state. Parameters stay the tensors that an optimizer knows.
  /// - Returns: the keys the state lacks, and those the model lacks.
  /// - Throws: ``StateDictError`` with everything that is wrong.
  @discardableResult
  public func loadStateDict(
    _ state: StateDict, strict: Bool = true, assign: Bool = false
  ) throws(StateDictError) -> (missing: [String], unexpected: [String]) {
    var own: [(key: String, tensor: Tensor)] = []
    visitState("") { own.append(($0, $1)) }
    let state = upgraded(state)
    let (missing, unexpected) = try state.fit(own, of: typeName, strict: strict)
    requireThawed("load_state_dict")
    noGrad {
      for (key, tensor) in own {
        guard let value = state[key] else { continue }
        // A whole number cannot carry the gradient of a weight.
        if assign && value.dtype.isFloatingPoint == tensor.dtype.isFloatingPoint {
          tensor.setData_(value)
        } else {
          tensor.copy_(value)
        }
      }
    }
    return (missing, unexpected)
  }
}

extension Module {
  /// Copies the state that a file holds into the model: `try model.loadStateDict(load("model.pth"))`.
  ///
  /// The checkpoint is a dictionary of tensors, or a whole model that was read with `weightsOnly: false`.
  /// - Parameters:
  ///   - strict: whether keys that the model or the state lacks are an error; sizes must agree always.
  ///   - assign: take the memory that was read over instead of copying it, with its dtypes.
  /// - Returns: the keys the state lacks, and those the model lacks.
  /// - Throws: `CheckpointError` where the checkpoint holds no state, ``StateDictError`` where the state does not fit.
  @discardableResult
  public func loadStateDict(
    _ checkpoint: Checkpoint, strict: Bool = true, assign: Bool = false
  ) throws -> (missing: [String], unexpected: [String]) {
    try loadStateDict(checkpoint.stateDict(), strict: strict, assign: assign)
  }
}

extension StateDict {
  /// Compares this state with the tensors that are to take it over.
  /// - Returns: the keys that the state lacks, and those that only it has.
  func fit(
    _ own: [(key: String, tensor: Tensor)], of owner: String, strict: Bool = true
  ) throws(StateDictError) -> (missing: [String], unexpected: [String]) {
    let known = Set(own.map(\.key))
    let missing = own.map(\.key).filter { self[$0] == nil }
    let unexpected = keys.filter { !known.contains($0) }
    let mismatched = own.compactMap { key, tensor -> StateDictError.Mismatch? in
      guard let value = self[key], value.shape != tensor.shape else { return nil }
      return .init(key: key, model: tensor.shape, state: value.shape)
    }
    if !mismatched.isEmpty || strict && !(missing.isEmpty && unexpected.isEmpty) {
      throw StateDictError(
        module: owner, missing: strict ? missing : [], unexpected: strict ? unexpected : [], mismatched: mismatched)
    }
    return (missing, unexpected)
  }
}

/// Why a state does not fit a model: all of it at once.
public struct StateDictError: Error, CustomStringConvertible, Sendable {
  /// A tensor whose size in the state is not the model's.
  public struct Mismatch: Sendable {
    public var key: String
    public var model: Shape
    public var state: Shape
  }

  /// The type of the model.
  public var module: String
  /// Keys that the state lacks.
  public var missing: [String]
  /// Keys that the model lacks.
  public var unexpected: [String]
  public var mismatched: [Mismatch]

  public var description: String {
    var lines = ["load_state_dict: the state does not fit \(module); the model is unchanged"]
    if !missing.isEmpty { lines.append("missing from the state: \(missing.joined(separator: ", "))") }
    if !unexpected.isEmpty { lines.append("unknown to the model: \(unexpected.joined(separator: ", "))") }
    for one in mismatched {
      lines.append("size differs: \(one.key) is \(one.model.brackets) in the model, \(one.state.brackets) in the state")
    }
    return lines.joined(separator: "\n  ")
  }
}
