extension StateDict {
  /// The named tensors of a checkpoint, as ``Checkpoint/stateDict()``.
  /// - Throws: ``CheckpointError`` where it is neither a dictionary of tensors nor a whole model.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) { self = try checkpoint.stateDict() }
}

extension Checkpoint {
  /// The tensors of a dictionary with text keys, or of a whole model, under the names of torch's `state_dict`.
  ///
  /// A whole model is read with `load(path, weightsOnly: false)`. The tensors share memory with the checkpoint and carry no
  /// gradients.
  /// - Throws: where it is neither, or holds something else beside tensors.
  public func stateDict() throws(CheckpointError) -> StateDict {
    var collector = StateCollector(source: self)
    if case .object = value {
      try collector.addModule(self, "", depth: 0)
      return collector.state
    }
    guard case .dict = value else { throw isNo("a dictionary of tensors or a model") }
    for (key, part) in zip(try keys, try items) { try collector.add(key, part.value) }
    collector.addVersions(of: self)
    return collector.state
  }
}

/// Gathers the tensors of a state, with an end to what a file can ask for.
private struct StateCollector {
  let source: Checkpoint
  private(set) var state = StateDict()
  /// Attributes and bytes of names that were read of modules.
  private var effort = 0

  /// How deep modules may lie in one another.
  private static let moduleLimit = 200
  /// A module that stands at two places is read twice, and one that holds the next twice doubles the work with every step
  /// down; no honest model comes near this.
  private static let effortLimit = 1 << 26

  init(source: Checkpoint) { self.source = source }

  mutating func add(_ key: String, _ part: Checkpoint) throws(CheckpointError) {
    guard state[key] == nil else {
      throw CheckpointError(.damagedPickle, source.place, "has \(part.content.shortened(key)) twice")
    }
    state[key] = try part.tensor.detach()
  }

  /// The versions of modules that torch notes beside a state; a file that has them otherwise has none.
  mutating func addVersions(of checkpoint: Checkpoint) {
    guard let metadata = try? checkpoint.state?.get("_metadata"), let paths = try? metadata.keys,
      let items = try? metadata.items
    else { return }
    for (path, item) in zip(paths, items) {
      if let version = try? item.value["version"].int { state.moduleVersions.append((path, version)) }
    }
  }

  private mutating func spend(_ count: Int) throws(CheckpointError) {
    effort += count
    guard effort <= Self.effortLimit else {
      throw CheckpointError(.limit, source.place, "names the same modules again and again, without end")
    }
  }

  /// As torch walks a module: its parameters, its persistent buffers, then its children.
  mutating func addModule(_ module: Checkpoint, _ prefix: String, depth: Int) throws(CheckpointError) {
    guard depth < Self.moduleLimit else {
      throw CheckpointError(.limit, module.place, "has modules more than \(Self.moduleLimit) deep in one another")
    }
    guard let attributes = module.state, case .dict(let all) = attributes.value,
      let parameters = try attributes.get("_parameters"), let buffers = try attributes.get("_buffers"),
      let modules = try attributes.get("_modules")
    else { throw module.isNo("a module: it has no parameters, buffers and modules") }
    try spend(8 * (1 + all.pairs.count))
    var hidden: Set<String> = []
    if let names = try attributes.get("_non_persistent_buffers_set") {
      for name in try names.list {
        let name = try name.string
        try spend(8 + name.utf8.count)
        hidden.insert(name)
      }
    }
    for (name, part) in try entries(parameters, prefix) { try add(prefix + name, part) }
    for (name, part) in try entries(buffers, prefix) where !hidden.contains(name) { try add(prefix + name, part) }
    for (name, part) in try entries(modules, prefix) {
      try addModule(part, "\(prefix)\(name).", depth: depth + 1)
    }
  }

  /// What is there of a module's dictionary.
  private mutating func entries(
    _ dictionary: Checkpoint, _ prefix: String
  ) throws(CheckpointError) -> [(String, Checkpoint)] {
    let keys = try dictionary.keys
    for key in keys { try spend(8 + prefix.utf8.count + key.utf8.count) }
    return zip(keys, try dictionary.items).filter { !$0.1.value.isNone }.map { ($0.0, $0.1.value) }
  }
}
