// Many elements to few: sums, means, extremes.

/// The dimensions a reduction works on, wrapped and in order; none given means all.
func reducedDims(_ dims: [Int], of x: Tensor, op: StaticString) -> [Int] {
  if dims.isEmpty { return Array(0..<x.ndim) }
  var result: [Int] = []
  for dim in dims {
    let dim = checked { () throws(OpError) in try x.strided.layout.wrap(dim, op: op) }
    if result.contains(dim) { fault(OpError(op, "dim \(dim) appears more than once in \(dims)")) }
    if x.ndim > 0 { result.append(dim) }
  }
  return result.sorted()
}

/// The shape with the reduced dimensions at size one, or gone.
func reducedShape(_ shape: Shape, _ dims: [Int], keepdim: Bool) -> Shape {
  var kept = shape
  for dim in dims { kept[dim] = 1 }
  if keepdim { return kept }
  return Shape((0..<shape.count).filter { !dims.contains($0) }.map { shape[$0] })
}

/// Runs a reduction kernel into a fresh tensor.
func reduceKernel(_ kernel: ReduceKernel, _ x: Tensor, _ dims: [Int], keepdim: Bool) -> Tensor {
  let kept = reducedShape(x.shape, dims, keepdim: true)
  let out = x.backend.allocate(Layout(contiguous: kept), dtype: x.dtype)
  x.backend.reduce(kernel, x.strided, into: out)
  let shape = keepdim ? kept : reducedShape(x.shape, dims, keepdim: false)
  return Tensor(out.with(Layout(contiguous: shape)))
}

extension Tensor {
  /// A gradient of a reduction stretched back over the dimensions that were reduced.
  func restored(_ dims: [Int], keepdim: Bool, to shape: Shape) -> Tensor {
    (keepdim ? self : view(reducedShape(shape, dims, keepdim: true))).expand(shape)
  }

  /// The sum over the dimensions that broadcasting stretched, in the target's shape; nil where shapes do not fit.
  func summed(toFit target: Shape) -> Tensor? {
    if shape == target { return self }
    let lead = ndim - target.count
    guard lead >= 0 else {
      // A gradient may also be smaller where it was computed from stretched operands.
      guard let wide = try? Layout.broadcast(shape, target, op: "expand"), wide == target else { return nil }
      return expand(target)
    }
    var dims = Array(0..<lead)
    for i in 0..<target.count where target[i] != shape[lead + i] {
      if target[i] == 1 { dims.append(lead + i) } else if shape[lead + i] != 1 { return nil }
    }
    var result = dims.isEmpty ? self : sum(dim: dims, keepdim: true)
    if lead > 0 { result = result.reshape(Array(result.shape.dropFirst(lead))) }
    return result.shape == target ? result : result.expand(target)
  }
}

struct Sum: StructureOp {
  let dims: [Int], keepdim: Bool
  /// Whether dimensions were named, which is another overload in PyTorch.
  let isAlong: Bool
  var name: StaticString { "sum" }
  var node: StaticString { isAlong ? "sum.1" : "sum" }

  func callAsFunction(_ x: Tensor, dtype: DType?) -> Tensor {
    inOp(name) {
      let wide = x.to(dtype ?? (x.dtype.isFloatingPoint ? x.dtype : .int64))
      let out = reduceKernel(.sum, wide, dims, keepdim: keepdim)
      if wide.isRecording { out.setHistory(StructureNode(self, of: wide.strided.shared, edge: wide.gradEdge)) }
      return out
    }
  }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor {
    gradient.restored(dims, keepdim: keepdim, to: input.shape)
  }
}

struct Mean: StructureOp {
  let dims: [Int], keepdim: Bool
  let isAlong: Bool
  var name: StaticString { "mean" }
  var node: StaticString { isAlong ? "mean.1" : "mean" }

  func count(_ shape: Shape) -> Int { dims.reduce(1) { $0 * shape[$1] } }

