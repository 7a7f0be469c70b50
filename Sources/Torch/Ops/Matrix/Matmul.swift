// Matrix products: one batched kernel, and the shapes around it.

/// The multiplications and additions of a product with rows as `x` has them.
private func productFlops(_ out: Shape, _ x: Shape) -> Int { 2 * out.elementCount * (x.last ?? 0) }

/// `x [..., m, k] * y [..., k, n]`, the batch dimensions being the same.
struct MatrixProduct: Op {
  var name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let x = inputs[0], y = inputs[1]
    var shape = x.shape
    shape[shape.count - 1] = y.shape[shape.count - 1]
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device)
    countFlops(productFlops(out.shape, x.shape))
    x.backend.matmul(x.strided, y.strided, bias: nil, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [
      saved.needs(0) ? firstGradient(g, saved[0], saved[1]) : nil,
      saved.needs(1) ? secondGradient(g, saved[0], saved[1]) : nil,
    ]
  }

  /// The gradient of `x`, laid out as `x` is: a transposed weight's gradient is then its own, transposed, and is not copied.
  func firstGradient(_ g: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    x.isColumnMajor ? callAsFunction(y, g.mT).mT : callAsFunction(g, y.mT)
  }

  /// The gradient of `y`, laid out as `y` is.
  func secondGradient(_ g: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    y.isColumnMajor ? callAsFunction(g.mT, x).mT : callAsFunction(x.mT, g)
  }
}

/// `beta * bias + alpha * x [..., m, k] * y [..., k, n]`, the bias broadcasting.
struct AddMatrixProduct: Op {
  let alphaScalar: Scalar, betaScalar: Scalar
  let name: StaticString

  /// Whole matrices stay whole: their factors lose fractions, as in PyTorch.
  init(alpha: Scalar, beta: Scalar, dtype: DType, name: StaticString) {
    alphaScalar = dtype.isFloatingPoint ? alpha : .int(alpha.int64)
    betaScalar = dtype.isFloatingPoint ? beta : .int(beta.int64)
    self.name = name
  }

  private var alpha: Double { alphaScalar.double }
  private var beta: Double { betaScalar.double }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(1)
    saving.input(2)
    let fused = alpha == 1 && beta == 1
    // Half types are rounded once, at the end.
    let dtype = inputs[1].dtype, wide = fused ? dtype : dtype.widened
    let x = inputs[1].to(wide), y = inputs[2].to(wide)
    var shape = x.shape
    shape[shape.count - 1] = y.shape[shape.count - 1]
    let out = Tensor(shape: shape, dtype: wide, device: x.device)
    let bias = fused ? inputs[0].strided.broadcast(to: shape) : nil
    countFlops(productFlops(out.shape, x.shape))
    x.backend.matmul(x.strided, y.strided, bias: bias, into: out.strided)
    if fused { return [out] }
    if alpha != 1 { _ = BinaryOp.mul.inPlace(out, alphaScalar) }
    // A beta of zero ignores the bias, NaN included.
    if beta != 0 { out.add_(beta == 1 ? inputs[0].to(wide) : BinaryOp.mul(inputs[0].to(wide), betaScalar)) }
    return [out.to(dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    func scaled(_ t: Tensor, _ factor: Double) -> Tensor { factor == 1 ? t : t * factor }
    return [
      saved.needs(0) ? scaled(g, beta) : nil,
      saved.needs(1) ? scaled(MatrixProduct(name: "mm").firstGradient(g, saved[0], saved[1]), alpha) : nil,
      saved.needs(2) ? scaled(MatrixProduct(name: "mm").secondGradient(g, saved[0], saved[1]), alpha) : nil,
    ]
  }
}

extension Tensor {
  /// Whether this matrix lies column after column and not row after row.
  fileprivate var isColumnMajor: Bool {
    let layout = strided.layout
    return layout.rank == 2 && layout.strides[0] == 1 && layout.strides[1] == layout.shape[0] && layout.shape[0] > 1
  }

