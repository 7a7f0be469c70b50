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
  /// Values besides tensors that backward needs.
  public var values: [String: any Sendable] = [:]

  /// Keeps inputs, outputs or other tensors for backward, as `ctx.save_for_backward`.
  public func saveForBackward(_ tensors: Tensor...) { toSave = tensors }

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
  public static func apply(_ inputs: Tensor...) -> Tensor { apply(inputs)[0] }

  /// As ``apply(_:)-(Tensor...)``, with all outputs.
  public static func apply(_ inputs: [Tensor]) -> [Tensor] {
    let context = FunctionContext()
    context.needsInputGrad = inputs.map(\.requiresGrad)
    let results = noGrad { forward(context, inputs) }
    guard ct_grad_enabled(), inputs.contains(where: \.requiresGrad) else { return results }
    let node = FunctionNode(Self.self, context, EdgeList(inputs.map(\.gradEdge)))
    // An input handed back unchanged gets an identity of its own.
    let outputs = results.map { result in inputs.contains { $0 === result } ? result.detach() : result }
    for (i, output) in outputs.enumerated() {
      if output.dtype.isFloatingPoint { output.setHistory(node, output: i) }
      if node.outputCount <= i { node.moreOutputs.append(OutputDescription(output)) }
    }
    context.saved = context.toSave.map { tensor in
      if let i = inputs.firstIndex(where: { $0 === tensor }) { return SavedTensor(tensor, .input(i)) }
      if let i = results.firstIndex(where: { $0 === tensor }) { return SavedTensor(outputs[i], .output(i)) }
      return SavedTensor(tensor, .constant)
    }
    context.toSave = []
    context.node = node
    return outputs
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

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    let results = function.backward(context, gradients)
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
