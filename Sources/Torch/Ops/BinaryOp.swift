import CTorchRuntime

/// A pointwise op of two operands that broadcast: a row of the table.
final class BinaryOp: Sendable {
  /// What a gradient may ask for; unpacked at first use.
  struct Saved {
    fileprivate let node: BinaryNode
    var x: Tensor { node.operand(0) }
    var y: Tensor { node.operand(1) }
    var output: Tensor { node.output_() }
    var alpha: Double { node.alpha }
  }

  /// What the gradient of one operand needs.
  struct Needs: OptionSet {
    let rawValue: UInt8
    static let x = Needs(rawValue: 1)
    static let y = Needs(rawValue: 2)
    static let output = Needs(rawValue: 4)
  }

  /// How operand dtypes make the result dtype.
  enum Result {
    case promoted
    /// As promoted, but whole numbers become float32: true division.
    case floating
    /// Two bool operands are refused.
    case numbers
    /// Any bool operand is refused.
    case noBool
    /// Floating point operands are refused.
    case integral
    /// Floating point operands are refused, and two bool ones.
    case integers
    /// One operand must be floating point.
    case onlyFloating
  }

  /// The gradient of one operand, which captures nothing; the engine undoes broadcasting and casts.
  struct Gradient: Sendable {
    let needs: Needs
    let compute: @Sendable (_ gradient: Tensor, _ saved: Saved) -> Tensor

    init(_ needs: Needs = [], _ compute: @escaping @Sendable (_ gradient: Tensor, _ saved: Saved) -> Tensor) {
      self.needs = needs
      self.compute = compute
    }
  }

  let name: StaticString
  /// The names of nodes, see ``Node/name``: of two tensors, of a tensor and a number, of a number and a tensor.
  let node: StaticString, numberNode: StaticString, numberFirstNode: StaticString
  let kernel: BinaryKernel
  let result: Result
  /// The gradient of each operand; nil: not differentiable there.
  let x: Gradient?
  let y: Gradient?

  init(
    _ name: StaticString, node: StaticString? = nil, numberNode: StaticString? = nil,
    numberFirstNode: StaticString? = nil, kernel: BinaryKernel, result: Result = .promoted, x: Gradient?, y: Gradient?
  ) {
    self.name = name
    self.node = node ?? name
    self.numberNode = numberNode ?? node ?? name
    self.numberFirstNode = numberFirstNode ?? self.numberNode
    self.kernel = kernel
    self.result = result
    self.x = x
    self.y = y
  }

  // Tensor and tensor.

  func callAsFunction(_ x: Tensor, _ y: Tensor, alpha: Double = 1) -> Tensor {
    inOp(name, on: [x.shape, y.shape]) {
      // The common case first: equal dtypes and shapes, row-major, on the processor.
      if x.dtype == y.dtype && x.dtype.isFloatingPoint && x.strided.isPlain && y.strided.isPlain
        && (x.strided.shared === y.strided.shared || x.shape == y.shape)
      {
        let out = Tensor(plain: x.strided.shared, dtype: x.dtype)
        let ran = CPUBackend.binaryOfFew(
          kernel, x.dtype, x.strided.count, out.strided.storage.base, x.strided.storage.base, y.strided.storage.base,
          alpha: alpha)
        if !ran { CPUBackend.shared.binary(kernel, x.strided, y.strided, alpha: alpha, into: out.strided) }
        recordIfNeeded(x, y, out, alpha)
        return out
      }
      return mixed(x, y, alpha: alpha)
    }
  }

  private func mixed(_ x: Tensor, _ y: Tensor, alpha: Double) -> Tensor {
    checkOperands(x.dtype, y.dtype)
    let dtype = resultType(promotedType(x, y))
    let shape = checked { () throws(OpError) in try Layout.broadcast(x.shape, y.shape, op: name) }
    let device = commonDevice(x, y)
    let backend = Backends.of(device)
    let p = onDevice(x, device), q = onDevice(y, device)
    let out = Tensor(
      backend.allocate(Layout.ofPointwise(shape, p.layout(as: dtype), q.layout(as: dtype)), dtype: dtype))
    backend.binary(
      kernel, backend.cast(p, to: dtype).broadcast(to: shape), backend.cast(q, to: dtype).broadcast(to: shape),
      alpha: alpha, into: out.strided)
    recordIfNeeded(x, y, out, alpha)
    return out
  }

  // Tensor and number.

