extension StateDict {
  /// The named tensors of a checkpoint, as ``Checkpoint/stateDict()``.
  /// - Throws: ``CheckpointError`` where it is neither a dictionary of tensors nor a whole model.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) { self = try checkpoint.stateDict() }
}

extension Checkpoint {
  /// How deep modules may lie in one another.
  private static let moduleLimit = 200

  /// The tensors of a dictionary with text keys, or of a whole model, under the names of torch's `state_dict`.
  ///
  /// A whole model is read with `load(path, weightsOnly: false)`. The tensors share memory with the checkpoint and carry no
  /// gradients.
  /// - Throws: where it is neither, or holds something else beside tensors.
  public func stateDict() throws(CheckpointError) -> StateDict {
    var state = StateDict()
    if case .object = value {
      try addModule("", to: &state, depth: 0)
      return state
    }
    guard case .dict = value else { throw isNo("a dictionary of tensors or a model") }
    for (key, part) in zip(try keys, try items) {
      try add(key, part.value, to: &state)
    }
    if let metadata = try? self.state?.get("_metadata"), let paths = try? metadata.keys {
      for path in paths {
        if let version = try? metadata[path]["version"].int { state.moduleVersions.append((path, version)) }
      }
    }
    return state
  }

  private func add(_ key: String, _ part: Checkpoint, to state: inout StateDict) throws(CheckpointError) {
    guard state[key] == nil else { throw CheckpointError(.damagedPickle, place, "has \(JSON.quoted(key)) twice") }
    state[key] = try part.tensor.detach()
  }

  /// As torch walks a module: its parameters, its persistent buffers, then its children.
  private func addModule(_ prefix: String, to state: inout StateDict, depth: Int) throws(CheckpointError) {
    guard depth < Self.moduleLimit else {
      throw CheckpointError(.limit, place, "has modules more than \(Self.moduleLimit) deep in one another")
    }
    guard let attributes = self.state, case .dict = attributes.value,
      let parameters = try attributes.get("_parameters"), let buffers = try attributes.get("_buffers"),
      let modules = try attributes.get("_modules")
    else { throw isNo("a module: it has no parameters, buffers and modules") }
    for (name, item) in zip(try parameters.keys, try parameters.items) where !item.value.isNone {
      try add(prefix + name, item.value, to: &state)
    }
    var hidden: Set<String> = []
    if let names = try attributes.get("_non_persistent_buffers_set") {
      for name in try names.list { hidden.insert(try name.string) }
    }
    for (name, item) in zip(try buffers.keys, try buffers.items) where !item.value.isNone && !hidden.contains(name) {
      try add(prefix + name, item.value, to: &state)
    }
    for (name, item) in zip(try modules.keys, try modules.items) where !item.value.isNone {
      try item.value.addModule("\(prefix)\(name).", to: &state, depth: depth + 1)
    }
  }
}