  func callAsFunction(_ x: Tensor) -> Tensor {
    inOp(name) {
      guard x.dtype.isFloatingPoint else {
        fault("mean", "takes floating point, not \(x.dtype.name); convert first, for instance with float()")
      }
      // Half types add up in float32, or a sum would overflow before it is divided.
      let total = noGrad { reduceKernel(.sum, x.widened, dims, keepdim: keepdim) }
      noGrad { total.div_(count(x.shape)) }
      let out = x.dtype.isHalf ? noGrad { total.to(x.dtype) } : total
      if x.isRecording { out.setHistory(StructureNode(self, of: x.strided.shared, edge: x.gradEdge)) }
      return out
    }
  }

  func backward(_ gradient: Tensor, input: Layout) -> Tensor {
    stretched(gradient, input.shape)
      ?? gradient.restored(dims, keepdim: keepdim, to: input.shape) / count(input.shape)
  }

  /// The gradient of means of many short rows that lie side by side; nil for others, and where it is recorded.
  private func stretched(_ g: Tensor, _ shape: Shape) -> Tensor? {
    let columns = count(shape), first = dims.filter { shape[$0] > 1 }.min() ?? shape.count
    guard !g.isRecording, g.device == .cpu, g.dtype == .float32 || g.dtype == .float64, g.numel() >= 64,
      (2...1024).contains(columns), (first..<shape.count).allSatisfy({ shape[$0] == 1 || dims.contains($0) })
    else { return nil }
    let out = Tensor(shape: shape, dtype: g.dtype, device: .cpu)
    CPUBackend.shared.stretch((g.contiguous() / columns).strided, into: out.strided)
    return out
  }
}

/// The variance over dimensions, divided by count - correction.
struct Variance: Op {
  let dims: [Int], keepdim: Bool, correction: Double
  var name: StaticString { "var" }

  private func divisor(_ shape: Shape) -> Double { max(Double(dims.reduce(1) { $0 * shape[$1] }) - correction, 0) }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    return [unrounded(inputs[0]).to(inputs[0].dtype)]
  }

  /// The variance of half types as float32.
  func unrounded(_ input: Tensor) -> Tensor {
    let x = input.widened
    if let spread = quickSpread(x) { return spread }
    let centered = x - x.mean(dim: dims, keepdim: true)
    return centered.square().sum(dim: dims, keepdim: keepdim) / divisor(x.shape)
  }

  /// The same in one pass, of all numbers or of those of the last dimensions; nil where they do not lie side by side.
  private func quickSpread(_ x: Tensor) -> Tensor? {
    let first = x.ndim - dims.count, columns = x.shape[first...].reduce(1, *)
    guard x.device == .cpu, x.dtype == .float32 || x.dtype == .float64, columns >= 16, x.numel() > 0 else { return nil }
    let shape = reducedShape(x.shape, dims, keepdim: keepdim)
    if first == 0 {
      // In whatever order they lie.
      let strides = x.stride(), order = (0..<x.ndim).sorted { strides[$0] > strides[$1] }
      let line = x.strided.isContiguous ? x : x.permute(order)
      guard line.strided.isContiguous else { return nil }
      return Tensor.full(Array(shape), CPUBackend.shared.spread(of: line.strided) / divisor(x.shape), dtype: x.dtype)
    }
    guard x.strided.isContiguous, dims.sorted() == Array(first..<x.ndim) else { return nil }
    let rows = Shape([x.numel() / columns])
    let (mean, spread) = (
      Tensor(shape: rows, dtype: .float64, device: .cpu), Tensor(shape: rows, dtype: .float64, device: .cpu)
    )
    CPUBackend.shared.rowMoments(x.strided, mean: mean.strided, spread: spread.strided)
    return (spread / divisor(x.shape)).to(x.dtype).view(Array(shape))
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    let wide = keepdim ? g : g.view(reducedShape(x.shape, dims, keepdim: true))
    return [(wide * (2 / divisor(x.shape))) * (x - x.mean(dim: dims, keepdim: true))]
  }
}

