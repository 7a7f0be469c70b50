// Running results and order along one dimension.

struct CumulativeSum: StructureOp {
  let dim: Int
  var name: StaticString { "cumsum" }

  func callAsFunction(_ x: Tensor) -> Tensor {
    inOp(name) {
      let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
      x.backend.scan(.sum, x.strided, dim: dim, into: out.strided, indices: nil)
      if x.isRecording { out.setHistory(StructureNode(self, of: x.strided.shared, edge: x.gradEdge)) }
      return out
    }
  }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor {
    if input.rank == 0 { return gradient }
    return gradient.flip(dims: [dim]).cumsum(dim: dim).flip(dims: [dim])
  }
}

struct CumulativeProduct: Op {
  let dim: Int
  var name: StaticString { "cumprod" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    let x = inputs[0]
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    x.backend.scan(.prod, x.strided, dim: dim, into: out.strided, indices: nil)
    return [out]
  }

  /// For each element the sum over later results of their product without it. A product of shifted runs keeps zeros right.
  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    if x.ndim == 0 { return [g] }
    let n = x.size(dim)
    var parts: [Tensor] = []
    let ones = Tensor.ones(reducedShape(x.shape, [dim], keepdim: true), dtype: x.dtype, device: x.device)
    for i in 0..<n {
      // Results i... with x[i] replaced by 1.
      let before = i == 0 ? ones : x.narrow(dim: dim, start: 0, length: i).prod(dim: dim, keepdim: true)
      let run = Tensor.cat([ones, x.narrow(dim: dim, start: i + 1, length: n - i - 1)], dim: dim).cumprod(dim: dim)
      parts.append((g.narrow(dim: dim, start: i, length: n - i) * (before * run)).sum(dim: dim, keepdim: true))
    }
    return [n == 0 ? Tensor.zeros(like: x) : Tensor.cat(parts, dim: dim)]
  }
}

/// Running extremes with their positions; the gradient goes back to those positions.
struct CumulativeExtreme: Op {
  let dim: Int, kernel: ScanKernel
  var name: StaticString { kernel == .max ? "cummax" : "cummin" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    let values = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    let indices = Tensor(shape: x.shape, dtype: .int64, device: x.device)
    x.backend.scan(kernel, x.strided, dim: dim, into: values.strided, indices: indices.strided)
    saving.constant(indices)
    return [values, indices]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    if g.ndim == 0 { return [g] }
    return [ScatterAdd(dim: dim)(Tensor.zeros(like: g), saved[0], g)]
  }
}

/// Running logarithms of sums of exponentials.
struct CumulativeLogSumExp: Op {
  let dim: Int
  var name: StaticString { "logcumsumexp" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    let x = inputs[0]
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    x.backend.scan(.logaddexp, x.strided, dim: dim, into: out.strided, indices: nil)
    return [out]
  }

  /// The sum over later results of gradient * exp(x - result), in logarithms so that nothing overflows: first the positive
  /// gradients, then the negative ones.
  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let given = gradients[0] else { return [] }
    let g = given.widened, x = saved[0].widened, y = saved[1].widened
    func part(_ logarithms: Tensor) -> Tensor {
      ((logarithms - y).flip(dims: [dim]).logcumsumexp(dim: dim).flip(dims: [dim]) + x).exp()
    }
    // No gradient counts as the lowest number: infinities would meet in the second derivative.
    let lowest = g.dtype == .float64 ? -Double.greatestFiniteMagnitude : -Double(Float.greatestFiniteMagnitude)
    let positive = g.log().where(g .> 0, lowest), negative = (-g).log().where(g .< 0, lowest)
    return [part(positive) - part(negative)]
  }
}

/// Sorted values with their positions; the gradient goes back to those positions.
struct Sort: Op {
  let dim: Int, descending: Bool
  /// Keep so many of the front.
  let limit: Int?
  let name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    let values: Tensor, indices: Tensor
    if let limit, x.ndim > 0 {
      var shape = x.shape
      shape[dim] = limit
      values = Tensor(shape: shape, dtype: x.dtype, device: x.device)
      indices = Tensor(shape: shape, dtype: .int64, device: x.device)
      x.backend.topk(x.strided, dim: dim, largest: descending, values: values.strided, indices: indices.strided)
    } else {
      values = Tensor.empty(like: x)
      indices = Tensor.empty(like: x, dtype: .int64)
      x.backend.sort(x.strided, dim: dim, descending: descending, values: values.strided, indices: indices.strided)
    }
    saving.constant(indices)
    return [values, indices]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let shape = saved.shape(of: 0)
    if shape.count == 0 { return [g] }
    return [ScatterAdd(dim: dim)(Tensor.zeros(shape, dtype: g.dtype, device: g.device), saved[0], g)]
  }
}

/// The order reversed along dimensions.
struct Flip: StructureOp {
  let dims: [Int]
  var name: StaticString { "flip" }

  func callAsFunction(_ x: Tensor) -> Tensor {
    inOp(name) {
      let out = Tensor.empty(like: x)
      // Read from the far end backwards.
      var source = x.strided.layout
      for dim in dims where x.shape[dim] > 0 {
        source.offset += (x.shape[dim] - 1) * source.strides[dim]
        source.strides[dim] = -source.strides[dim]
      }
      x.backend.copy(x.strided.with(source), into: out.strided)
      if x.isRecording { out.setHistory(StructureNode(self, of: x.strided.shared, edge: x.gradEdge)) }
      return out
    }
  }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient.flip(dims: dims) }
}

