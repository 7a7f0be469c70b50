import CTorchRuntime

/// An op of the user's own with a gradient of the user's own, as `torch.autograd.Function`.
///
///     struct Cube: Function {
///       static func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
///         context.saveForBackward(inputs[0])
///         return [inputs[0].pow(3)]
///       }
///       static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
///         [gradients[0]! * 3 * context.savedTensors[0].pow(2)]
///       }
///     }
///     let y = Cube.apply(x)
public protocol Function {
  /// Computes the outputs; runs without recording.
  static func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor]

  /// The gradient of each input, nil where there is none; written in tensor ops it can be differentiated again.
  static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?]
}

/// What a ``Function`` remembers between forward and backward.
///
/// `@unchecked Sendable`: written by the forward pass alone and read by the one backward pass of its node.
public final class FunctionContext: @unchecked Sendable {
  fileprivate var toSave: [Tensor] = []
  fileprivate var saved: [SavedTensor] = []
  fileprivate weak var node: Node?
  fileprivate var dirty: [Tensor] = []
  fileprivate var notDifferentiable: [Tensor] = []
  fileprivate var materializesGrads = true
  /// Values besides tensors: what `apply(_:values:)` was given, and what forward adds for backward.
  public var values: [String: any Sendable] = [:]

  /// Keeps inputs, outputs or other tensors for backward, as `ctx.save_for_backward`.
  public func saveForBackward(_ tensors: Tensor...) { toSave = tensors }

  /// Says which inputs forward has written to, and returns, as `ctx.mark_dirty`.
  public func markDirty(_ tensors: Tensor...) { dirty = tensors }

  /// Says which outputs have no gradient, as `ctx.mark_non_differentiable`.
  public func markNonDifferentiable(_ tensors: Tensor...) { notDifferentiable = tensors }

  /// Whether backward gets zeros (the default) or nil for an output that received no gradient, as
  /// `ctx.set_materialize_grads`.
  public func setMaterializeGrads(_ value: Bool) { materializesGrads = value }

  /// What was kept; a fault where it was changed in place since or freed.
  public var savedTensors: [Tensor] {
    guard let node else { return toSave }
    return saved.map { $0.unpack(for: node) }
  }

  /// Whether the gradient of each input is wanted, as `ctx.needs_input_grad`.
  public fileprivate(set) var needsInputGrad: [Bool] = []

  fileprivate func release() { for i in saved.indices { saved[i].release() } }
}

extension Function {
  /// Runs the op and records it where an input asks for gradients.
  /// - Parameter values: what forward finds in the context's `values`.
  public static func apply(_ inputs: Tensor..., values: [String: any Sendable] = [:]) -> Tensor {
    apply(inputs, values: values)[0]
  }

  /// As ``apply(_:values:)-(Tensor...,_)``, with all outputs.
  public static func apply(_ inputs: [Tensor], values: [String: any Sendable] = [:]) -> [Tensor] {
    let context = FunctionContext()
    context.values = values
    context.needsInputGrad = inputs.map(\.requiresGrad)
    let results = noGrad { forward(context, inputs) }
    guard ct_grad_enabled(), inputs.contains(where: \.requiresGrad) else { return results }
    let node = FunctionNode(Self.self, context, EdgeList(inputs.map(\.gradEdge)))
    let outputs = results.enumerated().map { context.output($1, $0, of: node, inputs) }
    context.saved = context.toSave.map { tensor in
      if let i = results.firstIndex(where: { $0 === tensor }) { return SavedTensor(outputs[i], .output(i)) }
      if let i = inputs.firstIndex(where: { $0 === tensor }) { return SavedTensor(tensor, .input(i)) }
      return SavedTensor(tensor, .constant)
    }
    context.toSave = []
    context.dirty = []
    context.notDifferentiable = []
    context.node = node
    return outputs
  }
}

extension FunctionContext {
  /// Makes what forward returned an output of the node.
  fileprivate func output(_ result: Tensor, _ index: Int, of node: Node, _ inputs: [Tensor]) -> Tensor {
    func isOne(of tensors: [Tensor]) -> Bool { tensors.contains { $0 === result } }
    var output = result
    if isOne(of: dirty) {
      result.checkInPlace("Function", recorded: true)
      if index == 0 {
        result.rebaseHistory(node)
        return result
      }
      guard result.viewBase == nil else {
        fault("Function", "a view that was written in place must be the first output; got it as output \(index)")
      }
    } else if isOne(of: inputs) {
      // An input handed back unchanged gets an identity of its own.
      output = result.detach()
    }
    if output.dtype.isFloatingPoint && !isOne(of: notDifferentiable) { output.setHistory(node, output: index) }
    if node.outputCount <= index { node.moreOutputs.append(OutputDescription(output)) }
    return output
  }

  /// Zeros for outputs that received no gradient, where forward has not asked for nil.
  fileprivate func materialized(_ gradients: [Tensor?], of node: Node) -> [Tensor?] {
    guard materializesGrads else { return gradients }
    return gradients.enumerated().map { index, gradient in
      gradient ?? node.description(of: index).map { Tensor.zeros(Array($0.shape), dtype: $0.dtype, device: $0.device) }
    }
  }
}

private final class FunctionNode: Node, @unchecked Sendable {
  private let function: any Function.Type
  private let context: FunctionContext

  init(_ function: any Function.Type, _ context: FunctionContext, _ edges: EdgeList) {
    self.function = function
    self.context = context
    super.init(op: "function", edges: edges)
  }

  override var name: String { "\(function)Backward" }
  override var isNamedByOp: Bool { false }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    let results = function.backward(context, context.materialized(gradients, of: self))
    guard results.count == edges.count else {
      fault(
        "backward",
        "\(function).backward returned \(results.count) gradients for \(edges.count) inputs; return nil for those without"
      )
    }
    return results
  }

  override func releaseSaved() { context.release() }
}
