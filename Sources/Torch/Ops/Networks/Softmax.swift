// Softmax: exponentials that add up to one along a dimension.

struct Softmax: Op {
  let dim: Int
  let logarithm: Bool
  var name: StaticString { logarithm ? "log_softmax" : "softmax" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.output(0)
    let x = inputs[0]
    if x.ndim > 0, dim != x.ndim - 1, x.hasFusedSoftmax {
      let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
      CPUBackend.shared.softmax(x.contiguous().strided, along: dim, log: logarithm, into: out.strided)
      return [out]
    }
    return [
      alongLast(x) { x in
        let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
        x.backend.softmax(x.strided, log: logarithm, into: out.strided)
        return out
      }
    ]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [SoftmaxGradient(softmax: self)(g, saved[0])]
  }

  /// Brings the dimension last and rows together for the kernel, and back.
  func alongLast(_ x: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    if x.ndim == 0 || dim == x.ndim - 1 { return body(x.contiguous()) }
    return body(x.transpose(dim, -1).contiguous()).transpose(dim, -1).clone(memoryFormat: .contiguousFormat)
  }
}

struct SoftmaxGradient: Op {
  let softmax: Softmax
  var name: StaticString { softmax.logarithm ? "log_softmax_backward_data" : "softmax_backward_data" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let g = inputs[0], y = inputs[1]
    let dim = softmax.dim
    let last = y.ndim == 0 || dim == y.ndim - 1
    let rows = last ? g.contiguous() : g.transpose(dim, -1).contiguous()
    let output = last ? y.contiguous() : y.transpose(dim, -1).contiguous()
    let out = Tensor(shape: rows.shape, dtype: y.dtype, device: y.device)
    out.backend.softmaxGradient(rows.strided, output: output.strided, log: softmax.logarithm, into: out.strided)
    return [last ? out : out.transpose(dim, -1).contiguous()]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gg = gradients[0] else { return [] }
    let g = saved[0], y = saved[1]
    let dim = softmax.dim
    if softmax.logarithm {
      // out = g - exp(y) * sum(g)
      let p = y.exp()
      let forG = saved.needs(0) ? gg - (gg * p).sum(dim: dim, keepdim: true) : nil
      let forY = saved.needs(1) ? -(gg * p) * g.sum(dim: dim, keepdim: true) : nil
      return [forG, forY]
    }
    // out = y * (g - sum(g * y))
    let inner = (gg * y).sum(dim: dim, keepdim: true)
    let forG = saved.needs(0) ? y * (gg - inner) : nil
    let forY = saved.needs(1) ? gg * (g - (g * y).sum(dim: dim, keepdim: true)) - g * inner : nil
    return [forG, forY]
  }
}

struct LogSumExp: Op {
  let dims: [Int], keepdim: Bool
  var name: StaticString { "logsumexp" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    let x = inputs[0]
    if dims == [x.ndim - 1], x.numel() > 0, x.hasFusedSoftmax {
      let out = Tensor(shape: reducedShape(x.shape, dims, keepdim: keepdim), dtype: x.dtype, device: x.device)
      CPUBackend.shared.logSumExp(x.contiguous().strided, into: out.strided)
      return [out]
    }
    if x.numel() == 0 { return [x.exp().sum(dim: dims, keepdim: keepdim).log()] }
    let top = x.amax(dim: dims, keepdim: true)
    let shift = top.where(top.isfinite(), 0)
    let sum = (x - shift).exp().sum(dim: dims, keepdim: true).log() + shift
    return [keepdim ? sum : sum.view(reducedShape(x.shape, dims, keepdim: false))]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    func wide(_ y: Tensor) -> Tensor { keepdim ? y : y.view(reducedShape(x.shape, dims, keepdim: true)) }
    return [wide(g) * (x - wide(saved[1])).exp()]
  }
}

extension Tensor {
  /// Whether the processor has softmax of these numbers in one pass, also across rows.
  fileprivate var hasFusedSoftmax: Bool {
    backends.cpu.fusedSoftmax && device == .cpu && (dtype == .float32 || dtype == .float64)
  }

  /// Exponentials that add up to one along a dimension, as `torch.softmax`.
  /// - Parameter dtype: convert to it first.
  /// - Precondition: floating point, or `dtype` is given.
  public func softmax(dim: Int, dtype: DType? = nil) -> Tensor { softmax(dim, dtype, logarithm: false) }

  /// The logarithm of ``softmax(dim:dtype:)``, computed without overflow, as `torch.log_softmax`.
  public func logSoftmax(dim: Int, dtype: DType? = nil) -> Tensor { softmax(dim, dtype, logarithm: true) }

  private func softmax(_ dim: Int, _ dtype: DType?, logarithm: Bool) -> Tensor {
    let op: StaticString = logarithm ? "log_softmax" : "softmax"
    let x = dtype.map { to($0) } ?? self
    guard x.dtype.isFloatingPoint else {
      fault(OpError(op, "takes floating point, not \(x.dtype.name); convert first, for instance with float()"))
    }
    let along = checked { () throws(OpError) in try x.strided.layout.wrap(dim, op: op) }
    return Softmax(dim: along, logarithm: logarithm)(x)
  }

  /// log(sum(exp)) over dimensions, computed without overflow, as `torch.logsumexp`.
  public func logsumexp(dim: [Int], keepdim: Bool = false) -> Tensor {
    let dims = reducedDims(dim, of: self, op: "logsumexp")
    return LogSumExp(dims: dims, keepdim: keepdim)(dtype.isFloatingPoint ? self : float())
  }
  public func logsumexp(dim: Int, keepdim: Bool = false) -> Tensor { logsumexp(dim: [dim], keepdim: keepdim) }
}
