import CTorchRuntime

/// A pointwise op of one operand: a row of the table that says its kernel, what it saves and its gradient.
final class UnaryOp: Sendable {
  /// The numbers a kernel takes besides its operand.
  struct Parameters: Sendable {
    var a = 0.0
    var b = 0.0
  }

  enum Saves { case nothing, input, output }

  /// Which dtypes the kernel takes.
  enum Domain {
    /// Whole numbers become float32 first.
    case floating
    /// Every dtype but bool.
    case numbers
    /// Floating point only.
    case onlyFloating
    /// Every dtype.
    case any
  }

  /// From the gradient of the output and what was saved to the gradient of the input; captures nothing.
  typealias Gradient = @Sendable (_ gradient: Tensor, _ saved: Tensor, _ p: Parameters) -> Tensor

  let name: StaticString
  /// The name of the node, see ``Node/name``.
  let node: StaticString
  let kernel: UnaryKernel
  let domain: Domain
  let saves: Saves
  let gradient: Gradient

  init(
    _ name: StaticString, node: StaticString? = nil, kernel: UnaryKernel, domain: Domain = .floating, saves: Saves,
    gradient: @escaping Gradient
  ) {
    self.name = name
    self.node = node ?? name
    self.kernel = kernel
    self.domain = domain
    self.saves = saves
    self.gradient = gradient
  }

  convenience init(
    _ name: StaticString, node: StaticString? = nil, kernel: UnaryKernel, domain: Domain = .floating, saves: Saves,
    gradient: @escaping @Sendable (_ gradient: Tensor, _ saved: Tensor) -> Tensor
  ) {
    self.init(name, node: node, kernel: kernel, domain: domain, saves: saves) { g, saved, _ in gradient(g, saved) }
  }

  /// Computes the op into a fresh tensor.
  func callAsFunction(_ x: Tensor, a: Double = 0, b: Double = 0) -> Tensor {
    inOp(name, on: [x.shape]) {
      // The common case first: floating point, row-major, on the processor.
      if x.dtype.isFloatingPoint && x.strided.isPlain {
        let out = Tensor(plain: x.strided.shared, dtype: x.dtype)
        let ran = CPUBackend.unaryOfFew(
          kernel, x.dtype, x.strided.count, out.strided.storage.base, x.strided.storage.base, a: a, b: b)
        if !ran { CPUBackend.shared.unary(kernel, x.strided, a: a, b: b, into: out.strided) }
        if x.isRecording { record(x, saved: saves == .output ? out : x, out, Parameters(a: a, b: b)) }
        return out
      }
      if domain == .floating && !x.dtype.isFloatingPoint && !roundsInSteps { return ofWhole(x, a, b) }
      let source = prepared(x)
      let out = Tensor(x.backend.allocate(like: source, dtype: source.dtype))
      x.backend.unary(kernel, source, a: a, b: b, into: out.strided)
      if x.isRecording {
        record(x, saved: saves == .output ? out : x, out, Parameters(a: a, b: b))
      }
      return out
    }
  }

  /// PyTorch computes these by float32 steps that round each.
  private var roundsInSteps: Bool { kernel == .rsqrt || kernel == .sigmoid }

  /// Of whole numbers: computed in float64, where the device has it, and rounded once, so that the float32 is the nearest, as PyTorch's mostly is.
  private func ofWhole(_ x: Tensor, _ a: Double, _ b: Double) -> Tensor {
    let wide = x.backend.cast(x.strided, to: x.backend.hasFloat64 ? .float64 : .float32)
    x.backend.unary(kernel, wide, a: a, b: b, into: wide)
    return Tensor(x.backend.cast(wide, to: .defaultFloat))
  }

  /// Computes the op into its operand.
  func inPlace(_ x: Tensor, a: Double = 0, b: Double = 0) -> Tensor {
    inOp(name, on: [x.shape]) {
      let recorded = x.isRecording
      x.checkInPlace(name, recorded: recorded)
      guard domain != .floating || x.dtype.isFloatingPoint else {
        fault(
          OpError(name, "the result is float32 and cannot be written into a \(x.dtype.name) tensor; convert it first"))
      }
      _ = prepared(x)
      let saved = recorded && saves == .input ? x.detach().clone() : x
      let node = recorded ? node(x, Parameters(a: a, b: b)) : nil
      x.backend.unary(kernel, x.strided, a: a, b: b, into: x.strided)
      x.bumpVersion()
      if let node {
        save(saved, in: node)
        x.rebaseHistory(node)
      }
      return x
    }
  }

  @inline(__always)
  private func prepared(_ x: Tensor) -> Strided {
    if x.dtype.isFloatingPoint { return x.strided }
    switch domain {
    case .floating: return x.backend.cast(x.strided, to: .defaultFloat)
    case .numbers:
      if x.dtype == .bool {
        fault(OpError(name, "takes numbers, not bool; convert with to(.uint8) or use logicalNot()"))
      }
      return x.strided
    case .onlyFloating: fault(OpError(name, "takes floating point, not \(x.dtype.name); convert first with float()"))
    case .any: return x.strided
    }
  }

  private func node(_ x: Tensor, _ p: Parameters) -> UnaryNode { UnaryNode(self, p, edge: x.gradEdge) }

  private func save(_ saved: Tensor, in node: UnaryNode) {
    switch saves {
    case .nothing: break
    case .input: node.saved = SavedTensor(saved, .input(0))
    case .output: node.saved = SavedTensor(saved, .output(0))
    }
  }

  private func record(_ x: Tensor, saved: Tensor, _ out: Tensor, _ p: Parameters) {
    let node = node(x, p)
    save(saved, in: node)
    out.setHistory(node)
  }
}

final class UnaryNode: Node, @unchecked Sendable {
  private let row: UnaryOp
  private let parameters: UnaryOp.Parameters
  var saved: SavedTensor?

  init(_ row: UnaryOp, _ parameters: UnaryOp.Parameters, edge: Edge?) {
    self.row = row
    self.parameters = parameters
    super.init(op: row.node, edges: EdgeList(edge))
  }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    guard let gradient = gradients[0] else { return [] }
    // A row that saves nothing gets the gradient itself in place of the saved tensor.
    return [row.gradient(gradient, saved?.unpack(for: self) ?? gradient, parameters)]
  }

  override func releaseSaved() { saved?.release() }
}