/// The standard deviation; its gradient is 0 where the deviation is.
struct StandardDeviation: Op {
  let variance: Variance
  var name: StaticString { "std" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    return [variance.unrounded(inputs[0]).sqrt().to(inputs[0].dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let std = saved[1]
    let x = saved[0]
    let outer = (g / (std * 2)).where(std .!= 0, 0)
    let count = Double(variance.dims.reduce(1) { $0 * x.shape[$1] })
    let wide = variance.keepdim ? outer : outer.view(reducedShape(x.shape, variance.dims, keepdim: true))
    let centered = x - x.mean(dim: variance.dims, keepdim: true)
    return [(wide * (2 / (count - variance.correction))) * centered]
  }
}

/// The largest or smallest values; equal ones share the gradient.
struct Extreme: Op {
  let kernel: ReduceKernel
  let dims: [Int], keepdim: Bool
  let name: StaticString
  let node: StaticString
  var findsNaN = false

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    if dims.contains(where: { inputs[0].shape[$0] == 0 }) {
      fault(OpError(name, "there is no extreme of nothing; got input \(inputs[0].shape.brackets)"))
    }
    return [reduceKernel(kernel, inputs[0], dims, keepdim: keepdim)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    let extreme = saved[1].restored(dims, keepdim: keepdim, to: x.shape)
    // PyTorch's max() finds NaN again; its amax does not, and the gradient is NaN.
    let equal = x.eq(extreme)
    let finds = findsNaN
    let hits = (finds ? equal.logicalOr(x.isnan().logicalAnd(extreme.isnan())) : equal).to(g.dtype)
    return [g.restored(dims, keepdim: keepdim, to: x.shape) * hits / hits.sum(dim: dims, keepdim: true)]
  }
}

/// The largest or smallest values along one dimension with their positions; the gradient goes to those positions.
struct ExtremeAlong: Op {
  let kernel: ReduceKernel
  let dim: Int, keepdim: Bool
  let name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    let positions = x.argExtreme(kernel, dim: dim, keepdim: true, op: name)
    saving.constant(positions)
    let values = x.ndim == 0 ? x.clone() : x.gather(dim: dim, index: positions)
    if keepdim || x.ndim == 0 { return [values, positions] }
    return [values.squeeze(dim).detach(), positions.squeeze(dim).detach()]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    saved.gradientOfPicks(gradients[0], dim: dim, keepdim: keepdim)
  }
}

extension Saved {
  /// The gradient of an op that picks one element of each line; where, was kept first.
  func gradientOfPicks(_ gradient: Tensor?, dim: Int, keepdim: Bool) -> [Tensor?] {
    guard let g = gradient else { return [] }
    let shape = shape(of: 0)
    if shape.count == 0 { return [g] }
    let zeros = Tensor.zeros(shape, dtype: g.dtype, device: g.device)
    return [zeros.scatterAdd(dim: dim, index: self[0], src: keepdim ? g : g.unsqueeze(dim))]
  }
}

struct Product: Op {
  let dims: [Int], keepdim: Bool
  let isAlong: Bool
  var name: StaticString { "prod" }
  var node: StaticString { isAlong ? "prod.1" : "prod" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    return [reduceKernel(.prod, inputs[0], dims, keepdim: keepdim)]
  }

  /// The product of all others, by products from both ends: right where there are zeros.
  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    if x.ndim == 0 { return [g] }
    let flat = dims.count == 1 ? x : x.reshape(-1)
    let dim = dims.count == 1 ? dims[0] : 0
    let ones = Tensor.ones(reducedShape(flat.shape, [dim], keepdim: true), dtype: x.dtype, device: x.device)
    let n = flat.size(dim)
    if n == 0 { return [Tensor.zeros(like: x)] }
    let before = Tensor.cat([ones, flat.narrow(dim: dim, start: 0, length: n - 1)], dim: dim).cumprod(dim: dim)
    let after = Tensor.cat([ones, flat.flip(dims: [dim]).narrow(dim: dim, start: 0, length: n - 1)], dim: dim).cumprod(
      dim: dim
    ).flip(dims: [dim])
    return [g.restored(dims, keepdim: keepdim, to: x.shape) * (before * after).reshape(x.shape)]
  }
}

