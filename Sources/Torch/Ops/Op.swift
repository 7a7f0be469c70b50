import CTorchRuntime

/// An op with structure: its stored fields are its arguments, `forward` and `backward` are neighbours.
protocol Op: Sendable {
  /// torch's name, by which faults and the profiler speak of it.
  var name: StaticString { get }
  /// The name of the node: `name` and, after a point, which of torch's overloads it is; see ``Node/name``.
  var node: StaticString { get }

  /// Computes the outputs; says through `saving` what `backward` needs.
  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor]

  /// The gradients of the inputs, written in tensor ops so that they can be differentiated again.
  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?]
}

/// What an op asks to be kept for its backward pass, in the order in which `Saved` hands it back.
struct Saving {
  enum Entry {
    case input(Int)
    case output(Int)
    case constant(Tensor)
  }

  private(set) var entries: [Entry] = []

  mutating func input(_ index: Int) { entries.append(.input(index)) }
  mutating func output(_ index: Int) { entries.append(.output(index)) }
  /// A tensor that carries no gradient.
  mutating func constant(_ tensor: Tensor) { entries.append(.constant(tensor)) }
}

/// What an op kept, and what is wanted of it.
struct Saved {
  private let node: Node
  private let tensors: [SavedTensor]

  fileprivate init(_ node: Node, _ tensors: [SavedTensor]) {
    self.node = node
    self.tensors = tensors
  }

  /// The kept tensor, by the order of saving.
  subscript(index: Int) -> Tensor { tensors[index].unpack(for: node) }

  /// How many inputs the op had.
  var inputCount: Int { node.edges.count }

  /// Whether the gradient of an input is wanted.
  func needs(_ input: Int) -> Bool { node.edges[input] != nil }

  /// The shape of an input whose gradient is wanted.
  func shape(of input: Int) -> Shape {
    let edge = node.edges[input]!
    return edge.node.description(of: Int(edge.index))!.shape
  }
}

extension Op {
  var node: StaticString { name }

  /// Runs the op and records it where an input asks for gradients.
  func apply(_ inputs: [Tensor]) -> [Tensor] {
    inOp(name, on: inputs.map(\.shape)) {
      var saving = Saving()
      let outputs = gradMode(false) { forward(inputs, &saving) }
      guard ct_grad_enabled(), inputs.contains(where: \.requiresGrad) else { return outputs }
      let node = OpNode(self, EdgeList(inputs.map(\.gradEdge)))
      for (i, output) in outputs.enumerated() where output.dtype.isFloatingPoint {
        output.setHistory(node, output: i)
      }
      if node.moreOutputs.count < outputs.count - 1 {
        node.moreOutputs = outputs.dropFirst().map { OutputDescription($0) }
      }
      node.saved = saving.entries.map {
        switch $0 {
        case .input(let i): SavedTensor(inputs[i], .input(i))
        case .output(let i): SavedTensor(outputs[i], .output(i))
        case .constant(let tensor): SavedTensor(tensor, .constant)
        }
      }
      return outputs
    }
  }

  func callAsFunction(_ inputs: Tensor...) -> Tensor { apply(inputs)[0] }
}

final class OpNode<O: Op>: Node, @unchecked Sendable {
  private let arguments: O
  var saved: [SavedTensor] = []

  init(_ arguments: O, _ edges: EdgeList) {
    self.arguments = arguments
    super.init(op: arguments.node, edges: edges)
  }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] { arguments.backward(gradients, Saved(self, saved)) }

  override func releaseSaved() { for i in saved.indices { saved[i].release() } }
}

/// An op of one tensor whose gradient needs the input's layout alone: views and their kin.
protocol StructureOp: Sendable {
  var name: StaticString { get }
  /// As ``Op/node``.
  var node: StaticString { get }

  /// The gradient of the input.
  func backward(_ gradient: Tensor, input: Layout) -> Tensor
}

extension StructureOp {
  var node: StaticString { name }
}

final class StructureNode<O: StructureOp>: Node, @unchecked Sendable {
  private let arguments: O
  private let input: SharedLayout

  @inline(__always)
  init(_ arguments: O, of input: SharedLayout, edge: Edge?) {
    self.arguments = arguments
    self.input = input
    super.init(op: arguments.node, edges: EdgeList(edge))
  }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    gradients[0].map { [arguments.backward($0, input: input.layout)] } ?? []
  }
}

/// A structure op whose result shows the same memory.
protocol ViewOp: StructureOp {
  func layout(of input: Layout) throws(OpError) -> Layout
}

extension ViewOp {
  @inline(__always)
  func callAsFunction(_ x: Tensor) -> Tensor {
    inOp(name, on: [x.shape]) {
      let layout = checked { () throws(OpError) in try self.layout(of: x.strided.layout) }
      let out = Tensor(x.strided.with(layout))
      out.becomeView(of: x)
      if x.isRecording { out.setHistory(StructureNode(self, of: x.strided.shared, edge: x.gradEdge)) }
      return out
    }
  }
}

extension Tensor {
  /// Names the step that made this fresh result: an op composed of others is one step to the reader of `grad_fn`.
  package func named(_ node: StaticString) -> Tensor {
    recordedNode?.op = node
    return self
  }

  /// As ``named(_:)`` for a write in place; the step of a view's base keeps its own name.
  @discardableResult
  func namedWrite(_ node: StaticString) -> Tensor { viewBase == nil ? named(node) : self }
}
