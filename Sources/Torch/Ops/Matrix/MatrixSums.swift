// Sums of a tensor and a product, and other products that are matrix products in disguise.

/// `beta * bias + alpha * x [m] * y [n]` for all pairs of elements, the bias broadcasting.
struct AddOuterProduct: Op {
  let alpha: Scalar, beta: Scalar
  var name: StaticString { "addr" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(1)
    saving.input(2)
    // Half types are rounded once, at the end.
    let dtype = promotedType(inputs), wide = dtype.widened
    var rows = inputs[1].to(wide).unsqueeze(1)
    if alpha.double != 1 { rows = BinaryOp.mul(rows, alpha) }
    let product = rows * inputs[2].to(wide).unsqueeze(0)
    // A beta of zero ignores the bias, NaN included.
    if beta.double == 0 { return [product.to(dtype)] }
    let bias = inputs[0].to(wide)
    return [(product + (beta.double == 1 ? bias : BinaryOp.mul(bias, beta))).to(dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    func scaled(_ t: Tensor, _ factor: Scalar) -> Tensor { factor.double == 1 ? t : BinaryOp.mul(t, factor) }
    return [
      saved.needs(0) ? scaled(g, beta) : nil,
      saved.needs(1) ? scaled(g.mv(saved[1].to(g.dtype)), alpha) : nil,
      saved.needs(2) ? scaled(g.t().mv(saved[0].to(g.dtype)), alpha) : nil,
    ]
  }
}

extension Tensor {
  /// `beta * self + alpha * mat * vec`, as `torch.addmv`; a beta of 0 ignores what is in `self`.
  /// - Shape: `[m, k]` and `[k]` give `[m]`, to which `self` broadcasts.
  /// - Precondition: one dtype, not bool.
  public func addmv(_ mat: Tensor, _ vec: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1) -> Tensor {
    inOp("addmv") {
      guard mat.ndim == 2, vec.ndim == 1 else {
        fault("addmv", "wants a matrix and a vector, got \(mat.shape.brackets) and \(vec.shape.brackets)")
      }
      return expand(mat.shape[0]).unsqueeze(1).addmm(mat, vec.unsqueeze(1), beta: beta, alpha: alpha).squeeze(1)
        .named("addmv")
    }
  }
  @discardableResult
  public func addmv_(_ mat: Tensor, _ vec: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1) -> Tensor
  {
    inOp("addmv_") { copyInPlace(addmv(mat, vec, beta: beta, alpha: alpha), "addmv") }
  }

  /// `beta * self + alpha *` all products of two vectors' elements, as `torch.addr`; a beta of 0 ignores what is in `self`, and
  /// bool counts in logic.
  /// - Shape: `[m]` and `[n]` give `[m, n]`, to which `self` broadcasts.
  /// - Precondition: where all are whole numbers, so are `beta` and `alpha`.
  public func addr(_ vec1: Tensor, _ vec2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1) -> Tensor
  {
    inOp("addr") {
      guard vec1.ndim == 1, vec2.ndim == 1 else {
        fault("addr", "wants two vectors, got \(vec1.shape.brackets) and \(vec2.shape.brackets)")
      }
      let dtype = promotedType([self, vec1, vec2])
      if !dtype.isFloatingPoint {
        for factor in [beta.scalar, alpha.scalar] {
          if case .double = factor { fault("addr", "of \(dtype.name) wants whole numbers as beta and alpha") }
        }
      }
      let bias = expand(vec1.shape[0], vec2.shape[0])
      if dtype == .bool {
        let outer = vec1.unsqueeze(1).logicalAnd(vec2.unsqueeze(0))
        let product = alpha.scalar.bool ? outer : Tensor.zeros(like: outer)
        return beta.scalar.bool ? bias.logicalOr(product) : product
      }
      return AddOuterProduct(alpha: alpha.scalar, beta: beta.scalar)(self, vec1, vec2)
    }
  }
  @discardableResult
  public func addr_(_ vec1: Tensor, _ vec2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1) -> Tensor
  {
    inOp("addr_") { copyInPlace(addr(vec1, vec2, beta: beta, alpha: alpha), "addr") }
  }

  /// `beta * self + alpha *` the sum of the products of two batches of matrices, as `torch.addbmm`; a beta of 0 ignores what is
  /// in `self`.
  /// - Shape: `[b, m, k]` and `[b, k, n]` give `[m, n]`, to which `self` broadcasts.
  /// - Precondition: one dtype, not bool.
  public func addbmm(_ batch1: Tensor, _ batch2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1)
    -> Tensor
  {
    inOp("addbmm") {
      let batch1 = batch1.lowered, batch2 = batch2.lowered
      checkBatches(batch1, batch2, "addbmm")
      let (b, m, k, n) = (batch1.shape[0], batch1.shape[1], batch1.shape[2], batch2.shape[2])
      // The sum over the batch is one product of longer rows.
      return addmm(
        batch1.transpose(0, 1).reshape(m, b * k), batch2.reshape(b * k, n), beta: beta, alpha: alpha
      ).named("addbmm")
    }
  }
  @discardableResult
  public func addbmm_(_ batch1: Tensor, _ batch2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1)
    -> Tensor
  {
    inOp("addbmm_") {
      let result = withoutAutocast { addbmm(batch1, batch2, beta: beta, alpha: alpha) }
      // Unlike its kin, PyTorch's addbmm_ takes the shape of the result where it has another.
      return result.shape == shape ? copyInPlace(result, "addbmm") : become(result, "addbmm")
    }
  }

  /// `beta * self + alpha *` the products of two batches of matrices, as `torch.baddbmm`; a beta of 0 ignores what is in `self`.
  /// - Shape: `[b, m, k]` and `[b, k, n]` give `[b, m, n]`, to which `self` broadcasts.
  /// - Precondition: one dtype, not bool.
  public func baddbmm(_ batch1: Tensor, _ batch2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1)
    -> Tensor
  {
    inOp("baddbmm") { lowered.sum(withProductsOf: batch1.lowered, batch2.lowered, beta.scalar, alpha.scalar) }
  }

  private func sum(withProductsOf batch1: Tensor, _ batch2: Tensor, _ beta: Scalar, _ alpha: Scalar) -> Tensor {
    checkBatches(batch1, batch2, "baddbmm")
    guard dtype == batch1.dtype else {
      fault("baddbmm", "the input is \(dtype.name), the matrices \(batch1.dtype.name); convert one with to(_:)")
    }
    guard device == batch1.device else {
      fault("baddbmm", "the input is on \(device), the matrices on \(batch1.device); move one with to(_:)")
    }
    let shape = [batch1.shape[0], batch1.shape[1], batch2.shape[2]]
    _ = checked { () throws(OpError) in try strided.layout.expanded(to: Shape(shape)) }
    return AddMatrixProduct(alpha: alpha, beta: beta, dtype: dtype, name: "baddbmm")(self, batch1, batch2)
  }
  @discardableResult
  public func baddbmm_(_ batch1: Tensor, _ batch2: Tensor, beta: some TensorScalar = 1, alpha: some TensorScalar = 1)
    -> Tensor
  {
    inOp("baddbmm_") {
      withoutAutocast { copyInPlace(baddbmm(batch1, batch2, beta: beta, alpha: alpha), "baddbmm") }
    }
  }

  private func checkBatches(_ batch1: Tensor, _ batch2: Tensor, _ op: StaticString) {
    guard batch1.ndim == 3, batch2.ndim == 3, batch1.shape[0] == batch2.shape[0], batch1.shape[2] == batch2.shape[1]
    else {
      fault(
        OpError(
          op,
          "wants two batches of equally many matrices that fit, got \(batch1.shape.brackets) and \(batch2.shape.brackets)"
        ))
    }
    batch1.checkProduct(batch2, op)
  }

  /// The sum of products of two vectors, as `torch.vdot`.
  /// - Precondition: one dtype, not bool.
  public func vdot(_ other: Tensor) -> Tensor { inOp("vdot") { dot(other).named("vdot") } }

  /// Every element times all of the other tensor, block by block, as `torch.kron`.
  /// - Shape: the sizes multiply, dimension by dimension from the last.
  public func kron(_ other: Tensor) -> Tensor {
    inOp("kron") {
      let rank = Swift.max(ndim, other.ndim)
      let mine = [Int](repeating: 1, count: rank - ndim) + Array(shape)
      let theirs = [Int](repeating: 1, count: rank - other.ndim) + Array(other.shape)
      let blocks = reshape(mine.flatMap { [$0, 1] }) * other.reshape(theirs.flatMap { [1, $0] })
      return blocks.reshape(zip(mine, theirs).map { $0 * $1 }).named("unsafe_view")
    }
  }

  /// Products summed over the last `dims` dimensions of this tensor and the first ones of the other, as `torch.tensordot`.
  /// - Shape: the dimensions that are left, first this tensor's.
  /// - Precondition: one dtype, not bool; the sizes agree.
  public func tensordot(_ b: Tensor, dims: Int = 2) -> Tensor {
    inOp("tensordot") {
      guard dims >= 0, dims <= ndim, dims <= b.ndim else {
        fault(
          "tensordot",
          "dims \(dims) are more than there are, or less than 0; got \(shape.brackets) and \(b.shape.brackets)")
      }
      return tensordot(b, dims: [Array(ndim - dims..<ndim), Array(0..<dims)])
    }
  }

  /// Products summed over pairs of dimensions, as `torch.tensordot`.
  /// - Parameter dims: dimensions of this tensor, then as many of the other.
  /// - Shape: the dimensions that are left, first this tensor's.
  /// - Precondition: one dtype, not bool; the sizes agree or one of them is 1.
  public func tensordot(_ b: Tensor, dims: [[Int]]) -> Tensor {
    inOp("tensordot") {
      guard dims.count == 2, dims[0].count == dims[1].count else {
        fault("tensordot", "wants two lists of equally many dims, got \(dims)")
      }
      guard dtype == b.dtype, dtype != .bool else {
        fault("tensordot", "wants two tensors of one dtype, not bool; got \(signature) and \(b.signature)")
      }
      func wrapped(_ dims: [Int], _ x: Tensor) -> [Int] {
        if dims.isEmpty { return [] }
        guard x.ndim > 0 else { fault("tensordot", "a 0-dim tensor has no dims to sum over, got \(dims)") }
        _ = reducedDims(dims, of: x, op: "tensordot")
        return dims.map { $0 < 0 ? $0 + x.ndim : $0 }
      }
      let left = wrapped(dims[0], self), right = wrapped(dims[1], b)
      var x = self, y = b
      for (i, j) in zip(left, right) where shape[i] != b.shape[j] {
        // A size of 1 stands for as many equal entries.
        if shape[i] == 1 {
          y = y.sum(dim: j, keepdim: true, dtype: dtype)
        } else if b.shape[j] == 1 {
          x = x.sum(dim: i, keepdim: true, dtype: dtype)
        } else {
          fault(
            "tensordot",
            "dim \(i) with size \(shape[i]) meets dim \(j) with size \(b.shape[j]); got \(shape.brackets) and \(b.shape.brackets)"
          )
        }
      }
      let rows = (0..<ndim).filter { !left.contains($0) }, columns = (0..<b.ndim).filter { !right.contains($0) }
      let inner = left.reduce(1) { $0 * x.shape[$1] }
      let m = rows.reduce(1) { $0 * shape[$1] }, n = columns.reduce(1) { $0 * b.shape[$1] }
      let product = x.permute(rows + left).reshape(m, inner).mm(y.permute(right + columns).reshape(inner, n))
      return product.view(rows.map { shape[$0] } + columns.map { b.shape[$0] })
    }
  }

  /// The sum of a matrix's diagonal, as `torch.trace`; whole numbers give int64.
  /// - Precondition: two dimensions; not bool.
  public func trace() -> Tensor {
    inOp("trace") {
      guard ndim == 2 else { fault("trace", "wants a matrix, got \(shape.brackets)") }
      guard dtype != .bool else { fault("trace", "takes numbers, not bool; convert with to(_:)") }
      return raised.diagonal().sum().named("trace")
    }
  }
}

/// The vectors that stand at right angles on pairs of vectors of three.
struct CrossProduct: Op {
  let dim: Int
  var name: StaticString { "linalg_cross" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let x = inputs[0].unbind(dim: dim), y = inputs[1].unbind(dim: dim)
    return [Tensor.stack([(1, 2), (2, 0), (0, 1)].map { i, j in x[i] * y[j] - x[j] * y[i] }, dim: dim)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0].expand(g.shape), y = saved[1].expand(g.shape)
    return [saved.needs(0) ? CrossProduct(dim: dim)(y, g) : nil, saved.needs(1) ? CrossProduct(dim: dim)(g, x) : nil]
  }
}

extension Tensor {
  /// The cross products of vectors of three along a dimension, as `torch.cross`. Broadcasts.
  /// - Parameter dim: nil for the first dimension of size 3.
  /// - Precondition: one dtype, not bool; equally many dimensions; `dim` has size 3.
  public func cross(_ other: Tensor, dim: Int? = nil) -> Tensor {
    inOp("cross") {
      guard let along = dim ?? shape.firstIndex(of: 3) else {
        fault("cross", "wants a dimension of size 3, got \(shape.brackets)")
      }
      return crossed(other, along, "cross")
    }
  }

  func crossed(_ other: Tensor, _ dim: Int, _ op: StaticString) -> Tensor {
    guard ndim == other.ndim else {
      fault(OpError(op, "wants equally many dimensions, got \(shape.brackets) and \(other.shape.brackets)"))
    }
    guard dtype == other.dtype, dtype != .bool else {
      fault(OpError(op, "wants two tensors of one dtype, not bool; got \(signature) and \(other.signature)"))
    }
    let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: op) }
    guard ndim > 0, shape[along] == 3, other.shape[along] == 3 else {
      fault(OpError(op, "dim \(along) must have size 3; got \(shape.brackets) and \(other.shape.brackets)"))
    }
    return CrossProduct(dim: along)(self, other)
  }
}
