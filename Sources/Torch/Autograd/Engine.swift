import Synchronization
import TorchGPU

/// The backward walk: from outputs to leaves in an order where every gradient is complete before it is passed on.
/// A loop over a heap of ready nodes; no recursion, however long the chain.
enum Engine {
  /// Adds gradients to the leaves behind `outputs`, or to `inputs` alone.
  static func backward(
    _ outputs: [Tensor], gradients: [Tensor?], retainGraph: Bool, createGraph: Bool, inputs: [Tensor]?
  ) {
    if let inputs {
      guard !inputs.isEmpty else { fault("backward", "inputs is empty; leave it out to reach every leaf") }
      let found = self.gradients(
        outputs, of: inputs, gradients: gradients, retainGraph: retainGraph, createGraph: createGraph, op: "backward")
      gradMode(createGraph) {
        for (input, gradient) in zip(inputs, found) { if let gradient { input.slot.accumulate(gradient) } }
      }
      return
    }
    let roots = makeRoots(outputs, gradients, op: "backward")
    var walk = Walk(retainGraph: retainGraph, createGraph: createGraph, wanted: nil)
    follow(roots, &walk, createGraph: createGraph)
  }

  /// The gradients of `inputs`, nothing added anywhere.
  static func gradients(
    _ outputs: [Tensor], of inputs: [Tensor], gradients: [Tensor?], retainGraph: Bool, createGraph: Bool,
    op: StaticString = "grad"
  ) -> [Tensor?] {
    let roots = makeRoots(outputs, gradients, op: op)
    let wanted = inputs.map { input -> Edge in
      guard let edge = input.gradEdge else {
        fault(String(describing: op), "an input does not require gradients; got shape \(input.shape.brackets)")
      }
      return edge
    }
    var walk = Walk(retainGraph: retainGraph, createGraph: createGraph, wanted: wanted)
    follow(roots, &walk, createGraph: createGraph)
    return walk.captured
  }

  /// Work of a stream of its own is behind the graph as any other: a walk comes after it.
  private static func follow(_ roots: [(Edge, Tensor)], _ walk: inout Walk, createGraph: Bool) {
    GPUStreams.joined {
      inRegion("backward", isOp: true) { withoutAutocast { gradMode(createGraph) { walk.run(roots) } } }
    }
  }

  /// The edges to start from, each with its gradient; 1 for a single number.
  private static func makeRoots(_ outputs: [Tensor], _ gradients: [Tensor?], op: StaticString) -> [(Edge, Tensor)] {
    zip(outputs, gradients).map { output, gradient in
      guard let edge = output.gradEdge else {
        fault(
          OpError(
            op,
            "the tensor does not require gradients and has no grad_fn: nothing it was computed from has requiresGrad, or it was computed inside noGrad"
          ))
      }
      guard let gradient else {
        guard output.numel() == 1 else {
          fault(
            OpError(
              op,
              "a gradient is made up only for a single number; got shape \(output.shape.brackets). Reduce it first, for instance with sum(), or pass gradient:"
            ))
        }
        return (edge, noGrad { Tensor.ones(like: output) })
      }
      guard gradient.shape == output.shape else {
        fault(
          OpError(op, "gradient has shape \(gradient.shape.brackets), the tensor \(output.shape.brackets)"))
      }
      return (edge, gradient)
    }
  }
}

/// One run of the engine.
private struct Walk: ~Copyable {
  private struct Task {
    let node: Node
    /// How many edges lead here that have not been walked.
    var waiting = 0
    var gradients: [Tensor?]
    /// Whether the walk made the sum in `gradients[i]` itself and may add to it in place.
    var owns: [Bool]
    /// Whether some wanted edge lies behind.
    var isNeeded = true

    init(_ node: Node) {
      self.node = node
      gradients = Array(repeating: nil, count: node.outputCount)
      owns = Array(repeating: false, count: node.outputCount)
    }
  }

  let retainGraph: Bool
  let createGraph: Bool
  /// The edges whose gradients are asked for; nil: accumulate into the leaves.
  let wanted: [Edge]?
  private(set) var captured: [Tensor?] = []
  private var tasks: [Task] = []
  private var places = Places()
  private var ready = ReadyHeap()

  init(retainGraph: Bool, createGraph: Bool, wanted: [Edge]?) {
    self.retainGraph = retainGraph
    self.createGraph = createGraph
    self.wanted = wanted
    captured = Array(repeating: nil, count: wanted?.count ?? 0)
  }

  mutating func run(_ roots: [(Edge, Tensor)]) {
    countEdges(from: roots.map(\.0))
    if let wanted { markNeeded(wanted) }
    for (edge, gradient) in roots { deliver(gradient, to: edge, from: nil) }
    // A root that another root leads to waits for it.
    var started = Set<Int>()
    for (edge, _) in roots {
      let index = places[edge.node]!
      if tasks[index].waiting == 0 && started.insert(index).inserted { push(index) }
    }
    while let index = ready.pop() { perform(index) }
  }