extension Tensor {
  /// Sums over dimensions, all by default, as `torch.sum`; whole numbers and bool give int64.
  /// - Parameters:
  ///   - keepdim: keep the reduced dimensions with size one.
  ///   - dtype: convert to it before adding.
  public func sum(dim: [Int] = [], keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    let op = Sum(
      dims: reducedDims(dim, of: self, op: "sum"), keepdim: keepdim, isAlong: keepdim || !dim.isEmpty)
    return op(self, dtype: dtype)
  }
  public func sum(dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    sum(dim: [dim], keepdim: keepdim, dtype: dtype)
  }

  /// Means over dimensions, all by default, as `torch.mean`.
  /// - Precondition: floating point.
  public func mean(dim: [Int] = [], keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    let op = Mean(
      dims: reducedDims(dim, of: self, op: "mean"), keepdim: keepdim, isAlong: keepdim || !dim.isEmpty)
    return op(dtype.map { to($0) } ?? self)
  }
  public func mean(dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    mean(dim: [dim], keepdim: keepdim, dtype: dtype)
  }

  /// Variances over dimensions, all by default, as `torch.var`.
  /// - Parameter correction: subtracted from the count; 1 gives the unbiased estimate.
  public func `var`(dim: [Int] = [], correction: Double = 1, keepdim: Bool = false) -> Tensor {
    Variance(dims: reducedDims(dim, of: floating("var"), op: "var"), keepdim: keepdim, correction: correction)(self)
  }
  public func `var`(dim: Int, correction: Double = 1, keepdim: Bool = false) -> Tensor {
    self.var(dim: [dim], correction: correction, keepdim: keepdim)
  }
  public func `var`(dim: [Int] = [], unbiased: Bool, keepdim: Bool = false) -> Tensor {
    self.var(dim: dim, correction: unbiased ? 1 : 0, keepdim: keepdim)
  }
  public func `var`(dim: Int, unbiased: Bool, keepdim: Bool = false) -> Tensor {
    self.var(dim: [dim], unbiased: unbiased, keepdim: keepdim)
  }

  /// Standard deviations over dimensions, all by default, as `torch.std`.
  /// - Parameter correction: subtracted from the count; 1 gives the unbiased estimate.
  public func std(dim: [Int] = [], correction: Double = 1, keepdim: Bool = false) -> Tensor {
    let dims = reducedDims(dim, of: floating("std"), op: "std")
    return StandardDeviation(variance: Variance(dims: dims, keepdim: keepdim, correction: correction))(self)
  }
  public func std(dim: Int, correction: Double = 1, keepdim: Bool = false) -> Tensor {
    std(dim: [dim], correction: correction, keepdim: keepdim)
  }
  public func std(dim: [Int] = [], unbiased: Bool, keepdim: Bool = false) -> Tensor {
    std(dim: dim, correction: unbiased ? 1 : 0, keepdim: keepdim)
  }
  public func std(dim: Int, unbiased: Bool, keepdim: Bool = false) -> Tensor {
    std(dim: [dim], unbiased: unbiased, keepdim: keepdim)
  }

  /// Variance and mean along dimensions, as `torch.var_mean`.
  /// - Parameter correction: what is taken off the number of elements.
  public func varMean(dim: [Int] = [], correction: Double = 1, keepdim: Bool = false)
    -> (variance: Tensor, mean: Tensor)
  {
    inOp("var_mean") {
      (self.var(dim: dim, correction: correction, keepdim: keepdim), mean(dim: dim, keepdim: keepdim))
    }
  }
  /// As ``varMean(dim:correction:keepdim:)-([Int],Double,Bool)``, along one dimension.
  public func varMean(dim: Int, correction: Double = 1, keepdim: Bool = false) -> (variance: Tensor, mean: Tensor) {
    varMean(dim: [dim], correction: correction, keepdim: keepdim)
  }
  /// As ``varMean(dim:correction:keepdim:)-([Int],Double,Bool)``; `unbiased` stands for a correction of 1, else 0.
  public func varMean(dim: [Int] = [], unbiased: Bool, keepdim: Bool = false) -> (variance: Tensor, mean: Tensor) {
    varMean(dim: dim, correction: unbiased ? 1 : 0, keepdim: keepdim)
  }
  /// As ``varMean(dim:unbiased:keepdim:)-([Int],Bool,Bool)``, along one dimension.
  public func varMean(dim: Int, unbiased: Bool, keepdim: Bool = false) -> (variance: Tensor, mean: Tensor) {
    varMean(dim: [dim], unbiased: unbiased, keepdim: keepdim)
  }