  @inline(__always)
  func callAsFunction(_ x: Tensor, _ number: Scalar, numberFirst: Bool = false, alpha: Double = 1) -> Tensor {
    inOp(name, on: [x.shape]) {
      checkOperands(x.dtype, number.dtype)
      let dtype = resultType(promotedType(x, number))
      let source = x.backend.cast(x.strided, to: dtype)
      let out =
        dtype == x.dtype && x.strided.isPlain
        ? Tensor(plain: x.strided.shared, dtype: dtype)
        : Tensor(x.backend.allocate(x.strided.layout(as: dtype).besideNumber, dtype: dtype))
      x.backend.binary(kernel, source, number: number, numberFirst: numberFirst, alpha: alpha, into: out.strided)
      if x.isRecording {
        let edge = x.gradEdge
        out.setHistory(
          BinaryNode(
            self, alpha, numberFirst ? EdgeList(nil, edge) : EdgeList(edge, nil), saving: numberFirst ? nil : x,
            numberFirst ? x : nil, out, number: number, numberFirst: numberFirst))
      }
      return out
    }
  }

  // In place: the result goes into the first operand, which keeps its dtype and shape.

  func inPlace(_ x: Tensor, _ y: Tensor, alpha: Double = 1) -> Tensor {
    inOp(name, on: [x.shape, y.shape]) {
      let recorded = ct_grad_enabled() && (x.requiresGrad || y.requiresGrad)
      x.checkInPlace(name, recorded: recorded)
      checkOperands(x.dtype, y.dtype)
      let dtype = resultType(promotedType(x, y))
      checkFits(dtype, in: x)
      let shape = checked { () throws(OpError) in try Layout.broadcast(x.shape, y.shape, op: name) }
      guard shape == x.shape else {
        fault(
          OpError(
            name,
            "the result has shape \(shape.brackets) and cannot be written into the first operand; got \(x.shape.brackets) and \(y.shape.brackets)"
          ))
      }
      let other = onDevice(y, x.device)
      return write(
        x, as: dtype, node: recorded ? node(x, y, alpha) : nil, saving: y
      ) { backend, source, out in
        // An operand that shares memory in another order is read before it is overwritten.
        var q = backend.cast(other, to: dtype)
        if q.storage === out.storage && q.layout != out.layout { q = copyOf(q, backend) }
        backend.binary(kernel, source, q.broadcast(to: shape), alpha: alpha, into: out)
      }
    }
  }

  func inPlace(_ x: Tensor, _ number: Scalar, alpha: Double = 1) -> Tensor {
    inOp(name, on: [x.shape]) {
      let recorded = x.isRecording
      x.checkInPlace(name, recorded: recorded)
      checkOperands(x.dtype, number.dtype)
      let dtype = resultType(promotedType(x, number))
      checkFits(dtype, in: x)
      return write(x, as: dtype, node: recorded ? node(x, number, alpha) : nil, saving: nil) {
        backend, source, out in
        backend.binary(kernel, source, number: number, numberFirst: false, alpha: alpha, into: out)
      }
    }
  }

  private func node(_ x: Tensor, _ y: Tensor, _ alpha: Double) -> BinaryNode {
    BinaryNode(self, alpha, EdgeList(x.gradEdge, y.gradEdge), number: nil, numberFirst: false)
  }

  private func node(_ x: Tensor, _ number: Scalar, _ alpha: Double) -> BinaryNode {
    BinaryNode(self, alpha, EdgeList(x.gradEdge, nil), number: number, numberFirst: false)
  }

  /// Computes in `dtype`, writes the result into `x` and records `node`, if any.
  private func write(
    _ x: Tensor, as dtype: DType, node: BinaryNode?, saving y: Tensor?,
    _ run: (_ backend: any Backend, _ source: Strided, _ out: Strided) -> Void
  ) -> Tensor {
    // What the gradients need of the operand is gone afterwards.
    let needsOperand = node?.needs.contains(.x) ?? false
    let original = needsOperand ? x.detach().clone() : nil
    let backend = x.backend
    if dtype == x.dtype {
      run(backend, x.strided, x.strided)
    } else {
      let wide = backend.cast(x.strided, to: dtype)
      let out = backend.allocate(Layout(contiguous: x.shape), dtype: dtype)
      run(backend, wide, out)
      backend.copy(out, into: x.strided)
    }
    x.bumpVersion()
    if let node {
      node.save(original, y, x)
      x.rebaseHistory(node)
    }
    return x
  }

  // Shared rules.

  @inline(__always)
  private func checkOperands(_ x: DType, _ y: DType) {
    guard result == .noBool, x == .bool || y == .bool else { return }
    fault(OpError(name, "takes numbers, not bool; use logicalXor or logicalNot, or convert with to(.uint8)"))
  }

