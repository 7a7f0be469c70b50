/// A tensor kept for the backward pass: its memory and the version it had, without the node, so that no node keeps
/// itself alive.
struct SavedTensor {
  enum Role {
    /// An input of the op: gradients flow on through that edge.
    case input(Int)
    /// An output of the op: re-attached to the op's own node.
    case output(Int)
    /// Carries no gradient.
    case constant
  }

  private var strided: Strided?
  private let ownVersion: VersionCounter?
  private let version: UInt32
  private let role: Role

  @inline(__always)
  init(_ tensor: Tensor, _ role: Role) {
    if tensor.flags.contains(.inference) { Self.refuseInference() }
    strided = tensor.strided
    ownVersion = tensor.ownVersion
    version = tensor.version
    self.role = role
  }

  private static func refuseInference() -> Never {
    fault("autograd", "a tensor made in inferenceMode cannot be saved for backward; use clone() outside of it")
  }

  mutating func release() { strided = nil }

  /// The tensor as the op saw it. A fault where it was freed or changed in place since.
  func unpack(for node: Node) -> Tensor {
    guard let strided else {
      fault(
        "backward",
        "the saved tensors of \(node.name) were freed by an earlier backward; pass retainGraph: true to the first one to go through the graph twice"
      )
    }
    let current = ownVersion?.current ?? strided.storage.currentVersion
    if current != version {
      let trace =
        node.extras?.trace.map { "; the op was \($0)" } ?? "; setAnomalyEnabled(true) shows where the op was called"
      fault(
        "backward",
        "a tensor that \(node.name) needs was changed in place: it is at version \(current), saved at \(version); shape \(strided.shape.brackets) \(strided.dtype.name). Use the out-of-place form, or clone() before writing\(trace)"
      )
    }
    let tensor = Tensor(strided)
    tensor.ownVersion = ownVersion
    switch role {
    case .constant: break
    case .output(let index):
      tensor.recordedNode = node
      tensor.outputIndex = Int32(index)
    case .input(let index): if let edge = node.edges[index] { tensor.attach(to: edge) }
    }
    return tensor
  }
}
