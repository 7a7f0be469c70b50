import CTorchRuntime

// Elements or whole entries joined with what is there: sums, products, means and extremes by position.

/// How elements that meet at one place are joined, as the `reduce` of `torch.scatter_reduce`.
public enum ElementReduction: String, Sendable { case sum, prod, mean, amax, amin }

/// How entries that meet at one place are joined, as the `reduce` of `torch.index_reduce`.
public enum IndexReduction: String, Sendable {
  case prod, mean, amax, amin

  fileprivate var ofElements: ElementReduction {
    switch self {
    case .prod: .prod
    case .mean: .mean
    case .amax: .amax
    case .amin: .amin
    }
  }
}

/// A copy of `x` with values joined at positions. `includeSelf` says whether what is there takes part.
struct ReduceInto: Op {
  /// What a position names.
  enum Places {
    case elements(dim: Int)
    case entries(IndexedDims)
  }

  let places: Places
  let reduction: ElementReduction
  let includesSelf: Bool

  var name: StaticString {
    switch places {
    case .elements: "scatter_reduce"
    case .entries: "index_reduce"
    }
  }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let index = inputs[2]
    saving.constant(index)
    switch reduction {
    case .sum, .mean: break
    case .prod, .amax, .amin:
      saving.input(0)
      saving.input(1)
      saving.output(0)
    }
    let dtype = inputs[0].dtype
    guard reduction != .mean || dtype != .bool else { fault(OpError(name, "bool has no mean; convert with float()")) }
    // PyTorch adds up single elements in float32, whole entries in the dtype.
    var widens = false
    if case .elements = places { widens = reduction != .amax && reduction != .amin }
    let source = widens ? inputs[1].widened : inputs[1]
    let out = (widens ? inputs[0].widened : inputs[0]).clone()
    if !includesSelf {
      switch reduction {
      case .sum, .mean: write(Tensor.zeros(like: source), .assign, at: index, into: out)
      case .prod: write(Tensor.ones(like: source), .assign, at: index, into: out)
      // Any of those that meet is a start for the largest of them.
      case .amax, .amin: write(source, .assign, at: index, into: out)
      }
    }
    switch reduction {
    case .sum: write(source, .add, at: index, into: out)
    case .prod: write(source, .multiply, at: index, into: out)
    case .amax: write(source, .amax, at: index, into: out)
    case .amin: write(source, .amin, at: index, into: out)
    case .mean:
      write(source, .add, at: index, into: out)
      let counts = includesSelf ? Tensor.ones(like: out) : Tensor.zeros(like: out)
      write(Tensor.ones(like: source), .add, at: index, into: counts)
      out.div_(counts.clampMin(1), roundingMode: out.dtype.isFloatingPoint ? nil : .floor)
    }
    return [out.to(dtype)]
  }

  private func write(_ source: Tensor, _ mode: ScatterMode, at index: Tensor, into out: Tensor) {
    if index.numel() == 0 { return }
    switch places {
    case .elements(let dim):
      out.backend.scatter(source.strided, dim: dim, index: index.strided, mode: mode, into: out.strided)
    case .entries(let indexed):
      indexed.checkNotEmpty(out, [index])
      out.backend.indexWrite(
        source.strided.with(indexed.front(source.strided.layout)), indices: [index.strided],
        dims: indexed.dims, countsFromEnd: indexed.countsFromEnd, mode: mode,
        into: out.strided.with(indexed.front(out.strided.layout)))
    }
  }

  private func read(_ x: Tensor, at index: Tensor) -> Tensor {
    switch places {
    case .elements(let dim): Gather(dim: dim)(x, index)
    case .entries(let indexed): IndexSelect(indexed: indexed)(x, index)
    }
  }

  private func adding(_ source: Tensor, at index: Tensor, to x: Tensor) -> Tensor {
    switch places {
    case .elements(let dim): ScatterAdd(dim: dim)(x, index, source)
    case .entries(let indexed):
      IndexWrite(indexed: indexed, accumulates: true, node: "index_add").apply([x, source, index])[0]
    }
  }

  private func zeroing(_ x: Tensor, at index: Tensor) -> Tensor {
    switch places {
    case .elements(let dim):
      Scatter(dim: dim)(x, index, Tensor.zeros(index.shape, dtype: x.dtype, device: x.device))
    case .entries(let indexed):
      IndexWrite(indexed: indexed, accumulates: false, node: "index_fill")
        .apply([x, Tensor.zeros([], dtype: x.dtype, device: x.device), index])[0]
    }
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let index = saved[0]
    func own(_ gradient: () -> Tensor) -> Tensor? {
      saved.needs(0) ? includesSelf ? gradient() : zeroing(g, at: index) : nil
    }
    switch reduction {
    case .sum: return [own { g }, saved.needs(1) ? read(g, at: index) : nil]
    case .mean:
      let start = includesSelf ? Tensor.ones(like: g) : Tensor.zeros(like: g)
      let ones = Tensor.ones(read(g, at: index).shape, dtype: g.dtype, device: g.device)
      let counts = adding(ones, at: index, to: start).clampMin(1)
      return [own { g / counts }, saved.needs(1) ? read(g, at: index) / read(counts, at: index) : nil]
    case .prod:
      let x = saved[1], source = saved[2]
      return [
        own {
          let safe = x.maskedFill(x .== 0, value: 1)
          return g * apply([safe, source, index])[0] / safe
        }, saved.needs(1) ? productGradient(g, x, source, index, result: saved[3]) : nil,
      ]
    case .amax, .amin:
      // Those that are the result share its gradient.
      let x = saved[1], source = saved[2], result = saved[3]
      let mine = (x .== result).to(g.dtype), theirs = (source .== read(result, at: index)).to(g.dtype)
      let share = g / adding(theirs, at: index, to: mine)
      return [own { mine * share }, saved.needs(1) ? theirs * read(share, at: index) : nil]
    }
  }

  /// The product over the element is that of the others, but where the element is the only zero among the values.
  private func productGradient(_ g: Tensor, _ x: Tensor, _ source: Tensor, _ index: Tensor, result: Tensor) -> Tensor {
    let isZero = source .== 0
    let zeros = adding(isZero.to(g.dtype), at: index, to: Tensor.zeros(like: g))
    let isLone = isZero & (read(zeros, at: index) .== 1)
    let without = apply([x, source.maskedFill(isLone, value: 1), index])[0]
    return Tensor.where(
      isLone, read(g * without, at: index), read(g * result, at: index) / source.maskedFill(isZero, value: 1))
  }
}