  /// Standard deviation and mean along dimensions, as `torch.std_mean`.
  /// - Parameter correction: what is taken off the number of elements.
  public func stdMean(dim: [Int] = [], correction: Double = 1, keepdim: Bool = false) -> (
    deviation: Tensor, mean: Tensor
  ) {
    inOp("std_mean") { (std(dim: dim, correction: correction, keepdim: keepdim), mean(dim: dim, keepdim: keepdim)) }
  }
  /// As ``stdMean(dim:correction:keepdim:)-([Int],Double,Bool)``, along one dimension.
  public func stdMean(dim: Int, correction: Double = 1, keepdim: Bool = false) -> (deviation: Tensor, mean: Tensor) {
    stdMean(dim: [dim], correction: correction, keepdim: keepdim)
  }
  /// As ``stdMean(dim:correction:keepdim:)-([Int],Double,Bool)``; `unbiased` stands for a correction of 1, else 0.
  public func stdMean(dim: [Int] = [], unbiased: Bool, keepdim: Bool = false) -> (deviation: Tensor, mean: Tensor) {
    stdMean(dim: dim, correction: unbiased ? 1 : 0, keepdim: keepdim)
  }
  /// As ``stdMean(dim:unbiased:keepdim:)-([Int],Bool,Bool)``, along one dimension.
  public func stdMean(dim: Int, unbiased: Bool, keepdim: Bool = false) -> (deviation: Tensor, mean: Tensor) {
    stdMean(dim: [dim], unbiased: unbiased, keepdim: keepdim)
  }

  private func floating(_ op: String) -> Tensor {
    guard dtype.isFloatingPoint else {
      fault(op, "takes floating point, not \(dtype.name); convert first, for instance with float()")
    }
    return self
  }

  /// Products over a dimension, as `torch.prod`; whole numbers and bool give int64.
  public func prod(dim: Int, keepdim: Bool = false, dtype: DType? = nil) -> Tensor {
    Product(dims: reducedDims([dim], of: self, op: "prod"), keepdim: keepdim, isAlong: true)(
      raised.to(dtype ?? raised.wideType))
  }
  /// The product of all elements, as `torch.prod`.
  public func prod(dtype: DType? = nil) -> Tensor {
    Product(dims: Array(0..<ndim), keepdim: false, isAlong: false)(raised.to(dtype ?? raised.wideType))
  }

  private var wideType: DType { dtype.isFloatingPoint ? dtype : .int64 }

  /// The largest values over dimensions, all by default, as `torch.amax`; equal ones share the gradient.
  public func amax(dim: [Int] = [], keepdim: Bool = false) -> Tensor {
    Extreme(kernel: .max, dims: reducedDims(dim, of: self, op: "amax"), keepdim: keepdim, name: "amax", node: "amax")(
      self)
  }
  public func amax(dim: Int, keepdim: Bool = false) -> Tensor { amax(dim: [dim], keepdim: keepdim) }
  /// The smallest values over dimensions, all by default, as `torch.amin`; equal ones share the gradient.
  public func amin(dim: [Int] = [], keepdim: Bool = false) -> Tensor {
    Extreme(kernel: .min, dims: reducedDims(dim, of: self, op: "amin"), keepdim: keepdim, name: "amin", node: "amin")(
      self)
  }
  public func amin(dim: Int, keepdim: Bool = false) -> Tensor { amin(dim: [dim], keepdim: keepdim) }

  /// The largest element, as `torch.max`.
  public func max() -> Tensor {
    Extreme(kernel: .max, dims: Array(0..<ndim), keepdim: false, name: "max", node: "max.1", findsNaN: true)(self)
  }
  /// The smallest element, as `torch.min`.
  public func min() -> Tensor {
    Extreme(kernel: .min, dims: Array(0..<ndim), keepdim: false, name: "min", node: "min.1", findsNaN: true)(self)
  }

