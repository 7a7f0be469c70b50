import Synchronization

/// The hooks of one module; absent on a module that has none.
final class ModuleHooks {
  struct Entry<Hook> {
    let mark = HookMark()
    let hook: Hook
  }

  typealias Before = (Module, [Any]) -> [Any]?
  typealias After = (Module, [Any], Any) -> Any?
  typealias Backward = (Module, [Tensor?], [Tensor?]) -> [Tensor?]?
  typealias BeforeBackward = (Module, [Tensor?]) -> [Tensor?]?

  private var before: [Entry<Before>] = []
  private var after: [Entry<After>] = []
  private var beforeBackward: [Entry<BeforeBackward>] = []
  private var backward: [Entry<Backward>] = []

  func addBefore(_ hook: @escaping Before) -> RemovableHandle { Self.add(hook, to: &before) }
  func addAfter(_ hook: @escaping After) -> RemovableHandle { Self.add(hook, to: &after) }
  func addBackward(_ hook: @escaping Backward) -> RemovableHandle { Self.add(hook, to: &backward) }
  func addBeforeBackward(_ hook: @escaping BeforeBackward) -> RemovableHandle { Self.add(hook, to: &beforeBackward) }

  private static func add<Hook>(_ hook: Hook, to entries: inout [Entry<Hook>]) -> RemovableHandle {
    entries = valid(entries)
    let entry = Entry(hook: hook)
    entries.append(entry)
    return RemovableHandle { [mark = entry.mark] in mark.remove() }
  }

  private static func valid<Hook>(_ entries: [Entry<Hook>]) -> [Entry<Hook>] { entries.filter { !$0.mark.isRemoved } }

  var isEmpty: Bool {
    Self.valid(before).isEmpty && Self.valid(after).isEmpty && !hasBackward
  }

  /// Whether a backward pass through the module is watched.
  var hasBackward: Bool { !Self.valid(backward).isEmpty || !Self.valid(beforeBackward).isEmpty }

  /// The same hooks with handles of their own: removing one there does not remove it here.
  func copied() -> ModuleHooks {
    let copy = ModuleHooks()
    copy.before = Self.valid(before).map { Entry(hook: $0.hook) }
    copy.after = Self.valid(after).map { Entry(hook: $0.hook) }
    copy.beforeBackward = Self.valid(beforeBackward).map { Entry(hook: $0.hook) }
    copy.backward = Self.valid(backward).map { Entry(hook: $0.hook) }
    return copy
  }

  /// The inputs after the hooks that run before `forward`.
  func inputs(_ module: Module, _ inputs: [Any]) -> [Any] {
    before.reduce(inputs) { $1.mark.isRemoved ? $0 : $1.hook(module, $0) ?? $0 }
  }

  /// The output after the hooks that run after `forward`.
  func output(_ module: Module, _ inputs: [Any], _ output: Any) -> Any {
    after.reduce(output) { $1.mark.isRemoved ? $0 : $1.hook(module, inputs, $0) ?? $0 }
  }

  /// The gradients of the outputs after the hooks that run before the module's backward pass.
  func gradOutputs(_ module: Module, _ gradients: [Tensor?]) -> [Tensor?] {
    Self.valid(beforeBackward).reduce(gradients) { gradients, entry in
      guard let result = entry.hook(module, gradients) else { return gradients }
      return Self.counted(result, gradients.count, "a backward pre-hook of \(module.typeName)", "outputs")
    }
  }

  /// The gradients of the inputs after the hooks that run at the end of the module's backward pass.
  func gradInputs(_ module: Module, _ gradients: [Tensor?], _ gradOutputs: [Tensor?]) -> [Tensor?] {
    Self.valid(backward).reduce(gradients) { gradients, entry in
      guard let result = entry.hook(module, gradients, gradOutputs) else { return gradients }
      return Self.counted(result, gradients.count, "a backward hook of \(module.typeName)", "inputs")
    }
  }

  private static func counted(_ result: [Tensor?], _ count: Int, _ hook: String, _ of: String) -> [Tensor?] {
    guard result.count == count else {
      fault("backward", "\(hook) returned \(result.count) gradients for \(count) \(of); return one for each, or nil")
    }
    return result
  }
}

/// Whether a hook was removed; what its handle may touch from any thread.
final class HookMark: Sendable {
  private let removed = Atomic(false)
  var isRemoved: Bool { removed.load(ordering: .relaxed) }
  func remove() { removed.store(true, ordering: .relaxed) }
}

extension Module {
  /// The hooks, made at first need, for one to be added.
  final var hooksToChange: ModuleHooks {
    requireThawed("register_hook")
    if let hooks { return hooks }
    let made = ModuleHooks()
    hooks = made
    return made
  }

  /// Calls `hook` with the module, its inputs and its output after each call, as `register_forward_hook` of torch.
  ///
  /// For a module of any signature; ``Layer`` and its kin have typed ones.
  @discardableResult
  public func registerForwardHook(any hook: @escaping (Module, [Any], Any) -> Void) -> RemovableHandle {
    hooksToChange.addAfter { module, inputs, output in
      hook(module, inputs, output)
      return nil
    }
  }

  /// Runs `forward` between the hooks.
  final func withHooks<Output>(_ hooks: ModuleHooks, _ inputs: [Any], _ forward: ([Any]) -> Output) -> Output {
    var inputs = hooks.inputs(self, inputs)
    let pass = hooks.hasBackward && isGradEnabled() ? ModuleBackward(self, hooks, inputs) : nil
    if let pass { inputs = pass.watch(inputs: inputs) }
    var output = hooks.output(self, inputs, forward(inputs))
    if let pass { output = pass.watch(output: output) }
    guard let typed = output as? Output else {
      fault(typeName, "a forward hook returned \(type(of: output)), the module returns \(Output.self)")
    }
    return typed
  }
}
