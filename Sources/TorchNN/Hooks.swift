import Synchronization

/// The hooks of one module; absent on a module that has none.
final class ModuleHooks {
  struct Entry<Hook> {
    let mark: HookMark
    let hook: Hook
  }

  private(set) var before: [Entry<(Module, [Any]) -> [Any]?>] = []
  private(set) var after: [Entry<(Module, [Any], Any) -> Any?>] = []

  func addBefore(_ hook: @escaping (Module, [Any]) -> [Any]?) -> RemovableHandle {
    before.removeAll { $0.mark.isRemoved }
    let mark = HookMark()
    before.append(Entry(mark: mark, hook: hook))
    return RemovableHandle { mark.remove() }
  }

  func addAfter(_ hook: @escaping (Module, [Any], Any) -> Any?) -> RemovableHandle {
    after.removeAll { $0.mark.isRemoved }
    let mark = HookMark()
    after.append(Entry(mark: mark, hook: hook))
    return RemovableHandle { mark.remove() }
  }

  /// The inputs after the hooks that run before `forward`.
  func inputs(_ module: Module, _ inputs: [Any]) -> [Any] {
    before.reduce(inputs) { $1.mark.isRemoved ? $0 : $1.hook(module, $0) ?? $0 }
  }

  /// The output after the hooks that run after `forward`.
  func output(_ module: Module, _ inputs: [Any], _ output: Any) -> Any {
    after.reduce(output) { $1.mark.isRemoved ? $0 : $1.hook(module, inputs, $0) ?? $0 }
  }
}

/// Whether a hook was removed; what its handle may touch from any thread.
final class HookMark: Sendable {
  private let removed = Atomic(false)
  var isRemoved: Bool { removed.load(ordering: .relaxed) }
  func remove() { removed.store(true, ordering: .relaxed) }
}

extension Module {
  private var madeHooks: ModuleHooks {
    if let hooks { return hooks }
    let made = ModuleHooks()
    hooks = made
    return made
  }

  fileprivate func addForwardPreHook(_ hook: @escaping (Module, [Any]) -> [Any]?) -> RemovableHandle {
    madeHooks.addBefore(hook)
  }

  /// Calls `hook` with the module, its inputs and its output after each call, as `register_forward_hook` of torch.
  ///
  /// For a module of any signature; a ``Layer`` has a typed one.
  @discardableResult
  public func registerForwardHook(any hook: @escaping (Module, [Any], Any) -> Void) -> RemovableHandle {
    madeHooks.addAfter { module, inputs, output in
      hook(module, inputs, output)
      return nil
    }
  }

  /// Runs `forward` between the hooks.
  final func withHooks<Output>(_ hooks: ModuleHooks, _ inputs: [Any], _ forward: ([Any]) -> Output) -> Output {
    let inputs = hooks.inputs(self, inputs)
    let output = hooks.output(self, inputs, forward(inputs))
    guard let typed = output as? Output else {
      fault(typeName, "a forward hook returned \(type(of: output)), the module returns \(Output.self)")
    }
    return typed
  }
}

extension Layer {
  /// Calls `hook` with the input before each call, as `register_forward_pre_hook` of torch; a tensor that it returns
  /// takes the input's place.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, Tensor) -> Tensor?) -> RemovableHandle {
    addForwardPreHook { module, inputs in hook(module, inputs[0] as! Tensor).map { [$0] } }
  }

  /// Calls `hook` with the input before each call.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, Tensor) -> Void) -> RemovableHandle {
    addForwardPreHook { module, inputs in
      hook(module, inputs[0] as! Tensor)
      return nil
    }
  }

  /// Calls `hook` with the input and the output after each call, as `register_forward_hook` of torch; a tensor that it
  /// returns takes the output's place.
  @discardableResult
  public func registerForwardHook(_ hook: @escaping (Module, Tensor, Tensor) -> Tensor?) -> RemovableHandle {
    madeForwardHook(hook)
  }

  /// Calls `hook` with the input and the output after each call.
  @discardableResult
  public func registerForwardHook(_ hook: @escaping (Module, Tensor, Tensor) -> Void) -> RemovableHandle {
    registerForwardHook(any: { hook($0, $1[0] as! Tensor, $2 as! Tensor) })
  }

  private func madeForwardHook(_ hook: @escaping (Module, Tensor, Tensor) -> Tensor?) -> RemovableHandle {
    addForwardHook { module, inputs, output in hook(module, inputs[0] as! Tensor, output as! Tensor) }
  }
}

extension Module {
  fileprivate func addForwardHook(_ hook: @escaping (Module, [Any], Any) -> Any?) -> RemovableHandle {
    madeHooks.addAfter(hook)
  }
}
