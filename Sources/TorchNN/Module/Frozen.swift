// Inference from many threads at once.

/// A model that was handed over for inference: it may be called from any thread, by many at a time, and no more.
///
/// ```swift
/// let classify = model.frozen()
/// await withTaskGroup(of: Int.self) { group in
///   for image in images { group.addTask { classify(image).argmax().item() } }
/// }
/// ```
/// Calls run in evaluation mode and record no gradients. Nothing is copied: the model itself is handed over. From then on
/// it must not change, and what would change it through the model (`train`, `to`, `loadStateDict`, `requiresGrad_`, new
/// hooks, other layers in a container) is a fault. Train on with a ``Module/copy()``, or freeze the copy.
///
/// What the program cannot check is the model's own part: `forward` must not write to the module's properties (a `lazy`
/// one must have been read before), and nobody else, such as an optimizer, may write to its tensors.
public struct Frozen<Net: Module>: Sendable {
  // Safe to share: in evaluation mode and without gradients or hooks a call reads properties and tensors and writes
  // neither; every way to change them through the model checks `isFrozen`.
  nonisolated(unsafe) private let model: Net

  /// Takes a model over; the compiler sees to it that the caller does not use it any more.
  /// - Precondition: no module in it has hooks; a hook would run on several threads at once.
  public init(_ model: sending Net) { self.init(handedOver: model) }

  fileprivate init(handedOver model: Net) {
    for (path, module) in model.namedModules() {
      if module.hooks?.isEmpty == false {
        let place = path.isEmpty ? module.typeName : "\(path) (\(module.typeName))"
        fault("frozen", "\(place) has hooks, which cannot run on several threads at once; remove them first")
      }
      if module.training { module.training = false }
      module.isFrozen = true
    }
    self.model = model
  }
}

/// A module that can be called: a ``Layer`` or ``Layer2``...``Layer5``.
public protocol CallableModule: Module {}

extension CallableModule {
  /// Hands the model over for inference from any thread, see ``Frozen``.
  ///
  /// Sets evaluation mode. The model itself may still be called; it can no longer be changed.
  /// - Precondition: no module in it has hooks.
  public func frozen() -> Frozen<Self> { Frozen(handedOver: self) }
}

extension Frozen where Net: Layer {
  /// Runs the model without gradients.
  public func callAsFunction(_ x: Tensor) -> Tensor { noGrad { model(x) } }
}

extension Frozen where Net: Layer2 {
  /// Runs the model without gradients.
  public func callAsFunction(_ a: Net.Input1, _ b: Net.Input2) -> Net.Output { noGrad { model(a, b) } }
}

extension Frozen where Net: Layer3 {
  /// Runs the model without gradients.
  public func callAsFunction(_ a: Net.Input1, _ b: Net.Input2, _ c: Net.Input3) -> Net.Output {
    noGrad { model(a, b, c) }
  }
}

extension Frozen where Net: Layer4 {
  /// Runs the model without gradients.
  public func callAsFunction(_ a: Net.Input1, _ b: Net.Input2, _ c: Net.Input3, _ d: Net.Input4) -> Net.Output {
    noGrad { model(a, b, c, d) }
  }
}

extension Frozen where Net: Layer5 {
  /// Runs the model without gradients.
  public func callAsFunction(
    _ a: Net.Input1, _ b: Net.Input2, _ c: Net.Input3, _ d: Net.Input4, _ e: Net.Input5
  ) -> Net.Output {
    noGrad { model(a, b, c, d, e) }
  }
}

extension Module {
  /// A fault where the module was frozen.
  final func requireThawed(_ op: String) {
    if isFrozen {
      fault(op, "\(typeName) was frozen and other threads may be calling it, so it must not change; change a copy()")
    }
  }
}