  /// The largest elements along a dimension and the first position of each, as `torch.max(dim)`.
  public func max(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
    extremes(.max, dim, keepdim, op: "max")
  }
  /// The smallest elements along a dimension and the first position of each, as `torch.min(dim)`.
  public func min(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
    extremes(.min, dim, keepdim, op: "min")
  }

  private func extremes(_ kernel: ReduceKernel, _ dim: Int, _ keepdim: Bool, op: StaticString) -> (
    values: Tensor, indices: Tensor
  ) {
    let dim = checked { () throws(OpError) in try strided.layout.wrap(dim, op: op) }
    let results = ExtremeAlong(kernel: kernel, dim: dim, keepdim: keepdim, name: op).apply([self])
    return (results[0], results[1])
  }

  /// The larger of two elements, as `torch.max(input, other)`.
  public func max(_ other: Tensor) -> Tensor { maximum(other) }
  /// The smaller of two elements, as `torch.min(input, other)`.
  public func min(_ other: Tensor) -> Tensor { minimum(other) }

  /// The first position of the largest element, along a dimension or of all, as `torch.argmax`.
  public func argmax(dim: Int? = nil, keepdim: Bool = false) -> Tensor {
    inOp("argmax") {
      if dtype == .bool { fault("argmax", "takes numbers, not bool; convert with to(.uint8)") }
      return argExtreme(.max, dim: dim, keepdim: keepdim, op: "argmax")
    }
  }
  /// The first position of the smallest element, along a dimension or of all, as `torch.argmin`.
  public func argmin(dim: Int? = nil, keepdim: Bool = false) -> Tensor {
    inOp("argmin") {
      if dtype == .bool { fault("argmin", "takes numbers, not bool; convert with to(.uint8)") }
      return argExtreme(.min, dim: dim, keepdim: keepdim, op: "argmin")
    }
  }

  func argExtreme(_ kernel: ReduceKernel, dim: Int?, keepdim: Bool, op: StaticString) -> Tensor {
    let x = dim == nil ? detach().reshape(-1) : self
    let along = checked { () throws(OpError) in try x.strided.layout.wrap(dim ?? 0, op: op) }
    guard x.ndim == 0 || x.shape[along] > 0 else {
      fault(OpError(op, "there is no extreme of nothing; got input \(shape.brackets)"))
    }
    let kept = x.ndim == 0 ? Shape() : reducedShape(x.shape, [along], keepdim: true)
    let out = x.backend.allocate(Layout(contiguous: kept), dtype: .int64)
    x.backend.argReduce(kernel, x.strided, dim: along, into: out)
    var result = kept
    if dim == nil {
      result = keepdim ? Shape(repeating: 1, count: ndim) : Shape()
    } else if !keepdim && x.ndim > 0 {
      result = reducedShape(x.shape, [along], keepdim: false)
    }
    return Tensor(out.with(Layout(contiguous: result)))
  }

  /// Whether any element is true, not zero, over dimensions, all by default, as `torch.any`.
  public func any(dim: [Int] = [], keepdim: Bool = false) -> Tensor { truth(.any, dim, keepdim, "any") }
  public func any(dim: Int, keepdim: Bool = false) -> Tensor { any(dim: [dim], keepdim: keepdim) }
  /// Whether all elements are true, not zero, over dimensions, all by default, as `torch.all`.
  public func all(dim: [Int] = [], keepdim: Bool = false) -> Tensor { truth(.all, dim, keepdim, "all") }
  public func all(dim: Int, keepdim: Bool = false) -> Tensor { all(dim: [dim], keepdim: keepdim) }

  private func truth(_ kernel: ReduceKernel, _ dim: [Int], _ keepdim: Bool, _ op: StaticString) -> Tensor {
    inOp(op) {
      let result = noGrad { reduceKernel(kernel, to(.bool), reducedDims(dim, of: self, op: op), keepdim: keepdim) }
      return dtype == .uint8 ? result.to(.uint8) : result
    }
  }
}
