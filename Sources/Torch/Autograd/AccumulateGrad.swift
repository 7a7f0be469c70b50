import CTorchRuntime
import Synchronization

/// Where the gradient of a leaf lands: the end of every path of the graph, and the keeper of `.grad`.
final class AccumulateGrad: Node, @unchecked Sendable {
  private struct State {
    var grad: Tensor?
    var hooks: [HookEntry] = []
    var afterHooks: [HookEntry] = []
  }

  private let state = Mutex(State())
  /// The layout the gradient should have.
  private var layout: SharedLayout { output!.layout }

  init(_ tensor: Tensor) {
    super.init(end: "accumulate_grad")
    output = OutputDescription(tensor)
  }

  /// Takes note of a new body.
  func describe(_ tensor: Tensor) {
    output = OutputDescription(tensor)
  }

  override var name: String { "AccumulateGrad" }

  var grad: Tensor? {
    get { state.withLock { $0.grad } }
    set { state.withLock { $0.grad = newValue } }
  }

  var hooks: [HookEntry] { state.withLock { $0.hooks } }
  func addHook(_ hook: HookEntry) { state.withLock { $0.hooks.append(hook) } }
  func addAfterHook(_ hook: HookEntry) { state.withLock { $0.afterHooks.append(hook) } }
  func removeHook(_ id: UInt64) {
    state.withLock {
      $0.hooks.removeAll { $0.id == id }
      $0.afterHooks.removeAll { $0.id == id }
    }
  }

  /// Adds a gradient that arrived: the first one is taken over where nothing else holds it, later ones are added.
  func accumulate(_ incoming: consuming Tensor) {
    // Told here and not by the caller, which must have given its own reference away: else the gradient were copied.
    if _slowPath(ct_profiler() != nil) { announce() }
    defer { if _slowPath(ct_profiler() != nil) { profilerLeave() } }
    var gradient: Tensor = incoming
    let records = isGradEnabled()
    state.withLock { state in
      // A view that nobody else sees, of memory that nobody else sees, is as good as a tensor of its own.
      if isKnownUniquelyReferenced(&gradient), gradient.viewBase != nil, gradient.recordedNode == nil,
        isKnownUniquelyReferenced(&gradient.viewBase!), gradient.viewBase!.recordedNode == nil
      {
        gradient.viewBase = nil
      }
      if let old = state.grad {
        if records {
          state.grad = old + gradient
        } else {
          noGrad { old.add_(gradient) }
        }
      } else if records {
        state.grad = gradient
      } else if isKnownUniquelyReferenced(&gradient), isKnownUniquelyReferenced(&gradient.strided.storage),
        gradient.strided.shared === layout || gradient.strided.layout.strides == layout.layout.strides,
        gradient.viewBase == nil
      {
        state.grad = gradient.recordedNode == nil ? gradient : gradient.detach()
      } else {
        // A leaf that is expanded or has gaps gets a row-major gradient.
        state.grad = gradient.detach().copied(
          inLayout: layout.layout.isNonOverlappingAndDense ? layout.layout : Layout(contiguous: layout.layout.shape))
      }
    }
    for hook in state.withLock({ $0.afterHooks }) { _ = hook.run(gradient) }
  }
}

/// One registered hook.
struct HookEntry: Sendable {
  let id: UInt64
  let run: @Sendable (Tensor) -> Tensor?

  private static let counter = Atomic<UInt64>(1)

  init(_ run: @escaping @Sendable (Tensor) -> Tensor?) {
    id = Self.counter.wrappingAdd(1, ordering: .relaxed).oldValue
    self.run = run
  }
}

/// Takes a hook off again, as `torch.utils.hooks.RemovableHandle`.
public struct RemovableHandle: Sendable {
  private let action: @Sendable () -> Void

  package init(_ action: @escaping @Sendable () -> Void) { self.action = action }

  /// Removes the hook; calling it again does nothing.
  public func remove() { action() }
}