  private func checkFits(_ dtype: DType, in x: Tensor) {
    guard dtype.category <= x.dtype.category else {
      fault(
        OpError(
          name,
          "the result is \(dtype.name) and cannot be written into a \(x.dtype.name) tensor; use the out-of-place form"))
    }
  }

  @inline(__always)
  private func resultType(_ promoted: DType) -> DType {
    switch result {
    case .promoted: return promoted
    case .floating: return promoted.isFloatingPoint ? promoted : .defaultFloat
    case .numbers, .noBool:
      if promoted == .bool {
        fault(OpError(name, "takes numbers, not bool; use logicalXor or convert with to(.uint8)"))
      }
      return promoted
    case .integral:
      if promoted.isFloatingPoint { fault(OpError(name, "takes whole numbers and bool, not \(promoted.name)")) }
      return promoted
    case .integers:
      guard promoted.isInteger else { fault(OpError(name, "takes whole numbers, not \(promoted.name); convert first")) }
      return promoted
    case .onlyFloating:
      guard promoted.isFloatingPoint else {
        fault(OpError(name, "takes floating point, not \(promoted.name); convert first with float()"))
      }
      return promoted
    }
  }

  @inline(__always)
  private func recordIfNeeded(_ x: Tensor, _ y: Tensor, _ out: Tensor, _ alpha: Double) {
    guard x.requiresGrad || y.requiresGrad, ct_grad_enabled() else { return }
    guard out.dtype.isFloatingPoint else { return }
    out.setHistory(
      BinaryNode(self, alpha, EdgeList(x.gradEdge, y.gradEdge), saving: x, y, out, number: nil, numberFirst: false))
  }
}

final class BinaryNode: Node, @unchecked Sendable {
  private let row: BinaryOp
  let alpha: Double
  private let number: Scalar?
  private let numberFirst: Bool
  @exclusivity(unchecked) private var savedX: SavedTensor?
  @exclusivity(unchecked) private var savedY: SavedTensor?
  @exclusivity(unchecked) private var savedOutput: SavedTensor?
  /// What the gradients that are wanted need.
  let needs: BinaryOp.Needs

  /// The step of a result that is known already, with what it needs saved.
  convenience init(
    _ row: BinaryOp, _ alpha: Double, _ edges: consuming EdgeList, saving x: Tensor?, _ y: Tensor?, _ output: Tensor,
    number: Scalar?, numberFirst: Bool
  ) {
    self.init(row, alpha, edges, number: number, numberFirst: numberFirst)
    save(x, y, output)
  }

  /// The step of a result that is not there yet; ``save(_:_:_:)`` follows.
  init(_ row: BinaryOp, _ alpha: Double, _ edges: consuming EdgeList, number: Scalar?, numberFirst: Bool) {
    self.row = row
    self.alpha = alpha
    self.number = number
    self.numberFirst = numberFirst
    needs = Self.needs(row, edges)
    super.init(op: number == nil ? row.node : numberFirst ? row.numberFirstNode : row.numberNode, edges: edges)
  }

  @inline(__always)
  private static func needs(_ row: BinaryOp, _ edges: borrowing EdgeList) -> BinaryOp.Needs {
    var needs: BinaryOp.Needs = []
    if edges.leads(0), let x = row.x { needs.formUnion(x.needs) }
    if edges.leads(1), let y = row.y { needs.formUnion(y.needs) }
    return needs
  }

  func save(_ x: Tensor?, _ y: Tensor?, _ output: Tensor) {
    if needs.contains(.x), let x { savedX = SavedTensor(x, .input(0)) }
    if needs.contains(.y), let y { savedY = SavedTensor(y, .input(1)) }
    if needs.contains(.output) { savedOutput = SavedTensor(output, .output(0)) }
  }

  fileprivate func operand(_ index: Int) -> Tensor {
    if let number, numberFirst == (index == 0) { return Tensor.number(number) }
    guard let saved = index == 0 ? savedX : savedY else { fatalError("\(op): operand \(index) was not saved") }
    return saved.unpack(for: self)
  }

  fileprivate func output_() -> Tensor {
    guard let savedOutput else { fatalError("\(op): the output was not saved") }
    return savedOutput.unpack(for: self)
  }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    guard let gradient = gradients[0] else { return [] }
    let saved = BinaryOp.Saved(node: self)
    return [
      edges.leads(0) ? row.x?.compute(gradient, saved) : nil, edges.leads(1) ? row.y?.compute(gradient, saved) : nil,
    ]
  }

  override func releaseSaved() {
    savedX?.release()
    savedY?.release()
    savedOutput?.release()
  }
}