  private mutating func push(_ index: Int) { ready.push(index, priority: tasks[index].node.sequence) }

  private mutating func task(of node: Node) -> (index: Int, isNew: Bool) {
    if let index = places[node] { return (index, false) }
    tasks.append(Task(node))
    places[node] = tasks.count - 1
    return (tasks.count - 1, true)
  }

  private mutating func countEdges(from roots: [Edge]) {
    var pile: [Node] = []
    for edge in roots where task(of: edge.node).isNew { pile.append(edge.node) }
    while let node = pile.popLast() {
      for i in 0..<node.edges.count {
        guard let edge = node.edges[i] else { continue }
        let (index, isNew) = task(of: edge.node)
        tasks[index].waiting += 1
        if isNew { pile.append(edge.node) }
      }
    }
  }

  /// Without accumulation only nodes in front of a wanted edge have work.
  private mutating func markNeeded(_ wanted: [Edge]) {
    let targets = Set(wanted.map { ObjectIdentifier($0.node) })
    var needed = Set<ObjectIdentifier>()
    // Inputs of a node are older than the node.
    for index in tasks.indices.sorted(by: { order(tasks[$0].node) < order(tasks[$1].node) }) {
      let node = tasks[index].node
      let leads = (0..<node.edges.count).contains { i in
        guard let target = node.edges[i]?.node else { return false }
        return targets.contains(ObjectIdentifier(target)) || needed.contains(ObjectIdentifier(target))
      }
      if leads { needed.insert(ObjectIdentifier(node)) }
      tasks[index].isNeeded = leads
    }
  }

  private func order(_ node: Node) -> UInt64 { node is AccumulateGrad ? 0 : node.sequence }

  /// Adds a gradient to what an output has received so far.
  private mutating func deliver(_ gradient: Tensor, to edge: Edge, from source: Node?) {
    let index = places[edge.node]!
    let slot = Int(edge.index)
    let fitted = fit(gradient, to: edge, from: source)
    guard let sum = tasks[index].gradients[slot] else {
      tasks[index].gradients[slot] = fitted
      return
    }
    if !createGraph && tasks[index].owns[slot] {
      sum.add_(fitted)
    } else {
      tasks[index].gradients[slot] = sum + fitted
      tasks[index].owns[slot] = true
    }
  }

  /// A gradient in the shape and dtype of the tensor it belongs to: broadcasting is undone here, for all ops.
  private func fit(_ gradient: Tensor, to edge: Edge, from source: Node?) -> Tensor {
    guard let want = edge.node.description(of: Int(edge.index)) else { return gradient }
    var result = gradient
    if result.shape != want.shape {
      guard let sum = result.summed(toFit: want.shape) else {
        fault(
          "backward",
          "\(source?.name ?? "the start") returned a gradient of shape \(gradient.shape.brackets) where \(want.shape.brackets) is wanted"
        )
      }
      result = sum
    }
    if result.dtype != want.dtype { result = result.to(want.dtype) }
    return result
  }

  private mutating func perform(_ index: Int) {
    let node = tasks[index].node
    var gradients = tasks[index].gradients
    tasks[index].gradients = []
    if let extras = node.extras { runHooks(extras, &gradients) }
    if let leaf = node as? AccumulateGrad {
      if gradients[0] != nil {
        for hook in leaf.hooks { gradients[0] = hook.run(gradients[0]!) ?? gradients[0] }
      }
      capture(node, gradients)
      if wanted == nil, let gradient = gradients[0].take() { leaf.accumulate(gradient) }
      return
    }
    capture(node, gradients)
    if gradients.contains(where: { $0 != nil }) && tasks[index].isNeeded {
      let results = differentiate(node, gradients)
      gradients = []
      finish(node, results)
    } else {
      finish(node, [])
    }
  }

  /// Hands each result to its edge, and starts the nodes that wait for no more.
  private mutating func finish(_ node: Node, _ results: [Tensor?]) {
    for i in 0..<node.edges.count {
      guard let edge = node.edges[i] else { continue }
      if i < results.count, let gradient = results[i] { deliver(gradient, to: edge, from: node) }
      let target = places[edge.node]!
      tasks[target].waiting -= 1
      if tasks[target].waiting == 0 { push(target) }
    }
    if !retainGraph { node.releaseSaved() }
  }

  private func differentiate(_ node: Node, _ gradients: [Tensor?]) -> [Tensor?] {
    var frame = CallFrame(op: "backward")
    let results = inFrame(&frame) {
      node.backward(gradients)
    } announce: { _ in
      node.announce()
    }
    if AnomalyMode.isEnabled {
      for (i, gradient) in results.enumerated() {
        if let gradient, i < node.edges.count, node.edges[i] != nil {
          AnomalyMode.check(gradient, from: node, index: i)
        }
      }
    }
    return results
  }

