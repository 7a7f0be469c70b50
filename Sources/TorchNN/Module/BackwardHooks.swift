// Hooks that watch the gradients which go into a module and come out of it. Identities stand around the module in the
// graph: one behind the outputs, which sees their gradients first, and one before the inputs, which sees theirs last.

extension Module {
  /// Calls `hook` when the gradients of the module's inputs are known, as `register_full_backward_hook` of torch.
  ///
  /// The hook gets the module, the gradients of the inputs and those of the outputs: one place for each argument and each
  /// result, nil where there is none. Gradients that it returns take the place of the inputs'. Where no input asks for
  /// gradients, it runs when those of the outputs are known.
  ///
  /// Outputs that are watched: a tensor, a tuple of two or three values whose tensors count, an array of tensors.
  /// - Precondition: the hook returns nil or as many gradients as there are inputs; the watched tensors are not written
  ///   to in place.
  @discardableResult
  public func registerFullBackwardHook(
    _ hook: @escaping (Module, [Tensor?], [Tensor?]) -> [Tensor?]?
  ) -> RemovableHandle { hooksToChange.addBackward(hook) }

  /// Calls `hook` with the gradients of inputs and outputs, to look at them.
  @discardableResult
  public func registerFullBackwardHook(
    _ hook: @escaping (Module, [Tensor?], [Tensor?]) -> Void
  ) -> RemovableHandle {
    hooksToChange.addBackward { module, inputs, outputs in
      hook(module, inputs, outputs)
      return nil
    }
  }

  /// Calls `hook` when the gradients of the module's outputs are known, as `register_full_backward_pre_hook` of torch;
  /// gradients that it returns take their place.
  /// - Precondition: the hook returns nil or as many gradients as there are outputs.
  @discardableResult
  public func registerFullBackwardPreHook(
    _ hook: @escaping (Module, [Tensor?]) -> [Tensor?]?
  ) -> RemovableHandle { hooksToChange.addBeforeBackward(hook) }

  /// Calls `hook` with the gradients of the outputs, to look at them.
  @discardableResult
  public func registerFullBackwardPreHook(_ hook: @escaping (Module, [Tensor?]) -> Void) -> RemovableHandle {
    hooksToChange.addBeforeBackward { module, outputs in
      hook(module, outputs)
      return nil
    }
  }
}

/// One call of a module whose backward pass is watched.
///
/// `@unchecked Sendable`: the call makes it and the backward pass of that call runs its hooks, on the thread that calls
/// `backward()`; a module is used by one thread at a time.
final class ModuleBackward: @unchecked Sendable {
  private let module: Module
  private let hooks: ModuleHooks
  /// How to make zeros for each input that is a tensor, as torch shows an input without gradient.
  private let inputs: [(shape: Shape, dtype: DType, device: Device)?]
  /// Which inputs and outputs the identities stand for.
  private var inputPlaces: [Int] = [], outputPlaces: [Int] = []
  private var outputCount = 0
  /// The gradients of the outputs, until those of the inputs are known.
  private var gradOutputs: [Tensor?]?

  /// The call for which an identity is being recorded.
  @TaskLocal static var current: ModuleBackward?

  init(_ module: Module, _ hooks: ModuleHooks, _ inputs: [Any]) {
    self.module = module
    self.hooks = hooks
    self.inputs = inputs.map { ($0 as? Tensor).map { ($0.shape, $0.dtype, $0.device) } }
  }

  func watch(inputs: [Any]) -> [Any] {
    inputPlaces = inputs.indices.filter { (inputs[$0] as? Tensor)?.requiresGrad == true }
    guard !inputPlaces.isEmpty else { return inputs }
    var inputs = inputs
    let watched = Self.$current.withValue(self) { WatchedInputs.apply(inputPlaces.map { inputs[$0] as! Tensor }) }
    for (place, tensor) in zip(inputPlaces, watched) { inputs[place] = tensor }
    return inputs
  }

  func watch(output: Any) -> Any {
    switch output {
    case let tensor as Tensor: watch(outputs: [tensor])[0]!
    case let tensors as [Tensor]: watch(outputs: tensors).map { $0! }
    case let (a, b) as (Tensor, Tensor): Self.pair(watch(outputs: [a, b]))
    case let (a, b, c) as (Tensor, Tensor, Tensor): Self.triple(watch(outputs: [a, b, c]))
    case let (a, rest) as (Tensor, (Tensor, Tensor)): (watch(outputs: [a, nil])[0]!, rest)
    case let (a, rest) as (Tensor, Tensor?): Self.maybePair(watch(outputs: [a, rest]))
    default:
      fault(
        "registerFullBackwardHook",
        "\(module.typeName) returns \(type(of: output)); a backward hook watches a tensor, a tuple of tensors or an array"
      )
    }
  }

  private static func pair(_ all: [Tensor?]) -> (Tensor, Tensor) { (all[0]!, all[1]!) }
  private static func triple(_ all: [Tensor?]) -> (Tensor, Tensor, Tensor) { (all[0]!, all[1]!, all[2]!) }
  private static func maybePair(_ all: [Tensor?]) -> (Tensor, Tensor?) { (all[0]!, all[1]) }

  private func watch(outputs: [Tensor?]) -> [Tensor?] {
    outputCount = outputs.count
    outputPlaces = outputs.indices.filter { outputs[$0]?.requiresGrad == true }
    guard !outputPlaces.isEmpty else { return outputs }
    var outputs = outputs
    let watched = Self.$current.withValue(self) { WatchedOutputs.apply(outputPlaces.map { outputs[$0]! }) }
    for (place, tensor) in zip(outputPlaces, watched) { outputs[place] = tensor }
    return outputs
  }

  /// The gradients of the outputs arrived.
  func outputsArrived(_ gradients: [Tensor?]) -> [Tensor?] {
    var all = [Tensor?](repeating: nil, count: outputCount)
    for (place, gradient) in zip(outputPlaces, gradients) { all[place] = gradient }
    all = hooks.gradOutputs(module, all)
    if inputPlaces.isEmpty {
      let none = [Tensor?](repeating: nil, count: inputs.count)
      if hooks.gradInputs(module, none, all).contains(where: { $0 != nil }) {
        fault("backward", "no input of \(module.typeName) asks for gradients; its backward hooks must return nil")
      }
    } else {
      gradOutputs = all
    }
    return outputPlaces.map { all[$0] }
  }

  /// The gradients of the inputs arrived.
  func inputsArrived(_ gradients: [Tensor?]) -> [Tensor?] {
    // A second derivative may reach the inputs past the outputs.
    guard let gradOutputs else { return gradients }
    self.gradOutputs = nil
    var all = inputs.map { $0.map { Tensor.zeros($0.shape, dtype: $0.dtype, device: $0.device) } }
    for (place, gradient) in zip(inputPlaces, gradients) { if let gradient { all[place] = gradient } }
    all = hooks.gradInputs(module, all, gradOutputs)
    return inputPlaces.map { all[$0] }
  }
}

/// The tensors themselves, as views: an in-place write to one would go past the module's gradient and is a fault.
private protocol Watched: Function {}

extension Watched {
  static func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
    context.values["call"] = ModuleBackward.current
    context.setMaterializeGrads(false)
    return inputs.map { $0.view(as: $0) }
  }

  static func call(_ context: FunctionContext) -> ModuleBackward { context.values["call"] as! ModuleBackward }
}

private struct WatchedInputs: Watched {
  static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
    call(context).inputsArrived(gradients)
  }
}

private struct WatchedOutputs: Watched {
  static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
    call(context).outputsArrived(gradients)
  }
}
