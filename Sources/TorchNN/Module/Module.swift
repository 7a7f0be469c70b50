@_exported import Torch

/// What every model and layer is: parameters, buffers and other modules, with a mode, as `torch.nn.Module`.
///
/// A subclass stores its layers as properties and writes `forward`; conform to ``Layer`` (or ``Layer2``...``Layer5``)
/// to make it callable. Nothing is registered: the stored properties are looked at when asked, so a layer that was
/// reassigned is seen. A module may be moved between threads and is used by one at a time.
///
/// Swift initialises stored properties before `super.init`: a subclass of a model draws its random weights before the
/// model it extends. Where equal draws matter, prefer to hold the model in a property.
open class Module {
  /// Whether layers such as ``Dropout`` act as in training, as `torch.nn.Module.training`; set it by ``train(_:)``.
  public final var training = true

  final var hooks: ModuleHooks?
  /// Whether the module was handed over to a ``Frozen``, which many threads may be calling.
  final var isFrozen = false

  public init() {}

  /// Keys of properties whose name in torch the key rule does not give: property name to key.
  open class var keys: [String: String] { [:] }

  /// The version of the layout of the state, as torch's `_version`; saved beside the state for PyTorch to read.
  open var stateVersion: Int { 1 }

  /// Brings what a state holds of this module from an older layout to today's, before it is loaded: what a
  /// `_load_from_state_dict` of torch does before it hands on.
  ///
  /// ```swift
  /// override func upgradeState(_ state: inout StateDict, prefix: String, version: Int?) {
  ///   if let old = state[prefix + "linear.weight"] { state[prefix + "0.weight"] = old }
  ///   state[prefix + "linear.weight"] = nil
  /// }
  /// ```
  /// Children are asked after their parents.
  /// - Parameters:
  ///   - state: the whole state.
  ///   - prefix: what this module's keys in it begin with, the final dot included.
  ///   - version: the ``stateVersion`` that the state was saved with; nil where it says none.
  open func upgradeState(_ state: inout StateDict, prefix: String, version: Int?) {}

  /// The parameters, buffers and children of this module, in the order of declaration, superclasses first.
  ///
  /// Found by reflection; override it where members are not plain properties.
  open func namedMembers() -> [NamedMember] { reflectedMembers() }

  /// Makes another module of this type out of copies of this one's tensors and children, for ``copy()``.
  ///
  /// ```swift
  /// override func copied(_ copy: ModuleCopier) -> Module { Net(conv: copy(conv), scale: copy(scale)) }
  /// ```
  /// Mode and hooks are taken over afterwards. A subclass of a built-in layer calls its `init(copying:_:)`.
  /// - Precondition: the type overrides it.
  open func copied(_ copy: ModuleCopier) -> Module { refuseCopy(copy) }

  /// The arguments shown between the parentheses when the module is printed, as `extra_repr` of torch.
  open var extraRepr: String { "" }

  /// The name of the type in printed models and faults.
  open var typeName: String { String(String(describing: type(of: self)).prefix { $0 != "<" }) }

  /// How the module is printed; containers that gather repeats override it.
  open var description: String {
    // As torch, which shows a shared child under each of its names.
    tree(
      childLines: namedMembers().compactMap {
        if case .module(let module) = $0.value { "(\($0.name)): \(module)" } else { nil }
      })
  }
}

extension Module {
  /// Sets the mode of this module and all below it, as `torch.nn.Module.train`.
  @discardableResult
  public func train(_ mode: Bool = true) -> Self {
    for module in modules() where module.training != mode {
      module.requireThawed("train")
      module.training = mode
    }
    return self
  }

  /// Sets evaluation mode in this module and all below it, as `torch.nn.Module.eval`.
  @discardableResult
  public func eval() -> Self { train(false) }

  /// Calls `body` with every module, children before their parents, as `torch.nn.Module.apply`.
  @discardableResult
  public func apply(_ body: (Module) throws -> Void) rethrows -> Self {
    for child in children() { try child.apply(body) }
    try body(self)
    return self
  }

  /// Says whether the parameters ask for gradients, as `torch.nn.Module.requires_grad_`.
  @discardableResult
  public func requiresGrad_(_ requiresGrad: Bool = true) -> Self {
    requireThawed("requires_grad_")
    for parameter in parameters() { parameter.requiresGrad = requiresGrad }
    return self
  }

  /// Drops the gradients of the parameters, as `torch.nn.Module.zero_grad`.
  /// - Parameter setToNone: false fills them with zeros instead.
  public func zeroGrad(setToNone: Bool = true) {
    for parameter in parameters() {
      guard let grad = parameter.grad else { continue }
      if setToNone { parameter.grad = nil } else { noGrad { grad.detach_().zero_() } }
    }
  }
}

extension Module: ModuleScope {
  package func scopeDescription(of module: AnyObject) -> String {
    if module === self { return typeName }
    guard let found = namedModules().first(where: { $0.module === module }) else {
      return (module as? Module)?.typeName ?? "a module outside of \(typeName)"
    }
    return "\(found.name) (\(found.module.typeName))"
  }
}