extension Tensor {
  /// Running sums along a dimension, as `torch.cumsum`; whole numbers give int64.
  public func cumsum(dim: Int, dtype: DType? = nil) -> Tensor {
    let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "cumsum") }
    return CumulativeSum(dim: dim)(to(dtype ?? (self.dtype.isFloatingPoint ? self.dtype : .int64)))
  }

  @discardableResult
  public func cumsum_(dim: Int, dtype: DType? = nil) -> Tensor {
    inOp("cumsum_") { copy_(cumsum(dim: dim, dtype: dtype ?? self.dtype)) }
  }

  /// Running products along a dimension, as `torch.cumprod`; whole numbers give int64.
  public func cumprod(dim: Int, dtype: DType? = nil) -> Tensor {
    let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "cumprod") }
    return CumulativeProduct(dim: dim)(to(dtype ?? (self.dtype.isFloatingPoint ? self.dtype : .int64)))
  }

  @discardableResult
  public func cumprod_(dim: Int, dtype: DType? = nil) -> Tensor {
    inOp("cumprod_") { copy_(cumprod(dim: dim, dtype: dtype ?? self.dtype)) }
  }

  /// Running logarithms of sums of exponentials along a dimension, without overflow, as `torch.logcumsumexp`.
  /// - Precondition: floating point.
  public func logcumsumexp(dim: Int) -> Tensor {
    let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "logcumsumexp") }
    guard dtype.isFloatingPoint else {
      fault("logcumsumexp", "takes floating point, not \(dtype.name); convert first, for instance with float()")
    }
    return CumulativeLogSumExp(dim: dim)(self)
  }

  /// Running maxima along a dimension with the positions they come from, as `torch.cummax`: of equal ones the last; NaN
  /// stays once met.
  public func cummax(dim: Int) -> (values: Tensor, indices: Tensor) { extremes(.max, "cummax", dim) }

  /// Running minima along a dimension with the positions they come from, as `torch.cummin`: of equal ones the last; NaN
  /// stays once met.
  public func cummin(dim: Int) -> (values: Tensor, indices: Tensor) { extremes(.min, "cummin", dim) }

  private func extremes(_ kernel: ScanKernel, _ op: StaticString, _ dim: Int) -> (values: Tensor, indices: Tensor) {
    let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: op) }
    let results = CumulativeExtreme(dim: dim, kernel: kernel).apply([self])
    return (results[0], results[1])
  }

  /// Values in order along a dimension with their positions, as `torch.sort`; equal ones keep their order, NaN is largest.
  /// - Parameter stable: whether equal ones must keep their order; here they always do.
  public func sort(dim: Int = -1, descending: Bool = false, stable: Bool = false) -> (values: Tensor, indices: Tensor) {
    let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "sort") }
    let results = Sort(dim: dim, descending: descending, limit: nil, name: "sort").apply([self])
    return (results[0], results[1])
  }

  /// The positions that would bring a dimension in order, as `torch.argsort`.
  public func argsort(dim: Int = -1, descending: Bool = false, stable: Bool = false) -> Tensor {
    inOp("argsort") { detach().sort(dim: dim, descending: descending).indices }
  }

  /// The `k` largest or smallest values along a dimension in order, with their positions, as `torch.topk`.
  /// - Precondition: `k` is at most the size of the dimension.
  public func topk(k: Int, dim: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor) {
    let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "topk") }
    if dtype == .bool { fault("topk", "takes numbers, not bool; convert with to(.uint8)") }
    let size = ndim == 0 ? 1 : shape[dim]
    guard k >= 0, k <= size else {
      fault("topk", "k \(k) is out of range for dim \(dim) with size \(size); got input \(shape.brackets)")
    }
    let results = Sort(dim: dim, descending: largest, limit: k, name: "topk").apply([self])
    return (results[0], results[1])
  }

  /// The order reversed along dimensions, as a copy, as `torch.flip`.
  public func flip(dims: [Int]) -> Tensor {
    Flip(dims: dims.isEmpty ? [] : reducedDims(dims, of: self, op: "flip"))(self)
  }

  /// Elements moved along dimensions, those at the end coming back at the front, as `torch.roll`.
  /// - Parameter dims: empty to roll the elements in row-major order, by one shift.
  /// - Precondition: as many shifts as dims.
  public func roll(shifts: [Int], dims: [Int] = []) -> Tensor {
    inOp("roll") {
      if dims.isEmpty {
        guard shifts.count == 1 else { fault("roll", "without dims wants 1 shift, got \(shifts)") }
        return flatten().roll(shifts: shifts, dims: [0]).view(shape)
      }
      guard shifts.count == dims.count else { fault("roll", "wants as many shifts as dims, got \(shifts) and \(dims)") }
      var result = self
      for (shift, dim) in zip(shifts, dims) {
        let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "roll") }
        let size = ndim == 0 ? 1 : shape[dim]
        if size == 0 { continue }
        let start = (size - shift % size) % size
        if start == 0 { continue }
        let back = result.narrow(dim: dim, start: start, length: size - start)
        result = Tensor.cat([back, result.narrow(dim: dim, start: 0, length: start)], dim: dim)
      }
      return result === self ? clone(memoryFormat: .contiguousFormat) : result
    }
  }
  /// As ``roll(shifts:dims:)-([Int],[Int])``, along one dimension.
  public func roll(shifts: Int, dims: Int) -> Tensor { roll(shifts: [shifts], dims: [dims]) }
  /// As ``roll(shifts:dims:)-([Int],[Int])``, in row-major order.
  public func roll(shifts: Int) -> Tensor { roll(shifts: [shifts]) }
}
