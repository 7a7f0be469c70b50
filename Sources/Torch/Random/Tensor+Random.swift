import CTorchRuntime

// Draws. Without a generator the default one of the tensor's device is used.

extension Tensor {
  private static func drawn(
    _ draw: RandomDraw, _ sizes: some Collection<Int>, _ dtype: DType, _ device: Device, _ generator: Generator?,
    _ requiresGrad: Bool
  ) -> Tensor {
    let result = empty(sizes, dtype: dtype, device: device)
    result.fill(draw, generator)
    if requiresGrad { result.requiresGrad = true }
    return result
  }

  /// Fills this tensor with draws: in row-major order, or where it has other strides in the order of its memory.
  private func fill(_ draw: RandomDraw, _ generator: Generator?) {
    let body = strided, backend = backend
    if body.isContiguous { return Generator.fill(body, with: draw, by: generator, backend) }
    let inOrder = checked { () throws(OpError) in
      body.with(try body.layout.permuted(body.layout.outermostFirst))
    }
    let fresh = backend.allocate(Layout(contiguous: inOrder.shape), dtype: dtype)
    let serial: RandomDraw =
      if case .normal(let mean, let std) = draw { .normalOneByOne(mean: mean, std: std) } else { draw }
    Generator.fill(fresh, with: serial, by: generator, backend)
    backend.copy(fresh, into: inOrder)
  }

  /// Fills in place; no gradient passes.
  private func fill_(_ op: StaticString, _ draw: RandomDraw, _ generator: Generator?) -> Tensor {
    inOp(op) {
      let recorded = isRecording
      checkInPlace(op, recorded: recorded)
      let node = recorded ? FillNode("fill", edge: gradEdge) : nil
      fill(draw, generator)
      bumpVersion()
      if let node { rebaseHistory(node) }
      return self
    }
  }

  /// Uniform numbers from 0 up to and not including 1, as `torch.rand`.
  public static func rand(
    _ sizes: some Collection<Int>, generator: Generator? = nil, dtype: DType = .float32, device: Device = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor { drawn(.uniform(from: 0, to: 1), sizes, dtype, device, generator, requiresGrad) }
  public static func rand(
    _ sizes: Int..., generator: Generator? = nil, dtype: DType = .float32, device: Device = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor { rand(sizes, generator: generator, dtype: dtype, device: device, requiresGrad: requiresGrad) }

  /// Normal numbers with mean 0 and deviation 1, as `torch.randn`.
  public static func randn(
    _ sizes: some Collection<Int>, generator: Generator? = nil, dtype: DType = .float32, device: Device = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor { drawn(.normal(mean: 0, std: 1), sizes, dtype, device, generator, requiresGrad) }
  public static func randn(
    _ sizes: Int..., generator: Generator? = nil, dtype: DType = .float32, device: Device = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor { randn(sizes, generator: generator, dtype: dtype, device: device, requiresGrad: requiresGrad) }

  /// As ``rand(_:generator:dtype:device:requiresGrad:)-(Int...,_,_,_,_)``, in the shape and dtype of another tensor.
  public static func rand(like other: Tensor, generator: Generator? = nil) -> Tensor {
    empty(like: other).fill_("rand_like", .uniform(from: 0, to: 1), generator)
  }
  /// As ``randn(_:generator:dtype:device:requiresGrad:)-(Int...,_,_,_,_)``, in the shape and dtype of another tensor.
  public static func randn(like other: Tensor, generator: Generator? = nil) -> Tensor {
    empty(like: other).fill_("randn_like", .normal(mean: 0, std: 1), generator)
  }

  /// Whole numbers from `low` up to and not including `high`, as `torch.randint`.
  /// - Precondition: `low` is less than `high`.
  public static func randint(
    _ low: Int, _ high: Int, _ sizes: some Collection<Int>, generator: Generator? = nil, dtype: DType = .int64,
    device: Device = .cpu
  ) -> Tensor {
    guard low < high else { fault("randint", "low must be less than high; got \(low) and \(high)") }
    return drawn(.integers(from: Int64(low), to: Int64(high)), sizes, dtype, device, generator, false)
  }
  /// Whole numbers from 0 up to and not including `high`, as `torch.randint`.
  public static func randint(
    _ high: Int, _ sizes: some Collection<Int>, generator: Generator? = nil, dtype: DType = .int64,
    device: Device = .cpu
  ) -> Tensor { randint(0, high, sizes, generator: generator, dtype: dtype, device: device) }

  /// The numbers 0..<n in random order, as `torch.randperm`.
  public static func randperm(_ n: Int, generator: Generator? = nil, dtype: DType = .int64, device: Device = .cpu)
    -> Tensor
  {
    guard n >= 0 else { fault("randperm", "n cannot be negative, got \(n)") }
    return drawn(.permutation, [n], dtype, device, generator, false)
  }

  /// Overwrites every element with uniform numbers, as `torch.Tensor.uniform_`.
  @discardableResult
  public func uniform_(from: Double = 0, to: Double = 1, generator: Generator? = nil) -> Tensor {
    guard from <= to else { fault("uniform_", "from must not be greater than to; got \(from) and \(to)") }
    return fill_("uniform_", .uniform(from: from, to: to), generator)
  }

  /// Overwrites every element with normal numbers, as `torch.Tensor.normal_`.
  @discardableResult
  public func normal_(mean: Double = 0, std: Double = 1, generator: Generator? = nil) -> Tensor {
    guard std >= 0 else { fault("normal_", "std cannot be negative, got \(std)") }
    return fill_("normal_", .normal(mean: mean, std: std), generator)
  }

  /// Overwrites every element with exponential numbers of a rate, as `torch.Tensor.exponential_`.
  /// - Precondition: `lambd` is above 0.
  @discardableResult
  public func exponential_(lambd: Double = 1, generator: Generator? = nil) -> Tensor {
    guard lambd > 0 else { fault("exponential_", "lambd must be above 0, got \(lambd)") }
    return fill_("exponential_", .exponential(rate: lambd), generator)
  }

  /// Overwrites every element with 1 at a probability, else 0, as `torch.Tensor.bernoulli_`.
  /// - Precondition: `p` lies in 0...1.
  @discardableResult
  public func bernoulli_(p: Double = 0.5, generator: Generator? = nil) -> Tensor {
    guard p >= 0, p <= 1 else { fault("bernoulli_", "p must lie in 0...1, got \(p)") }
    return fill_("bernoulli_", .bernoulli(p), generator)
  }

  /// Overwrites every element with whole numbers from `from` up to and not including `to`, as `torch.Tensor.random_`.
  @discardableResult
  public func random_(_ from: Int, _ to: Int, generator: Generator? = nil) -> Tensor {
    guard from < to else { fault("random_", "from must be less than to; got \(from) and \(to)") }
    return fill_("random_", .integers(from: Int64(from), to: Int64(to)), generator)
  }
}
