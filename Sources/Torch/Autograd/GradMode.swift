import CTorchRuntime

/// Runs `body` without recording gradients, as `torch.no_grad()`.
///
/// The switch belongs to the calling thread and does not follow a task across `await`; the block is synchronous.
/// - Returns: what `body` returns; as in `noGrad { weight.zero_() }` nobody needs to ask for it.
@inline(__always) @discardableResult
public func noGrad<R, E>(_ body: () throws(E) -> R) throws(E) -> R { try gradMode(false, body) }

/// Runs `body` with recording on, inside a ``noGrad(_:)``, as `torch.enable_grad()`.
@inline(__always) @discardableResult
public func enableGrad<R, E>(_ body: () throws(E) -> R) throws(E) -> R { try gradMode(true, body) }

/// Runs `body` with recording on or off, as `torch.set_grad_enabled()`.
@inline(__always) @discardableResult
public func setGradEnabled<R, E>(_ enabled: Bool, _ body: () throws(E) -> R) throws(E) -> R {
  try gradMode(enabled, body)
}

/// Whether operations on this thread record gradients, as `torch.is_grad_enabled()`.
public func isGradEnabled() -> Bool { ct_grad_enabled() }

/// Runs `body` without recording or version tracking, as `torch.inference_mode()`.
///
/// Tensors made inside can never take part in recording; use ``Tensor/clone(memoryFormat:)`` outside to get one that can.
@discardableResult
public func inferenceMode<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
  let before = ct_inference_mode()
  ct_set_inference_mode(true)
  defer { ct_set_inference_mode(before) }
  return try gradMode(false, body)
}

/// Whether this thread is in inference mode.
public func isInferenceModeEnabled() -> Bool { ct_inference_mode() }

@inline(__always)
func gradMode<R, E>(_ enabled: Bool, _ body: () throws(E) -> R) throws(E) -> R {
  let before = ct_grad_enabled()
  ct_set_grad_enabled(enabled)
  defer { ct_set_grad_enabled(before) }
  return try body()
}
