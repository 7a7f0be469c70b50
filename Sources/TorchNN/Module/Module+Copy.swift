// Deep copies. Reflection cannot make instances, so each type says how a copy of it is made.

/// What a deep copy has copied so far; ``Module/copied(_:)`` asks it for copies of tensors and children.
///
/// Each tensor and module is copied once, so that tied weights and shared layers are tied and shared in the copy.
public final class ModuleCopier {
  private let root: Module
  // The originals are kept, so that no address is used again.
  private var tensors: [ObjectIdentifier: (original: Tensor, copy: Tensor)] = [:]
  private var modules: [ObjectIdentifier: (original: Module, copy: Module)] = [:]

  fileprivate init(_ root: Module) { self.root = root }

  /// The copy of a tensor: equal elements in memory of its own, without history and gradient.
  public func callAsFunction(_ tensor: Tensor) -> Tensor {
    if let known = tensors[ObjectIdentifier(tensor)] { return known.copy }
    let copy = noGrad { tensor.detach().clone() }
    tensors[ObjectIdentifier(tensor)] = (tensor, copy)
    return copy
  }

  /// The copy of a tensor that may be absent.
  public func callAsFunction(_ tensor: Tensor?) -> Tensor? { tensor.map { self($0) } }

  /// The copy of a module, in the same mode and with the same forward and backward hooks.
  /// - Precondition: the module and all below it override ``Module/copied(_:)``, as built-in modules do.
  public func callAsFunction<M: Module>(_ module: M) -> M { copy(of: module) as! M }

  /// The copy of a module that may be absent.
  public func callAsFunction<M: Module>(_ module: M?) -> M? { module.map { self($0) } }

  /// The copy of a layer of any type.
  public func callAsFunction(_ layer: any Layer) -> any Layer { copy(of: layer) as! any Layer }

  private func copy(of module: Module) -> Module {
    if let known = modules[ObjectIdentifier(module)] { return known.copy }
    let copy = module.copied(self)
    guard type(of: copy) == type(of: module) else {
      refuse(module, "inherits a copied(_:) that makes a \(copy.typeName); override it to make a \(module.typeName)")
    }
    copy.training = module.training
    copy.hooks = module.hooks?.copied()
    modules[ObjectIdentifier(module)] = (module, copy)
    return copy
  }

  fileprivate func refuse(_ module: Module, _ reason: String) -> Never {
    fault("copy", "\(root.scopeDescription(of: module)) \(reason)")
  }

  /// Assigning to a `@Parameter` asks for gradients; what was frozen before is frozen in the copy.
  fileprivate func restoreRequiresGrad() {
    for (original, copy) in tensors.values where original.isLeaf { copy.requiresGrad = original.requiresGrad }
  }
}

extension Module {
  /// What ``copied(_:)`` does where a type does not override it.
  final func refuseCopy(_ copier: ModuleCopier) -> Never {
    copier.refuse(
      self, "has no copy: override copied(_:), or make a second \(typeName) and load this one's stateDict() into it")
  }

  /// A deep copy, as Python's `copy.deepcopy(module)`: equal values in separate tensors, the same mode, dtypes, devices
  /// and `requiresGrad`; tied weights are tied in the copy. Gradients are not copied, and nothing random is drawn.
  ///
  /// Built-in modules have it; a module of your own has it when it overrides ``copied(_:)``.
  /// - Precondition: every module below has it too; the fault names the one that has not.
  public func copy() -> Self {
    let copier = ModuleCopier(self)
    let copy = copier(self)
    copier.restoreRequiresGrad()
    return copy
  }
}