extension Tensor {
  /// A copy with the elements of `src` joined with what is at positions along a dimension, as `torch.scatter_reduce`.
  /// - Parameter includeSelf: whether what is there takes part; else only what is written counts there.
  /// - Shape: all of one rank; `index` nowhere larger than `src`, nor than this tensor but along `dim`.
  /// - Precondition: `index` is int64 or int32 within bounds, none negative; the dtypes are equal.
  public func scatterReduce(
    dim: Int, index: Tensor, src: Tensor, reduce: ElementReduction, includeSelf: Bool = true
  ) -> Tensor {
    inOp("scatter_reduce") {
      guard src.dtype == dtype else {
        fault("scatter_reduce", "src is \(src.dtype.name), the tensor \(dtype.name); convert one")
      }
      let index = index.dtype == .int32 ? index.long() : index
      if index.numel() == 0 && index.dtype == .int64 && ndim > 0 {
        // No position asks for nothing, whatever its shape.
        let none = [0] + Array(shape.dropFirst()), places = index.reshape(none)
        return ReduceInto(places: .elements(dim: 0), reduction: reduce, includesSelf: includeSelf)(
          self, src.reshape(-1).narrow(dim: 0, start: 0, length: 0).reshape(none), places)
      }
      let along = checkIndex(index, dim: dim, op: "scatter_reduce", source: src)
      func wide(_ x: Tensor) -> Tensor { x.ndim == 0 ? x.reshape(1) : x }
      let places = wide(index)
      var source = wide(src)
      for i in 0..<places.ndim where source.shape[i] > places.shape[i] {
        source = source.narrow(dim: i, start: 0, length: places.shape[i])
      }
      let op = ReduceInto(places: .elements(dim: along), reduction: reduce, includesSelf: includeSelf)
      let result = op(wide(self), source, places)
      return ndim == 0 ? result.reshape([]).named("scatter_reduce") : result
    }
  }
  @discardableResult
  public func scatterReduce_(
    dim: Int, index: Tensor, src: Tensor, reduce: ElementReduction, includeSelf: Bool = true
  ) -> Tensor {
    inOp("scatter_reduce_") {
      copy_(before(reduce).scatterReduce(dim: dim, index: index, src: src, reduce: reduce, includeSelf: includeSelf))
        .namedWrite("scatter_reduce")
    }
  }

  /// A copy with the entries of `source` joined with those at positions along a dimension, as `torch.index_reduce`.
  /// - Parameter includeSelf: whether what is there takes part; else only what is written counts there.
  /// - Shape: `index` is a vector; `source` has one entry for each position and is else as this tensor.
  /// - Precondition: `index` is int64 or int32 within bounds, none negative; the dtypes are equal.
  public func indexReduce(
    dim: Int, index: Tensor, source: Tensor, reduce: IndexReduction, includeSelf: Bool = true
  ) -> Tensor {
    inOp("index_reduce") {
      let (whole, indexed, index) = entries("index_reduce", dim: dim, index: index, takesInt32: true)
      checkEntries("index_reduce", source, dim: indexed.dims[0], count: index.numel())
      let source = ndim == 0 ? source.reshape(1) : source
      whole.checkEntries("index_reduce", source, dim: indexed.dims[0], count: index.numel())
      let op = ReduceInto(places: .entries(indexed), reduction: reduce.ofElements, includesSelf: includeSelf)
      let result = op(whole, source, index)
      return ndim == 0 ? result.reshape([]).named("index_reduce") : result
    }
  }
  @discardableResult
  public func indexReduce_(
    dim: Int, index: Tensor, source: Tensor, reduce: IndexReduction, includeSelf: Bool = true
  ) -> Tensor {
    inOp("index_reduce_") {
      copy_(
        before(reduce.ofElements)
          .indexReduce(dim: dim, index: index, source: source, reduce: reduce, includeSelf: includeSelf)
      ).namedWrite("index_reduce")
    }
  }

  /// This tensor, or a copy where a write in place would take from the gradient what it needs.
  private func before(_ reduction: ElementReduction) -> Tensor {
    let isNeeded = reduction != .sum && reduction != .mean && ct_grad_enabled()
    return isNeeded ? clone() : self
  }
}
