/// The seam between tensors and a device: what any backend computes, in families over kernel enums.
///
/// Everything is said in `Strided`s; a backend knows neither `Tensor` nor gradients. Results go into memory that the
/// caller allocated, so that in-place and out-of-place ops are one. Shapes, dtypes and dims were checked by the
/// caller; what only the data can tell (an index out of range) is checked here.
package protocol Backend: Sendable {
  /// Fresh memory with undefined content.
  func allocate(byteCount: Int) -> Storage
  /// Gives memory that is kept for later back to the system.
  func releaseCachedMemory()
  /// What the device's maker calls it.
  var deviceName: String { get }
  /// Whether it computes in float64 at all.
  var hasFloat64: Bool { get }

  // Pointwise. Operands have the shape of `out` (stride 0 where stretched) and, but for tests and compares, its dtype.
  func unary(_ kernel: UnaryKernel, _ x: Strided, a: Double, b: Double, into out: Strided)
  func test(_ kernel: TestKernel, _ x: Strided, into out: Strided)
  func binary(_ kernel: BinaryKernel, _ x: Strided, _ y: Strided, alpha: Double, into out: Strided)
  /// One of the operands is a plain number, the first where `numberFirst`.
  func binary(
    _ kernel: BinaryKernel, _ x: Strided, number: Scalar, numberFirst: Bool, alpha: Double, into out: Strided)
  func compare(_ kernel: CompareKernel, _ x: Strided, _ y: Strided, into out: Strided)
  /// Where `condition` (bool) holds, `x`, else `y`.
  func select(_ condition: Strided, _ x: Strided, _ y: Strided, into out: Strided)

  // Memory.
  func fill(_ out: Strided, with value: Scalar)
  /// Copies and casts.
  func copy(_ x: Strided, into out: Strided)

  // Many to one. `out` has size 1 where `x` is reduced.
  func reduce(_ kernel: ReduceKernel, _ x: Strided, into out: Strided)
  /// The first position of the extreme along `dim`, int64.
  func argReduce(_ kernel: ReduceKernel, _ x: Strided, dim: Int, into out: Strided)
  func scan(_ kernel: ScanKernel, _ x: Strided, dim: Int, into out: Strided, indices: Strided?)
  /// Stable; NaN counts as the largest.
  func sort(_ x: Strided, dim: Int, descending: Bool, values: Strided, indices: Strided)
  /// The first elements in order, as many as `values` has along `dim`; of equal ones those that PyTorch takes.
  func topk(_ x: Strided, dim: Int, largest: Bool, values: Strided, indices: Strided)

  /// Where in rows along the last dimension of `sorted`, in the order that `order` names, each of `values` belongs: before
  /// those equal to it, or after them where `right`. One row for all values, or rows as those of `values`; `order` is
  /// within bounds, `out` int64 and contiguous.
  func search(_ sorted: Strided, _ values: Strided, right: Bool, order: Strided?, into out: Strided)

  // Structure.
  /// `out[..., m, n] = x[..., m, k] * y[..., k, n] + bias`, all of one rank, the batch dimensions of `x`, `y` and `bias` those of
  /// `out`, by strides of 0 where they repeat; `bias` may be `out` itself.
  func matmul(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided)
  func convolution(_ spec: ConvolutionSpec, _ x: Strided, weight: Strided, bias: Strided?, into out: Strided)
  func convolutionInputGradient(_ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided)
  func convolutionWeightGradient(
    _ spec: ConvolutionSpec, _ x: Strided, _ gradient: Strided, into weight: Strided, bias: Strided?)
  /// `places`, if wanted, receives the position of each maximum within its plane, int32. All lie alike, row-major or with
  /// channels last.
  func maxPool(_ spec: PoolSpec, _ x: Strided, into out: Strided, places: Strided?)
  /// The spec, where windows have one, lets channels that come last stay so.
  func maxPoolGradient(_ spec: PoolSpec?, _ gradient: Strided, places: Strided, into out: Strided)

  // Indices. All are int64; one out of range is a fault that names it, and negative ones are out of range unless
  // `countsFromEnd` says otherwise.
  /// `out[i] = x[index[i]]` along `dim`, elementwise.
  func gather(_ x: Strided, dim: Int, index: Strided, into out: Strided)
  /// Writes `source[i]` to `out[index[i]]` along `dim`, elementwise.
  func scatter(_ source: Strided, dim: Int, index: Strided, mode: ScatterMode, into out: Strided)
  /// `out[i..., r...] = x[indices[0][i...], indices[1][i...], ..., r...]`. What is out of bounds is said of `dims`, where
  /// the caller's tensor has these dimensions.
  func indexRead(_ x: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, into out: Strided)
  /// Writes `source[i..., r...]` to `out[indices[0][i...], ..., r...]`.
  func indexWrite(
    _ source: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, mode: ScatterMode, into out: Strided)
  /// The positions of the elements that are not zero, row-major, as a fresh [count, rank] block.
  func nonzero(_ x: Strided) -> Strided

  // Rows, with composite meaning: softmax along the last dimension of contiguous memory.
  func softmax(_ x: Strided, log: Bool, into out: Strided)
  func softmaxGradient(_ gradient: Strided, output: Strided, log: Bool, into out: Strided)

  /// Rows of `columns` numbers with mean 0 and variance 1, times `weight` plus `bias`, all contiguous; `mean` and `scale`
  /// (one over the deviation), float32 for half types, receive what a row was normalised by.
  func layerNorm(
    _ x: Strided, columns: Int, weight: Strided?, bias: Strided?, eps: Double, into out: Strided, mean: Strided,
    scale: Strided)
  /// The gradients of the same: for `x`, and added up over the rows for weight and bias, where they are wanted.
  func layerNormGradient(
    _ gradient: Strided, _ x: Strided, columns: Int, mean: Strided, scale: Strided, weight: Strided?,
    into out: Strided?, forWeight: Strided?, forBias: Strided?)
  /// The mean of each row of a contiguous matrix, and Σ(x - mean)², in float64.
  func rowMoments(_ x: Strided, mean: Strided, spread: Strided)
  /// Σgradient and Σgradient·(x - mean) of each row, in float64.
  func rowSlopes(_ gradient: Strided, _ x: Strided, mean: Strided, sum: Strided, along: Strided)
  /// (x - mean)·factor + shift, a number of each for every row.
  func rowAffine(_ x: Strided, mean: Strided, factor: Strided, shift: Strided, into out: Strided)
  /// gradient·byGradient + (x - mean)·byX + shift, a number of each for every row.
  func rowCombine(
    _ gradient: Strided, _ x: Strided, mean: Strided, byGradient: Strided, byX: Strided, shift: Strided,
    into out: Strided)

  /// Whether the device runs whole sequences of recurrent layers in this dtype; where it does not, tensor ops do, step by
  /// step.
  func runsRecurrence(in dtype: DType) -> Bool
  /// All steps of a layer after its products with the inputs.
  func recurrence(_ layer: RecurrentPass)
  /// The gradients of the sums of each step, and of the first states. Gives the steps of each direction beyond which all
  /// gradients of sums are zero.
  func recurrenceGradient(_ layer: RecurrentPass) -> [Range<Int>]

  /// Whether the device makes the steps of optimizers in one pass over row-major tensors of this dtype; where it does not,
  /// tensor ops do.
  func runsOptimizers(in dtype: DType) -> Bool
  /// Moves a parameter and what its optimizer keeps of it one step; all are row-major, of one size and dtype.
  func optimizerStep(_ step: OptimizerStep, param: Strided, grad: Strided, states: OptimizerStep.States)

  /// Fills contiguous memory with draws of the processor's stream.
  func random(_ draw: RandomDraw, from generator: inout MersenneTwister, into out: Strided)
}