  /// The matrix product, as `torch.matmul`: dot product of vectors, matrix by vector, matrices, and batches that broadcast.
  ///
  /// - Shape: `[..., m, k]` and `[..., k, n]` give `[..., m, n]`; a 1-d operand counts as a row or column and disappears.
  /// - Precondition: both have a dimension, equal dtypes, and inner sizes that agree.
  public func matmul(_ other: Tensor) -> Tensor {
    inOp("matmul", on: [shape, other.shape]) { lowered.product(other.lowered) }
  }

  private func product(_ other: Tensor) -> Tensor {
    checkProduct(other, "matmul")
    guard ndim > 0, other.ndim > 0 else {
      fault("matmul", "wants at least 1 dimension each; got \(shape.brackets) and \(other.shape.brackets)")
    }
    if ndim == 1 && other.ndim == 1 { return dot(other) }
    if ndim == 2 && other.ndim == 2 { return mm(other) }
    if ndim == 1 {
      return unsqueeze(0).matmul(other).squeeze(-2).named(other.ndim == 2 ? "squeeze.4" : "unsafe_view")
    }
    if ndim == 2 && other.ndim == 1 { return mv(other) }
    if other.ndim == 1 { return matmul(other.unsqueeze(1)).squeeze(-1).named("unsafe_view") }
    checkInner(other, "matmul")
    // One matrix that is trained by many: PyTorch folds the many, transposed, into one product.
    if ndim == 2, isRecording { return other.mT.matmul(t()).mT.contiguous() }
    let m = shape[ndim - 2], k = shape[ndim - 1], n = other.shape[other.ndim - 1]
    let xBatch = Shape(shape.dropLast(2)), yBatch = Shape(other.shape.dropLast(2))
    // Many matrices by one: a single product of the rows.
    if yBatch.isEmpty { return checkedFold(other, xBatch, m, n, count: xBatch.elementCount) }
    let batch = checked { () throws(OpError) in try Layout.broadcast(xBatch, yBatch, op: "matmul") }
    // The batch keeps its dimensions: flattening them would copy operands such as the heads of an attention layer.
    let x = expand(Array(batch) + [m, k]), y = other.expand(Array(batch) + [k, n])
    return MatrixProduct(name: "bmm")(x, y).view(Array(batch) + [m, n]).named("unsafe_view")
  }

  private func checkedFold(_ other: Tensor, _ batch: Shape, _ m: Int, _ n: Int, count: Int) -> Tensor {
    reshape([count * m, other.shape[0]]).mm(other).reshape(Array(batch) + [m, n]).named("unsafe_view")
  }

  func checkProduct(_ other: Tensor, _ op: StaticString) {
    guard dtype == other.dtype else {
      fault(
        OpError(
          op,
          "operands have different dtypes, \(dtype.name) and \(other.dtype.name); convert one with to(_:); got \(shape.brackets) and \(other.shape.brackets)"
        ))
    }
    guard dtype != .bool else { fault(OpError(op, "takes numbers, not bool; convert with to(_:)")) }
    guard device == other.device else {
      fault(OpError(op, "operands live on different devices, \(device) and \(other.device); move one with to(_:)"))
    }
  }

  private func checkInner(_ other: Tensor, _ op: StaticString) {
    let k = shape[ndim - 1], other_k = other.shape[other.ndim - 2]
    guard k == other_k else {
      fault(
        OpError(
          op,
          "inner sizes differ: \(k) columns meet \(other_k) rows; got \(shape.brackets) \(dtype.name) and \(other.shape.brackets) \(other.dtype.name)"
        ))
    }
  }

  /// The product of two matrices, as `torch.mm`.
  /// - Shape: `[m, k]` and `[k, n]` give `[m, n]`.
  public func mm(_ other: Tensor) -> Tensor {
    inOp("mm", on: [shape, other.shape]) { lowered.matrixProduct(other.lowered) }
  }

