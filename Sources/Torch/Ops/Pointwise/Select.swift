// Choosing between two tensors.

struct Where: Op {
  /// Whether the result lies row-major whatever the operands do, as where a tensor is filled.
  var isRowMajor = false
  var name: StaticString { "where" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let condition = inputs[0]
    guard condition.dtype == .bool else {
      fault("where", "the condition must be bool, got \(condition.dtype.name); compare it first")
    }
    let dtype = promotedType([inputs[1], inputs[2]])
    let shape = checked { () throws(OpError) in
      try Layout.broadcast(
        Layout.broadcast(condition.shape, inputs[1].shape, op: name), inputs[2].shape, op: name)
    }
    let backend = condition.backend
    let operands = [condition.strided.layout, inputs[1].strided.layout(as: dtype), inputs[2].strided.layout(as: dtype)]
    let canonical = operands.allSatisfy { $0.shape == shape && $0.isContiguous }
    let layout =
      canonical || isRowMajor
      ? Layout(contiguous: shape) : .ofPointwise(shape, operands.map { $0.stridesBroadcast(to: shape) })
    let out = Tensor(backend.allocate(layout, dtype: dtype))
    func operand(_ x: Tensor) -> Strided {
      backend.cast(onDevice(x, condition.device), to: dtype).broadcast(to: shape)
    }
    backend.select(condition.strided.broadcast(to: shape), operand(inputs[1]), operand(inputs[2]), into: out.strided)
    saving.constant(condition)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let condition = saved[0]
    return [
      nil, saved.needs(1) ? Tensor.where(condition, g, Tensor.zeros([], dtype: g.dtype)) : nil,
      saved.needs(2) ? Tensor.where(condition, Tensor.zeros([], dtype: g.dtype), g) : nil,
    ]
  }
}

extension Tensor {
  /// `x` where the condition holds, else `y`, as `torch.where`. Broadcasts.
  /// - Precondition: `condition` is bool.
  public static func `where`(_ condition: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor { Where()(condition, x, y) }
  public static func `where`(_ condition: Tensor, _ x: Tensor, _ y: some TensorScalar) -> Tensor {
    Where()(condition, x, .number(y.scalar))
  }
  public static func `where`(_ condition: Tensor, _ x: some TensorScalar, _ y: Tensor) -> Tensor {
    Where()(condition, .number(x.scalar), y)
  }
  public static func `where`(_ condition: Tensor, _ x: some TensorScalar, _ y: some TensorScalar) -> Tensor {
    Where()(condition, .number(x.scalar), .number(y.scalar))
  }

  /// The elements where the condition holds, elsewhere those of `other`, as `torch.Tensor.where`.
  public func `where`(_ condition: Tensor, _ other: Tensor) -> Tensor { Where()(condition, self, other) }
  public func `where`(_ condition: Tensor, _ other: some TensorScalar) -> Tensor {
    Where()(condition, self, .number(other.scalar))
  }

  /// `value` where the mask holds, as `torch.Tensor.masked_fill`. The mask broadcasts.
  /// - Precondition: the mask is bool.
  public func maskedFill(_ mask: Tensor, value: some TensorScalar) -> Tensor {
    inOp("masked_fill") {
      value.scalar.checkFits(dtype, op: "masked_fill", strictly: true)
      return Where(isRowMajor: true)(mask, Tensor.full([], value, dtype: dtype), self).named("masked_fill")
    }
  }
  /// As ``maskedFill(_:value:)-(Tensor,TensorScalar)``, with a 0-dim tensor.
  public func maskedFill(_ mask: Tensor, value: Tensor) -> Tensor {
    inOp("masked_fill") {
      guard value.ndim == 0 else { fault("masked_fill", "the value must be 0-dim, got shape \(value.shape.brackets)") }
      return Where(isRowMajor: true)(mask, value.to(dtype), self).named("masked_fill.1")
    }
  }
  @discardableResult
  public func maskedFill_(_ mask: Tensor, value: some TensorScalar) -> Tensor {
    inOp("masked_fill_") { copy_(maskedFill(mask, value: value)).namedWrite("masked_fill") }
  }
  @discardableResult
  public func maskedFill_(_ mask: Tensor, value: Tensor) -> Tensor {
    inOp("masked_fill_") { copy_(maskedFill(mask, value: value)) }
  }
}
