// Elements by their rank along one dimension: medians, the k-th, the most frequent.

/// One element of each line along a dimension with its position; the gradient goes to those positions.
struct RankedElement: Op {
  enum Rank: Sendable {
    /// The k-th smallest, counted from 1.
    case kth(Int)
    /// The lower one of two in the middle; NaN where the line holds one.
    case median
    /// The lower one of two in the middle of what is not NaN.
    case nanmedian
    /// The most frequent; of equally frequent ones the smallest.
    case mode
  }

  let rank: Rank
  let dim: Int, keepdim: Bool
  let name: StaticString, node: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    if x.ndim == 0 {
      let position = Tensor.zeros([], dtype: .int64, device: x.device)
      saving.constant(position)
      return [x.clone(), position]
    }
    let position = position(x)
    saving.constant(position)
    let value = x.gather(dim: dim, index: position)
    return keepdim ? [value, position] : [value.squeeze(dim).detach(), position.squeeze(dim).detach()]
  }

  /// The positions, the dimension kept.
  private func position(_ x: Tensor) -> Tensor {
    let (values, indices) = x.sort(dim: dim)
    let n = x.shape[dim]
    switch rank {
    case .kth(let k): return indices.narrow(dim: dim, start: k - 1, length: 1)
    case .median:
      if !x.dtype.isFloatingPoint { return indices.narrow(dim: dim, start: (n - 1) / 2, length: 1) }
      // NaN stands behind all numbers in its old order: the first of them where there is one.
      let numbers = values.isnan().logicalNot().sum(dim: dim, keepdim: true)
      return indices.gather(dim: dim, index: numbers.where(numbers .< n, (n - 1) / 2))
    case .nanmedian:
      if !x.dtype.isFloatingPoint { return indices.narrow(dim: dim, start: (n - 1) / 2, length: 1) }
      let numbers = values.isnan().logicalNot().sum(dim: dim, keepdim: true)
      return indices.gather(dim: dim, index: (numbers - 1).clamp(min: 0).floorDivide(2))
    case .mode:
      // How many of the same value stand up to each place of the ordered line: the place less where its run began.
      var along = [Int](repeating: 1, count: x.ndim)
      along[dim] = n
      let places = Tensor.arange(n, device: x.device).view(along).expand(x.shape)
      let changes = values.narrow(dim: dim, start: 1, length: n - 1).ne(
        values.narrow(dim: dim, start: 0, length: n - 1))
      let first = Tensor.ones(reducedShape(x.shape, [dim], keepdim: true), dtype: .bool, device: x.device)
      let begins = places.where(Tensor.cat([first, changes], dim: dim), 0).cummax(dim: dim).values
      return indices.gather(dim: dim, index: (places - begins).argmax(dim: dim, keepdim: true))
    }
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    saved.gradientOfPicks(gradients[0], dim: dim, keepdim: keepdim)
  }
}

/// The median of all elements; equal ones share the gradient.
struct MedianOfAll: Op {
  let ignoresNaN: Bool
  var name: StaticString { ignoresNaN ? "nanmedian" : "median" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    let x = inputs[0]
    if x.numel() == 0 {
      // As in PyTorch: no number, or what a whole number becomes of it.
      let nothing: Scalar = x.dtype.isFloatingPoint ? .double(.nan) : .int(x.dtype == .int64 ? .min : 0)
      let out = Tensor(shape: [], dtype: x.dtype, device: x.device)
      out.backend.fill(out.strided, with: nothing)
      return [out]
    }
    let rank = RankedElement(
      rank: ignoresNaN ? .nanmedian : .median, dim: 0, keepdim: false, name: name, node: node)
    return [rank(x.reshape(-1))]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], median = saved[1]
    let hits = x.eq(median).logicalOr(x.isnan().logicalAnd(median.isnan())).to(g.dtype)
    return [g * hits / hits.sum()]
  }
}

extension Tensor {
  /// The median of all elements, of two in the middle the lower one, as `torch.median`; NaN where one is.
  /// - Precondition: not bool.
  public func median() -> Tensor {
    checkRanked("median")
    return MedianOfAll(ignoresNaN: false)(self)
  }
  /// The medians along a dimension, of two in the middle the lower one, and where they stand, as `torch.median`; NaN where
  /// one is.
  /// - Precondition: not bool; the dimension is not empty.
  public func median(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
    ranked(.median, dim, keepdim, "median", node: "median.1")
  }

  /// The median of all elements but NaN, of two in the middle the lower one, as `torch.nanmedian`.
  /// - Precondition: not bool.
  public func nanmedian() -> Tensor {
    checkRanked("nanmedian")
    return MedianOfAll(ignoresNaN: true)(self)
  }
  /// The medians along a dimension of all elements but NaN and where they stand, as `torch.nanmedian`.
  /// - Precondition: not bool; the dimension is not empty.
  public func nanmedian(dim: Int, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
    ranked(.nanmedian, dim, keepdim, "nanmedian", node: "nanmedian.1")
  }

  /// The most frequent elements along a dimension, of equally frequent ones the smallest, and where the last of each stands,
  /// as `torch.mode`.
  /// - Precondition: the dimension is not empty.
  public func mode(dim: Int = -1, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
    ranked(.mode, dim, keepdim, "mode", node: "mode")
  }

  /// The `k`-th smallest elements along a dimension and where they stand, as `torch.kthvalue`; NaN is largest.
  /// - Precondition: not bool; `k` is from 1 to the size of the dimension.
  public func kthvalue(k: Int, dim: Int = -1, keepdim: Bool = false) -> (values: Tensor, indices: Tensor) {
    let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "kthvalue") }
    let size = ndim == 0 ? 1 : shape[along]
    guard size == 0 || (1...size).contains(k) else {
      fault("kthvalue", "k \(k) is out of range for dim \(along) with size \(size); got input \(shape.brackets)")
    }
    return ranked(.kth(k), dim, keepdim, "kthvalue", node: "kthvalue")
  }

  private func checkRanked(_ op: StaticString) {
    if dtype == .bool { fault(OpError(op, "takes numbers, not bool; convert with to(.uint8)")) }
  }

  private func ranked(
    _ rank: RankedElement.Rank, _ dim: Int, _ keepdim: Bool, _ op: StaticString, node: StaticString
  ) -> (values: Tensor, indices: Tensor) {
    if case .mode = rank {} else { checkRanked(op) }
    let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: op) }
    guard ndim == 0 || shape[along] > 0 else {
      fault(OpError(op, "dim \(along) is empty and has no element to take; got input \(shape.brackets)"))
    }
    let results = RankedElement(rank: rank, dim: along, keepdim: keepdim, name: op, node: node).apply([self])
    return (results[0], results[1])
  }

  /// The smallest and largest elements, along a dimension or of all, as `torch.aminmax`.
  /// - Precondition: there is an element.
  public func aminmax(dim: Int? = nil, keepdim: Bool = false) -> (min: Tensor, max: Tensor) {
    inOp("aminmax") {
      let dims = dim.map { [$0] } ?? []
      return (
        amin(dim: dims, keepdim: keepdim).named("aminmax"), amax(dim: dims, keepdim: keepdim).named("aminmax")
      )
    }
  }

  /// Values in order along the first dimension, as `torch.msort`.
  public func msort() -> Tensor { inOp("msort") { sort(dim: 0).values } }
}
