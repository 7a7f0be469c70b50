import CTorchRuntime
import Synchronization

// Views and in-place writes: a write to a view becomes a step of its base, and a view whose base was written gets its
// node anew when it is next asked for.

/// How a view was made; all but `.plain` refuse in-place writes that must be recorded.
enum ViewOrigin: UInt8 {
  case plain, underNoGrad, multipleOutputs
}

/// Guards the renewal of view nodes: rare, and reads of one view may come from several threads.
private let renewal = Mutex(())

extension Tensor {
  /// The node that computed this tensor, up to date for views.
  @inline(__always)
  var gradNode: Node? { viewBase == nil ? recordedNode : viewNode }

  private var viewNode: Node? {
    let base = viewBase!
    if viewVersion == version || !(recordedNode != nil || base.requiresGrad) { return recordedNode }
    return renewal.withLock { _ in
      let current = version
      if viewVersion != current {
        if let edge = base.gradEdge {
          let node = StructureNode(
            AsStrided(shape: shape, strides: strided.layout.strides, offset: strided.layout.offset),
            of: base.strided.shared,
            edge: edge)
          setHistory(node)
        }
        viewVersion = current
      }
      return recordedNode
    }
  }

  /// Makes this tensor a view of `source`, sharing its memory.
  @inline(__always)
  func becomeView(of source: Tensor, origin: ViewOrigin = .plain) {
    let base = source.viewBase ?? source
    viewBase = base
    viewVersion = version
    ownVersion = source.ownVersion
    viewOrigin = source.viewOrigin == .plain ? (ct_grad_enabled() ? origin : .underNoGrad) : source.viewOrigin
  }

  /// Whether an in-place op may write here, recorded or not; a fault with the way out where it may not.
  /// - Parameter isUniform: whether all elements get one value, which elements that share a place may as well.
  @inline(__always)
  func checkInPlace(_ op: StaticString, recorded: Bool, isUniform: Bool = false) {
    if flags.contains(.inference) && !ct_inference_mode() {
      fault(name(of: op), "a tensor made in inferenceMode cannot be changed outside of it; use clone()")
    }
    if recorded { checkRecordedInPlace(op) }
    if !isUniform && strided.layout.mayOverlapQuickly && strided.layout.mayOverlap {
      fault(
        name(of: op),
        "several elements of the tensor share one place in memory (an expanded tensor); use clone() before writing to it"
      )
    }
  }

  /// Counts one in-place write that a kernel makes inside `body`.
  package func written(_ op: StaticString, by body: () -> Void) {
    checkInPlace(op, recorded: isRecording)
    body()
    bumpVersion()
  }

  /// Multiplies by a factor where the elements lie; `found`, one int32 there, becomes 1 where one of them is not finite. False, and
  /// nothing done, on the processor.
  package func scale(by factor: Double, noting found: Tensor) -> Bool {
    guard let accelerator = backend as? any Accelerator else { return false }
    written("mul_") { accelerator.scale(strided, by: factor, noting: found.strided) }
    return true
  }

  private func checkRecordedInPlace(_ op: StaticString) {
    if let base = viewBase {
      switch viewOrigin {
      case .plain: break
      case .underNoGrad:
        fault(
          name(of: op),
          "the tensor is a view made inside noGrad and is written outside of it; put both inside, or both outside")
      case .multipleOutputs:
        fault(
          name(of: op),
          "the tensor is one of several views that one op returned (unbind, split, chunk); such views cannot be changed in place where gradients are recorded. Use the out-of-place form"
        )
      }
      if base.recordedNode == nil && base.flags.contains(.requiresGrad) {
        fault(
          name(of: op),
          "a view of a leaf that requires gradients is written in place; use noGrad { } or the out-of-place form")
      }
    } else if recordedNode == nil && flags.contains(.requiresGrad) {
      fault(
        name(of: op), "a leaf that requires gradients is written in place; use noGrad { } or the out-of-place form")
    }
  }

  private func name(of op: StaticString) -> String { String(describing: op) }

  /// Records an in-place op that has written to this tensor.
  func rebaseHistory(_ node: Node) {
    node.output = OutputDescription(self)
    guard let base = viewBase else {
      moveRetainedGrad(to: node)
      recordedNode = node
      outputIndex = 0
      return
    }
    let copy = CopySlices(
      base: base.strided.layout, baseEdge: base.gradEdge, view: strided.layout, step: node)
    base.moveRetainedGrad(to: copy)
    base.setHistory(copy)
    // The version has moved on, so the view's own node is made anew from the base.
    recordedNode = nil
  }
}

extension Tensor {
  /// A retained gradient is that of the tensor as it is after the last write.
  private func moveRetainedGrad(to node: Node) {
    guard flags.contains(.retainsGrad) else { return }
    recordedNode?.extras?.retained[Int(outputIndex)] = nil
    let extras = node.extras ?? NodeExtras()
    extras.retained[0] = slot
    node.extras = extras
  }
}

extension Layout {
  /// Whether overlap is possible at all: some stride is 0, or the layout is neither dense nor contiguous.
  @inline(__always)
  var mayOverlapQuickly: Bool {
    for i in 0..<rank where strides[i] == 0 && shape[i] > 1 { return true }
    return false
  }
}

/// The step of a base whose view was written: the written part takes the way of the write, the rest passes through.
final class CopySlices: Node, @unchecked Sendable {
  private let base: Layout
  private let view: Layout
  private var step: Node?

  init(base: Layout, baseEdge: Edge?, view: Layout, step: Node) {
    self.base = base
    self.view = view
    self.step = step
    var edges = EdgeList(baseEdge)
    for i in 1..<max(step.edges.count, 1) { edges.append(step.edges[i]) }
    super.init(op: "copy_slices", edges: edges)
  }

  override var name: String { "CopySlices" }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    guard let gradient = gradients[0], let step else { return [] }
    let origin = base.offset
    let whole = gradient.copied(inLayout: Layout(shape: base.shape, strides: base.strides))
    let part = whole.asStrided(size: view.shape, stride: view.strides, storageOffset: view.offset - origin)
    var inputs = step.backward([part.clone()])
    if inputs.isEmpty { inputs = [nil] }
    if let written = inputs[0] { part.copy_(written) } else { part.zero_() }
    inputs[0] = whole
    return inputs
  }

  override func releaseSaved() { step?.releaseSaved() }

  override func holdsChildAlone() -> Bool { true }

  override func moveChildren(into pile: inout [Node]) {
    super.moveChildren(into: &pile)
    if let step { pile.append(step) }
    step = nil
  }
}