  private func runHooks(_ extras: NodeExtras, _ gradients: inout [Tensor?]) {
    for (index, hooks) in extras.tensorHooks where gradients[index] != nil {
      for hook in hooks { gradients[index] = hook.run(gradients[index]!) ?? gradients[index] }
    }
    for (index, slot) in extras.retained {
      guard let gradient = gradients[index] else { continue }
      slot.grad = slot.grad.map { $0 + gradient } ?? (createGraph ? gradient : gradient.clone())
    }
  }

  private mutating func capture(_ node: Node, _ gradients: [Tensor?]) {
    guard let wanted else { return }
    for (i, edge) in wanted.enumerated() where edge.node === node { captured[i] = gradients[Int(edge.index)] }
  }
}

/// Where the task of each node lies. One walk at a time writes that on the nodes themselves; a walk inside of it, or on
/// another thread, looks it up in a dictionary.
private struct Places: ~Copyable {
  private static let isTaken = Atomic<Bool>(false)
  private static let counter = Atomic<UInt32>(0)

  private let marksNodes: Bool
  private let walk: UInt32
  private var places: [ObjectIdentifier: Int] = [:]

  init() {
    marksNodes = !Self.isTaken.exchange(true, ordering: .acquiring)
    walk = marksNodes ? Self.counter.wrappingAdd(1, ordering: .relaxed).newValue : 0
  }

  deinit { if marksNodes { Self.isTaken.store(false, ordering: .releasing) } }

  subscript(node: Node) -> Int? {
    get {
      if marksNodes { return node.mark.walk == walk ? Int(node.mark.place) : nil }
      return places[ObjectIdentifier(node)]
    }
    set {
      if marksNodes {
        node.mark = (walk, UInt32(newValue!))
      } else {
        places[ObjectIdentifier(node)] = newValue
      }
    }
  }
}

/// Ready tasks, the latest node first, as in PyTorch; leaves before everything.
private struct ReadyHeap {
  private var entries: [(task: Int, priority: UInt64)] = []

  mutating func push(_ task: Int, priority: UInt64) {
    entries.append((task, priority))
    var child = entries.count - 1
    while child > 0, entries[(child - 1) / 2].priority < entries[child].priority {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> Int? {
    guard let top = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      var parent = 0
      while true {
        var largest = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
          if entries[child].priority > entries[largest].priority { largest = child }
        }
        if largest == parent { break }
        entries.swapAt(parent, largest)
        parent = largest
      }
    }
    return top.task
  }
}

/// The gradients of `outputs` with respect to `inputs`, added nowhere, as `torch.autograd.grad`.
///
/// - Parameters:
///   - outputs: what is differentiated; their gradients add up.
///   - inputs: with respect to what.
///   - gradOutputs: the gradients to start from; may be left out for single numbers.
///   - retainGraph: keep what was saved, for another pass; by default as `createGraph`.
///   - createGraph: record the computation of the gradients, for higher derivatives.
///   - allowUnused: give nil for an input that the outputs do not depend on; without it that is a fault.
///   - materializeGrads: give zeros for such an input instead.
public func grad(
  outputs: [Tensor], inputs: [Tensor], gradOutputs: [Tensor?]? = nil, retainGraph: Bool? = nil,
  createGraph: Bool = false, allowUnused: Bool = false, materializeGrads: Bool = false
) -> [Tensor?] {
  let starts = gradOutputs ?? Array(repeating: nil, count: outputs.count)
  guard starts.count == outputs.count else {
    fault("grad", "wants one gradOutput per output; got \(starts.count) for \(outputs.count)")
  }
  let results = Engine.gradients(
    outputs, of: inputs, gradients: starts, retainGraph: retainGraph ?? createGraph, createGraph: createGraph)
  if materializeGrads { return zip(inputs, results).map { $1 ?? Tensor.zeros(like: $0) } }
  if !allowUnused, let missing = results.firstIndex(where: { $0 == nil }) {
    fault("grad", "the outputs do not depend on input \(missing); pass allowUnused: true to get nil for it")
  }
  return results
}

/// The gradient of one output with respect to one input, as `torch.autograd.grad`.
public func grad(
  _ output: Tensor, _ input: Tensor, gradOutput: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false
) -> Tensor {
  grad(
    outputs: [output], inputs: [input], gradOutputs: [gradOutput], retainGraph: retainGraph, createGraph: createGraph)[
      0]!
}

/// Backward from several tensors at once, as `torch.autograd.backward`.
public func backward(
  _ tensors: [Tensor], gradTensors: [Tensor?]? = nil, retainGraph: Bool? = nil, createGraph: Bool = false,
  inputs: [Tensor]? = nil
) {
  let starts = gradTensors ?? Array(repeating: nil, count: tensors.count)
  guard starts.count == tensors.count else {
    fault("backward", "wants one gradTensor per tensor; got \(starts.count) for \(tensors.count)")
  }
  Engine.backward(
    tensors, gradients: starts, retainGraph: retainGraph ?? createGraph, createGraph: createGraph, inputs: inputs)
}
