// Pointwise ops of three operands that broadcast.

/// `x + value * y * z`, in the dtype that all three promote to.
struct AddProduct: Op {
  let value: Scalar
  var name: StaticString { "addcmul" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(1)
    saving.input(2)
    let dtype = promotedType(inputs)
    if dtype.isHalf { return rounded(inputs, from: .float32, to: dtype) }
    let y = BinaryOp.mul(inputs[1].to(dtype), value)
    if dtype == .float32, inputs.contains(where: { $0.dtype != dtype }) {
      // Mixed dtypes, which are cast anyway, are added without rounding the product first, as PyTorch does.
      return [(inputs[0].to(.float64) + y.to(.float64) * inputs[2].to(.float64)).to(dtype)]
    }
    return [inputs[0].to(dtype) + y * inputs[2].to(dtype)]
  }

  /// Half types are rounded once, at the end.
  private func rounded(_ inputs: [Tensor], from wide: DType, to dtype: DType) -> [Tensor] {
    [(inputs[0].to(wide) + BinaryOp.mul(inputs[1].to(wide), value) * inputs[2].to(wide)).to(dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [
      saved.needs(0) ? g : nil, saved.needs(1) ? g * BinaryOp.mul(saved[1], value) : nil,
      saved.needs(2) ? g * BinaryOp.mul(saved[0], value) : nil,
    ]
  }
}

/// `x + value * y / z`, in the dtype that all three promote to.
struct AddQuotient: Op {
  let value: Scalar
  var name: StaticString { "addcdiv" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(1)
    saving.input(2)
    guard inputs[1].dtype.isFloatingPoint || inputs[2].dtype.isFloatingPoint else {
      fault("addcdiv", "a quotient of whole numbers; convert one to floating point, or use addcmul with a reciprocal")
    }
    let dtype = promotedType(inputs)
    // Half types are rounded once, at the end.
    let wide = dtype.widened
    return [(inputs[0].to(wide) + BinaryOp.mul(inputs[1].to(wide), value) / inputs[2].to(wide)).to(dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let y = saved[0], z = saved[1]
    return [
      saved.needs(0) ? g : nil, saved.needs(1) ? g * (BinaryOp.div(Tensor.number(value), z)) : nil,
      saved.needs(2) ? -g * (BinaryOp.mul(y, value) / (z * z)) : nil,
    ]
  }
}

/// Held between tensors of bounds. Where the bounds cross, the upper one counts and takes the gradient.
struct ClampWithin: Op {
  let hasMin: Bool, hasMax: Bool
  var name: StaticString { "clamp" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    for index in inputs.indices { saving.input(index) }
    let dtype = promotedType(inputs)
    guard dtype != .bool else { fault("clamp", "takes numbers, not bool; convert with to(.uint8)") }
    var result = inputs[0].to(dtype)
    if hasMin { result = result.maximum(inputs[1].to(dtype)) }
    if hasMax { result = result.minimum(inputs[inputs.count - 1].to(dtype)) }
    return [result]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], low = saved[1]
    guard hasMin && hasMax else {
      // Beside NaN both operands get the whole gradient.
      let held = hasMin ? x .< low : x .> low, free = hasMin ? x .> low : x .< low
      let share = shared(g, x .== low)
      return [share.where(held.logicalNot(), 0), share.where(free.logicalNot(), 0)]
    }
    // On a bound the two share the gradient, but where the bounds meet.
    let high = saved[2]
    let apart = low .< high
    let onLow = (x .== low).logicalAnd(apart), onHigh = (x .== high).logicalAnd(apart)
    let share = shared(g, onLow.logicalOr(onHigh))
    let inside = (x .>= low).logicalAnd(x .<= high)
    let below = (x .< low).logicalAnd(low .<= high).logicalOr(onLow)
    let above = (x .> high).logicalOr(high .< low).logicalOr(onHigh)
    return [inside, below, above].map { share.where($0, 0) }
  }
}