extension Backend {
  package var hasFloat64: Bool { true }

  /// Fresh memory for a layout.
  @inline(__always)
  package func allocate(_ layout: Layout, dtype: DType) -> Strided {
    allocate(SharedLayout(layout), dtype: dtype)
  }

  @inline(__always)
  package func allocate(_ layout: SharedLayout, dtype: DType) -> Strided {
    let (byteCount, overflow) = layout.count.multipliedReportingOverflow(by: dtype.itemSize)
    if overflow { tooLarge(layout) }
    return Strided(storage: allocate(byteCount: byteCount), shared: layout, dtype: dtype)
  }

  @inline(never)
  private func tooLarge(_ layout: SharedLayout) -> Never {
    fault("allocate", "\(layout.layout.shape.brackets) has more elements than any memory holds")
  }

  /// Fresh memory for the result of a pointwise op of one operand.
  @inline(__always)
  package func allocate(like x: Strided, dtype: DType) -> Strided {
    allocate(x.shared.isFresh ? x.shared : SharedLayout(x.layout.likeDense), dtype: dtype)
  }

  /// `x` itself where it lies row-major, else a row-major copy.
  package func contiguous(_ x: Strided) -> Strided {
    if x.isContiguous { return x }
    let out = allocate(Layout(contiguous: x.shape), dtype: x.dtype)
    copy(x, into: out)
    return out
  }

  /// `x` itself where it has the dtype, else a cast copy.
  @inline(__always)
  package func cast(_ x: Strided, to dtype: DType) -> Strided {
    if x.dtype == dtype { return x }
    let out = allocate(like: x, dtype: dtype)
    copy(x, into: out)
    return out
  }
}

/// The numbers of a convolution over 1 to 3 spatial dimensions.
package struct ConvolutionSpec: Sendable, Equatable {
  package var stride: [Int]
  /// Zeros before and after each spatial dimension.
  package var padding: [Int]
  package var paddingEnd: [Int]
  package var dilation: [Int]
  package var groups: Int
  /// Whether the same weights are expected again, so that what is made of them is worth keeping: no gradient is recorded.
  package var isInference = false

  package init(stride: [Int], padding: [Int], paddingEnd: [Int]? = nil, dilation: [Int], groups: Int) {
    self.stride = stride
    self.padding = padding
    self.paddingEnd = paddingEnd ?? padding
    self.dilation = dilation
    self.groups = groups
  }
}

/// The numbers of a pooling window over 1 to 3 spatial dimensions.
package struct PoolSpec: Sendable, Equatable {
  package var kernel: [Int]
  package var stride: [Int]
  package var padding: [Int]
  package var dilation: [Int]

  package init(kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }
}

/// A distribution to draw from.
package enum RandomDraw: Sendable {
  case uniform(from: Double, to: Double)
  case normal(mean: Double, std: Double)
  /// Normal numbers drawn one after another, as PyTorch does where a tensor has strides of its own.
  case normalOneByOne(mean: Double, std: Double)
  case exponential(rate: Double)
  /// Whole numbers from `from` up to and not including `to`.
  case integers(from: Int64, to: Int64)
  /// 1 with the probability, else 0.
  case bernoulli(Double)
  /// The numbers 0..<count in random order.
  case permutation
}
