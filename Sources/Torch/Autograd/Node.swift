import CTorchRuntime
import Synchronization

/// Where a gradient goes: an output of a node.
struct Edge {
  fileprivate(set) var node: Node
  let index: Int32
}

/// The edges of a node, one per input of its op, nil where the input needs no gradient. Two live inline.
struct EdgeList {
  private var first: Edge?
  private var second: Edge?
  private var rest: [Edge?] = []
  private(set) var count = 0

  init() {}

  @inline(__always)
  init(_ first: Edge?) {
    self.first = first
    count = 1
  }

  @inline(__always)
  init(_ first: Edge?, _ second: Edge?) {
    self.first = first
    self.second = second
    count = 2
  }

  /// Whether some node may be held by nothing else; two edges to one node count each other.
  mutating func holdsNodeAlone() -> Bool {
    if !rest.isEmpty || (second != nil && first?.node === second?.node) { return true }
    return Self.isAlone(&first) || Self.isAlone(&second)
  }

  @inline(__always)
  private static func isAlone(_ edge: inout Edge?) -> Bool { edge != nil && isKnownUniquelyReferenced(&edge!.node) }

  init(_ edges: some Sequence<Edge?>) { for edge in edges { append(edge) } }

  mutating func append(_ edge: Edge?) {
    switch count {
    case 0: first = edge
    case 1: second = edge
    default: rest.append(edge)
    }
    count += 1
  }

  /// Whether the input needs a gradient.
  @inline(__always)
  func leads(_ index: Int) -> Bool {
    switch index {
    case 0: first != nil
    case 1: second != nil
    default: rest[index - 2] != nil
    }
  }

  subscript(index: Int) -> Edge? {
    switch index {
    case 0: first
    case 1: second
    default: rest[index - 2]
    }
  }
}

/// What a node knows of one output of its op: what the gradient must look like.
struct OutputDescription {
  let layout: SharedLayout
  let dtype: DType
  let device: Device

  @inline(__always)
  var shape: Shape { layout.layout.shape }

  @inline(__always)
  init(_ tensor: Tensor) {
    layout = tensor.strided.shared
    dtype = tensor.dtype
    device = tensor.device
  }
}

/// A step of the recorded computation: turns gradients of an op's outputs into gradients of its inputs.
///
/// `@unchecked Sendable`: a node is written while the forward pass builds it and by the one backward pass that frees
/// it; hooks are added by contract before either runs on another thread.
public class Node: @unchecked Sendable {
  /// torch's name of the op, `"log_softmax"`.
  @exclusivity(unchecked) final var op: StaticString
  /// Later nodes have higher numbers; a topological order for the walk.
  let sequence: UInt64
  @exclusivity(unchecked) final var edges: EdgeList
  /// The description of output 0, and of the others.
  @exclusivity(unchecked) final var output: OutputDescription?
  @exclusivity(unchecked) final var moreOutputs: [OutputDescription] = []
  /// In which backward walk this node has which place; written by the one walk that may.
  @exclusivity(unchecked) final var mark: (walk: UInt32, place: UInt32) = (0, 0)
  /// Hooks and traces, absent on almost every node.
  @exclusivity(unchecked) final var extras: NodeExtras?

  @inline(__always)
  init(op: StaticString, edges: consuming EdgeList) {
    self.op = op
    self.edges = edges
    sequence = LiveObjects.stepsMade.wrappingAdd(1, ordering: .relaxed).newValue
    if _slowPath(ct_profiler() != nil) { ProfilerThread.current?.addNode() }
    if AnomalyMode.isEnabled { extras = NodeExtras(trace: AnomalyMode.describeCaller(op)) }
  }

  /// The end of a path: later than every step, whenever it was made.
  init(end op: StaticString) {
    self.op = op
    edges = EdgeList()
    sequence = .max
    LiveObjects.endsMade.wrappingAdd(1, ordering: .relaxed)
    if AnomalyMode.isEnabled { extras = NodeExtras(trace: AnomalyMode.describeCaller(op)) }
  }

