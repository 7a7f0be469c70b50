// The straight way from one tensor to another.

/// `x + weight * (end - x)`, computed from the nearer end so that weights 0 and 1 give the ends exactly.
struct Lerp: Op {
  /// The weight of all elements, or nil: a third operand holds them.
  let weight: Double?
  var name: StaticString { "lerp" }
  var node: StaticString { weight == nil ? "lerp.1" : "lerp" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let dtype = inputs[0].dtype
    guard dtype.isFloatingPoint else {
      fault("lerp", "takes floating point, not \(dtype.name); convert first with float()")
    }
    for (index, operand) in inputs.enumerated() where operand.dtype != dtype {
      if index == 2 && operand.ndim == 0 { continue }
      fault("lerp", "operands have different dtypes, \(dtype.name) and \(operand.dtype.name); convert one")
    }
    if weight == nil { for index in inputs.indices { saving.input(index) } }
    // Half types are rounded once, at the end.
    let wide = dtype.widened
    let x = inputs[0].to(wide), end = inputs[1].to(wide), way = end - x
    if let weight {
      let result = Swift.abs(weight) < 0.5 ? x.add(way, alpha: weight) : end.sub(way, alpha: 1 - weight)
      return [result.to(dtype)]
    }
    let w = inputs[2].to(wide)
    return [Tensor.where(w.abs() .< 0.5, x + w * way, end - way * (1 - w)).to(dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    if let weight { return [saved.needs(0) ? g * (1 - weight) : nil, saved.needs(1) ? g * weight : nil] }
    let w = saved[2]
    return [
      saved.needs(0) ? g * (1 - w) : nil, saved.needs(1) ? g * w : nil,
      saved.needs(2) ? g * (saved[1] - saved[0]) : nil,
    ]
  }
}

extension Tensor {
  /// `self + weight * (end - self)`, as `torch.lerp`. Broadcasts.
  /// - Precondition: both are floating point of one dtype.
  public func lerp(_ end: Tensor, weight: Double) -> Tensor { Lerp(weight: weight)(self, end) }
  /// `self + weight * (end - self)` with a weight for every element, as `torch.lerp`. Broadcasts.
  /// - Precondition: all are floating point of one dtype; a 0-dim weight may have another.
  public func lerp(_ end: Tensor, weight: Tensor) -> Tensor { Lerp(weight: nil)(self, end, weight) }
  @discardableResult public func lerp_(_ end: Tensor, weight: Double) -> Tensor {
    inOp("lerp_") { copyInPlace(lerp(end, weight: weight), "lerp") }
  }
  @discardableResult public func lerp_(_ end: Tensor, weight: Tensor) -> Tensor {
    inOp("lerp_") { copyInPlace(lerp(end, weight: weight), "lerp") }
  }
}