  private func matrixProduct(_ other: Tensor) -> Tensor {
    checkProduct(other, "mm")
    guard ndim == 2, other.ndim == 2 else {
      fault("mm", "wants two matrices, got \(shape.brackets) and \(other.shape.brackets); use matmul for batches")
    }
    checkInner(other, "mm")
    return MatrixProduct(name: "mm")(self, other)
  }

  /// The products of two batches of matrices, as `torch.bmm`.
  /// - Shape: `[b, m, k]` and `[b, k, n]` give `[b, m, n]`.
  public func bmm(_ other: Tensor) -> Tensor {
    inOp("bmm", on: [shape, other.shape]) { lowered.batchProduct(other.lowered) }
  }

  private func batchProduct(_ other: Tensor) -> Tensor {
    checkProduct(other, "bmm")
    guard ndim == 3, other.ndim == 3, shape[0] == other.shape[0] else {
      fault("bmm", "wants two batches of equally many matrices, got \(shape.brackets) and \(other.shape.brackets)")
    }
    checkInner(other, "bmm")
    return MatrixProduct(name: "bmm")(self, other)
  }

  /// The product of a matrix and a vector, as `torch.mv`.
  public func mv(_ other: Tensor) -> Tensor {
    guard ndim == 2, other.ndim == 1 else {
      fault("mv", "wants a matrix and a vector, got \(shape.brackets) and \(other.shape.brackets)")
    }
    return inOp("mv") { matrixProduct(other.unsqueeze(1)).squeeze(1).named("mv") }
  }

  /// The sum of products of two vectors, as `torch.dot`.
  public func dot(_ other: Tensor) -> Tensor {
    inOp("dot") {
      checkProduct(other, "dot")
      guard ndim == 1, other.ndim == 1, shape == other.shape else {
        fault("dot", "wants two vectors of one size, got \(shape.brackets) and \(other.shape.brackets)")
      }
      return MatrixProduct(name: "mm")(unsqueeze(0), other.unsqueeze(1)).view([]).named("dot")
    }
  }

  /// `beta * self + alpha * mat1 * mat2`, as `torch.addmm`.
  public func addmm(_ mat1: Tensor, _ mat2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1) -> Tensor
  {
    inOp("addmm", on: [shape, mat1.shape, mat2.shape]) {
      lowered.sum(withProductOf: mat1.lowered, mat2.lowered, beta.scalar, alpha.scalar)
    }
  }

  private func sum(withProductOf mat1: Tensor, _ mat2: Tensor, _ beta: Scalar, _ alpha: Scalar) -> Tensor {
    mat1.checkProduct(mat2, "addmm")
    checkProduct(mat1, "addmm")
    guard mat1.ndim == 2, mat2.ndim == 2 else {
      fault("addmm", "wants two matrices, got \(mat1.shape.brackets) and \(mat2.shape.brackets)")
    }
    mat1.checkInner(mat2, "addmm")
    _ = checked { () throws(OpError) in try strided.layout.expanded(to: [mat1.shape[0], mat2.shape[1]]) }
    return AddMatrixProduct(alpha: alpha, beta: beta, dtype: dtype, name: "addmm")(self, mat1, mat2)
  }

  @discardableResult
  public func addmm_(_ mat1: Tensor, _ mat2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1)
    -> Tensor
  {
    inOp("addmm_") { withoutAutocast { copyInPlace(addmm(mat1, mat2, beta: beta, alpha: alpha), "addmm") } }
  }

  /// All products of two vectors' elements, as `torch.outer`.
  public func outer(_ other: Tensor) -> Tensor {
    guard ndim == 1, other.ndim == 1 else {
      fault("outer", "wants two vectors, got \(shape.brackets) and \(other.shape.brackets)")
    }
    return inOp("outer") { unsqueeze(1) * other.unsqueeze(0) }
  }
}