  /// The gradients of the inputs, one per edge, for the gradients of the outputs. Those for which `edges` is nil may
  /// be left out. A gradient may still have the broadcast shape and the op's dtype; the engine fits it.
  func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    fatalError("a node without backward")
  }

  /// Forgets saved tensors after the only backward pass.
  func releaseSaved() {}

  /// Moves every node this one keeps alive into the pile, so that teardown is a loop.
  func moveChildren(into pile: inout [Node]) {
    let old = edges
    edges = EdgeList()
    for i in 0..<old.count {
      if let node = old[i]?.node { pile.append(node) }
    }
  }

  /// Whether freeing this node may free another.
  func holdsChildAlone() -> Bool { edges.holdsNodeAlone() }

  /// As PyTorch names it: `LogSoftmaxBackward0`.
  ///
  /// The op's name may say after a point which of torch's overloads it is, `"sum.1"`; nothing after the point leaves
  /// the bare name, `"copy_backwards."`.
  public var name: String {
    let parts = String(describing: op).split(separator: ".", omittingEmptySubsequences: false)
    var result = ""
    var capital = true
    for letter in parts[0] {
      if letter != "_" { result += capital ? letter.uppercased() : String(letter) }
      // PyTorch begins a word after digits too: Log1PBackward0.
      capital = letter == "_" || letter.isNumber
    }
    if parts.count == 1 { return result + "Backward0" }
    return parts[1].isEmpty ? result : result + "Backward" + parts[1]
  }

  /// Whether op and class say the whole name.
  var isNamedByOp: Bool { true }

  /// Tells this thread's profiler that the node is at work.
  @inline(never)
  final func announce() {
    ProfilerThread.current?.enter(node: op, type(of: self), isShared: isNamedByOp) { name }
  }

  /// The nodes that receive this node's gradients, nil where an input needs none, as `grad_fn.next_functions`.
  public var nextFunctions: [Node?] { (0..<edges.count).map { edges[$0]?.node } }

  final var outputCount: Int { 1 + moreOutputs.count }

  final func description(of index: Int) -> OutputDescription? {
    index == 0 ? output : (index <= moreOutputs.count ? moreOutputs[index - 1] : nil)
  }

  deinit {
    LiveObjects.freed.wrappingAdd(1, ordering: .relaxed)
    // A chain of a million nodes must not be freed by recursion. Most nodes are not the last to hold what they lead to.
    if !holdsChildAlone() { return }
    var pile: [Node] = []
    moveChildren(into: &pile)
    while var node = pile.popLast() {
      if isKnownUniquelyReferenced(&node) { node.moveChildren(into: &pile) }
    }
  }
}

/// What few nodes carry.
final class NodeExtras {
  /// Where the forward op was called, in anomaly mode.
  var trace: String?
  /// Per output: called with the gradient, may replace it.
  var tensorHooks: [Int: [HookEntry]] = [:]
  /// Called with the final gradient of an output, which it keeps.
  var retained: [Int: AccumulateGrad] = [:]

  init(trace: String? = nil) { self.trace = trace }
}

/// Counts of live objects, for tests that look for leaks.
package enum LiveObjects {
  /// How many steps were recorded; their numbers are counted off here.
  static let stepsMade = Atomic<UInt64>(0)
  static let endsMade = Atomic<UInt64>(0)
  static let freed = Atomic<UInt64>(0)
  package static var nodeCount: Int {
    Int(stepsMade.load(ordering: .relaxed) + endsMade.load(ordering: .relaxed) - freed.load(ordering: .relaxed))
  }
}

/// A version counter apart from the storage's, for `.data`.
final class VersionCounter: Sendable {
  private let value = Atomic<UInt32>(0)

  var current: UInt32 { value.load(ordering: .relaxed) }
  func bump() { value.wrappingAdd(1, ordering: .relaxed) }
}
