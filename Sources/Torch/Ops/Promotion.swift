// Which dtype and device mixed operands meet on.

/// The result dtype of tensors, as `torch.result_type`.
func promotedType(_ tensors: [Tensor]) -> DType {
  var state = DType.PromotionState()
  for tensor in tensors {
    state.add(tensor.dtype, isZeroDim: tensor.ndim == 0, isNumber: tensor.flags.contains(.number))
  }
  return state.result
}

/// The result dtype of two tensors.
@inline(__always)
func promotedType(_ x: Tensor, _ y: Tensor) -> DType {
  x.dtype == y.dtype ? x.dtype : promotedType([x, y])
}

/// The result dtype of a tensor beside a plain number: the number only decides where its category is higher.
@inline(__always)
func promotedType(_ x: Tensor, _ number: Scalar) -> DType {
  if number.dtype.category <= x.dtype.category && !x.flags.contains(.number) { return x.dtype }
  var state = DType.PromotionState()
  state.add(x.dtype, isZeroDim: x.ndim == 0, isNumber: x.flags.contains(.number))
  state.add(number.dtype, isZeroDim: true, isNumber: true)
  return state.result
}

/// The device operands share; a 0-dim CPU tensor may stand beside any.
@inline(__always)
func commonDevice(_ x: Tensor, _ y: Tensor) -> Device {
  if x.device == y.device { return x.device }
  if x.ndim == 0 && x.device == .cpu { return y.device }
  if y.ndim == 0 && y.device == .cpu { return x.device }
  differentDevices(x.device, y.device)
}

/// The body of an operand on the device that an op computes on: a 0-dim CPU tensor is copied there, others must be there.
@inline(__always)
func onDevice(_ x: Tensor, _ device: Device) -> Strided {
  if x.device == device { return x.strided }
  guard x.ndim == 0 && x.device == .cpu else { differentDevices(device, x.device) }
  // A plain number comes as float64, which not every device has.
  let fits = x.dtype != .float64 || Backends.opened(device).hasFloat64
  return (fits ? x : x.to(.float32)).to(device).strided
}

func copyOf(_ x: Strided, _ backend: any Backend) -> Strided {
  let out = backend.allocate(Layout(contiguous: x.shape), dtype: x.dtype)
  backend.copy(x, into: out)
  return out
}

extension Tensor {
  /// A plain number as a 0-dim tensor whose dtype is weak in promotion.
  static func number(_ scalar: Scalar) -> Tensor {
    let dtype: DType = if case .double = scalar { .float64 } else { scalar.dtype }
    let result = Tensor(shape: [], dtype: dtype)
    result.backend.fill(result.strided, with: scalar)
    result.flags.insert(.number)
    return result
  }
}

extension Tensor {
  /// Half types as float32, in which PyTorch computes them; others as they are.
  package var widened: Tensor { to(dtype.widened) }
}

/// Two tensors in the dtype that both promote to, expanded to the shape they broadcast to.
package func broadcastPair(_ x: Tensor, _ y: Tensor, op: StaticString) -> (Tensor, Tensor) {
  let dtype = promotedType(x, y)
  let shape = checked { () throws(OpError) in try Layout.broadcast(x.shape, y.shape, op: op) }
  return (x.to(dtype).expand(shape), y.to(dtype).expand(shape))
}
