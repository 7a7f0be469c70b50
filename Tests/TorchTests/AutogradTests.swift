import Synchronization
import Testing
import Torch

/// A leaf that wants its gradient.
private func leaf<D: TensorData>(_ data: D, dtype: DType? = nil) -> Tensor {
  Tensor(data, dtype: dtype, requiresGrad: true)
}

/// What a backward pass does, is told, and leaves behind.
@Suite struct BackwardTests {
  @Test func gradientsAddUp() {
    let x = leaf([1.0, 2.0])
    (x * 3).sum().backward()
    (x * x).sum().backward()
    same(x.grad, "tensor([5., 7.])")
    x.grad = nil
    #expect(x.grad == nil)
    x.sum().backward()
    same(x.grad, "tensor([1., 1.])")
  }

  @Test func aTensorUsedManyTimes() {
    let x = leaf(2.0)
    let y = x * x + x * x * x + x
    y.backward()
    same(x.grad, "tensor(17.)")
  }

  @Test func retainGraph() {
    let x = leaf([1.0, 2.0])
    let y = (x * x).sum()
    y.backward(retainGraph: true)
    y.backward()
    same(x.grad, "tensor([4., 8.])")
  }

  @Test func gradOutputsAndWeights() {
    let x = leaf([1.0, 2.0, 3.0])
    (x * x).backward(gradient: Tensor([1.0, 0.1, 10.0]))
    same(x.grad, "tensor([ 2.0000, 0.4000, 60.0000])")
    let y = leaf([1.0, 2.0])
    backward([y.sum(), (y * y).sum()])
    same(y.grad, "tensor([3., 5.])")
  }

  @Test func gradLeavesLeavesAlone() {
    let x = leaf([1.0, 2.0]), w = leaf(3.0)
    let g = grad(outputs: [(x * w).sum()], inputs: [x, w])
    same(g[0], "tensor([3., 3.])")
    same(g[1], "tensor(3.)")
    #expect(x.grad == nil && w.grad == nil)
  }

  @Test func gradOfAMiddleTensor() {
    let x = leaf([1.0, 2.0])
    let y = x * 2
    same(grad((y * y).sum(), y), "tensor([4., 8.])")
    #expect(x.grad == nil)
  }

  @Test func allowUnused() {
    let x = leaf([1.0]), w = leaf([1.0])
    let g = grad(outputs: [(x * 2).sum()], inputs: [x, w], allowUnused: true)
    same(g[0], "tensor([2.])")
    #expect(g[1] == nil)
  }

  @Test func tensorHookReplaces() {
    let x = leaf([1.0, 2.0])
    let y = x * 3
    let seen = Mutex<[Double]>([])
    y.registerHook { g in
      seen.withLock { $0 = g.array() }
      return g * 10
    }
    let handle = x.registerHook { $0 + 1 }
    (y * 2).sum().backward()
    #expect(seen.withLock { $0 } == [2, 2])
    same(x.grad, "tensor([61., 61.])")
    handle.remove()
    x.grad = nil
    (x * 2).sum().backward()
    same(x.grad, "tensor([2., 2.])")
  }

  @Test func postAccumulateHook() {
    let x = leaf([1.0, 2.0])
    let seen = Mutex<[Double]>([])
    x.registerPostAccumulateGradHook { tensor in
      seen.withLock { $0 += tensor.grad!.array() }
      tensor.grad = nil
    }
    (x * 2).sum().backward()
    (x * 5).sum().backward()
    #expect(seen.withLock { $0 } == [2, 2, 5, 5])
    #expect(x.grad == nil)
  }

  @Test func retainGrad() {
    let x = leaf([1.0, 2.0])
    let y = x * x
    y.retainGrad()
    #expect(y.retainsGrad)
    (y * 3).sum().backward()
    same(y.grad, "tensor([3., 3.])")
    same(x.grad, "tensor([ 6., 12.])")
  }

  @Test func retainGradFollowsAWrite() {
    let x = Tensor.ones(3, requiresGrad: true), y = x * 2
    y.retainGrad()
    y.mul_(5)
    y.sum().backward()
    #expect(x.grad!.array() == [10.0, 10.0, 10.0] && y.grad!.array() == [1.0, 1.0, 1.0])
  }

  @Test func backwardIntoSomeInputs() {
    let a = Tensor([1.0, 2.0], requiresGrad: true), b = Tensor([3.0, 4.0], requiresGrad: true), c = a * b
    c.sum().backward(retainGraph: true, inputs: [a])
    #expect(a.grad!.array() == [3.0, 4.0] && b.grad == nil)
    (c * c).sum().backward(inputs: [c, b])
    #expect(c.grad!.array() == [6.0, 16.0] && b.grad!.array() == [6.0, 32.0] && a.grad!.array() == [3.0, 4.0])
    let unused = grad(outputs: [a.sum()], inputs: [a, b], materializeGrads: true)
    #expect(unused[1]!.array() == [0.0, 0.0])
  }

  @Test func detachCuts() {
    let x = leaf([1.0, 2.0])
    let y = x * 2
    let d = y.detach()
    #expect(!d.requiresGrad && d.isLeaf)
    (y * d).sum().backward()
    same(x.grad, "tensor([4., 8.])")
    noGrad { d.add_(1) }
    #expect(y.version == 1)
  }

  @Test func dataIsUnseen() {
    let x = leaf([1.0, 2.0])
    let y = x * 1
    let z = y * y
    y.data.mul_(10)
    #expect(y.version == 0)
    // As in PyTorch: the change went unseen, so the gradient uses the changed numbers.
    z.sum().backward()
    same(x.grad, "tensor([20., 40.])")
  }

  @Test func versionsCountWrites() {
    let x = Tensor.ones(2, 2)
    #expect(x.version == 0)
    x.add_(1)
    x[0].mul_(2)
    #expect(x.version == 2)
    #expect(x[1].version == 2)
    #expect(x.detach().version == 2)
    #expect(x.data.version == 0)
  }

  @Test func leavesAndFlags() {
    let x = leaf([1.0])
    let y = x * 2
    #expect(x.isLeaf && x.requiresGrad && x.gradFn == nil)
    #expect(!y.isLeaf && y.requiresGrad && y.gradFn?.name == "MulBackward0")
    #expect(y.gradFn?.nextFunctions.first??.name == "AccumulateGrad")
    #expect(Tensor([1.0]).isLeaf)
  }

  @Test func modes() {
    let x = leaf([1.0])
    noGrad {
      #expect(!(x * 2).requiresGrad)
      enableGrad { #expect((x * 2).requiresGrad) }
      #expect(!isGradEnabled())
    }
    #expect(isGradEnabled())
    setGradEnabled(false) { #expect(!(x * 2).requiresGrad) }
    let made = inferenceMode {
      #expect(isInferenceModeEnabled())
      return x * 2
    }
    #expect(!made.requiresGrad && !isInferenceModeEnabled())
    (made.clone() * x).sum().backward()
    same(x.grad, "tensor([2.])")
  }
}

/// Derivatives of derivatives, against closed forms.
@Suite struct DoubleBackwardTests {
  private let values = [0.3, -0.8, 1.7]

  /// The second derivative of a function of single numbers.
  private func second(_ f: (Tensor) -> Tensor) -> [Double] {
    let x = leaf(values, dtype: .float64)
    let g = grad(f(x).sum(), x, createGraph: true)
    return grad(g.sum(), x).array()
  }

  @Test func tanh() {
    for (x, h) in zip(values, second { $0.tanh() }) {
      let t = Tensor(x, dtype: .float64).tanh().item() as Double
      near(h, -2 * t * (1 - t * t))
    }
  }

  @Test func sigmoid() {
    for (x, h) in zip(values, second { $0.sigmoid() }) {
      let s = Tensor(x, dtype: .float64).sigmoid().item() as Double
      near(h, s * (1 - s) * (1 - 2 * s))
    }
  }

  @Test func exp() {
    for (x, h) in zip(values, second { $0.exp() }) { near(h, Tensor(x, dtype: .float64).exp().item()) }
  }

  @Test func reciprocalByDivision() {
    for (x, h) in zip(values, second { 1 / $0 }) { near(h, 2 / (x * x * x)) }
  }

  @Test func powers() {
    for (x, h) in zip(values, second { $0 ** 3 }) { near(h, 6 * x) }
    for (x, h) in zip(values, second { $0 * $0 * $0 * $0 }) { near(h, 12 * x * x) }
  }

  @Test func quotient() {
    // f = x / y: d2f/dxdy = -1 / y^2, d2f/dy2 = 2x / y^3.
    let x = leaf(3.0, dtype: .float64), y = leaf(2.0, dtype: .float64)
    let g = grad(x / y, y, createGraph: true)
    let h = grad(outputs: [g], inputs: [x, y])
    near(h[0]!.item(), -0.25)
    near(h[1]!.item(), 0.75)
  }

  @Test func matmul() {
    // f = sum((A B)^2); df/dA = 2 A B B', and the gradient of its sum over A is 2 (ones) B B'.
    let a = leaf([[1.0, 2.0], [3.0, 4.0]], dtype: .float64), b = leaf([[0.5, -1.0], [2.0, 1.5]], dtype: .float64)
    let ab = a.matmul(b)
    let g = grad((ab * ab).sum(), a, createGraph: true)
    let h = grad(g.sum(), a)
    let want = noGrad { 2 * Tensor.ones(2, 2, dtype: .float64).matmul(b).matmul(b.t()) }
    #expect(h.allclose(want, rtol: 1e-12))
  }

  @Test func softmax() {
    let x = leaf([0.5, -1.0, 2.0], dtype: .float64)
    let y = x.softmax(dim: 0) * Tensor([1.0, 2.0, 3.0], dtype: .float64)
    let g = grad(y.sum(), x, createGraph: true)
    let h: [Double] = grad((g * g).sum(), x).array()
    for (a, b) in zip(h, [0.2056782209, -0.0033939920, -0.2022842289]) { near(a, b, 2e-10) }
  }

  @Test func thirdDerivative() {
    let x = leaf(2.0, dtype: .float64)
    let first = grad(x ** 4, x, createGraph: true)
    let second = grad(first, x, createGraph: true)
    near(grad(second, x).item(), 48)
  }
}

/// Writes in place, and views of what was written; numbers recorded from PyTorch 2.
@Suite struct InPlaceTests {
  @Test func viewOfAMiddleTensor() {
    let x = leaf([[1.0, 2.0], [3.0, 4.0]])
    let base = x * 3
    base[0].mul_(2)
    (base * base).sum().backward()
    same(x.grad, "tensor([[ 72., 144.], [ 54., 72.]])")
  }

  @Test func viewTimesAWeight() {
    let x = leaf([[1.0, 2.0], [3.0, 4.0]]), w = leaf([2.0, 5.0])
    let base = x * 3
    base[0].mul_(w)
    (base * base).sum().backward()
    same(x.grad, "tensor([[ 72., 900.], [ 54., 72.]])")
    same(w.grad, "tensor([ 36., 360.])")
  }

  @Test func assignmentMakesATensorRequireGradients() {
    let w = leaf([1.0, 2.0, 3.0])
    let a = Tensor.zeros(2, 3)
    a[0] = w
    #expect(a.requiresGrad && a.gradFn?.name == "CopySlices")
    (a * a).sum().backward()
    same(w.grad, "tensor([2., 4., 6.])")
  }

  @Test func theViewAfterItWasWritten() {
    let x = leaf([1.0, 2.0, 3.0, 4.0])
    let base = x * 1
    let view = base[1..<3]
    view.mul_(2)
    (view * view).sum().backward()
    same(x.grad, "tensor([ 0., 16., 24., 0.])")
  }

  @Test func viewsOfViews() {
    let x = leaf([1.0, 2.0, 3.0, 4.0])
    let base = x * 1
    let turned = base.view(2, 2).t()
    turned[0].add_(1)
    turned[1].mul_(3)
    (base ** 2).sum().backward()
    same(x.grad, "tensor([ 4., 36., 8., 72.])")
  }

  @Test func aViewIsRenewedAfterItsBaseWasWritten() {
    let x = leaf([1.0, 2.0, 3.0])
    let base = x * 1
    let view = base[0..<2]
    base.mul_(4)
    #expect(view.gradFn?.name == "AsStridedBackward0")
    (view * view).sum().backward()
    same(x.grad, "tensor([32., 64., 0.])")
  }

  @Test func diagonalOfZeros() {
    let x = leaf([1.0, 2.0, 3.0, 4.0])
    let base = x * 1
    base.view(2, 2).diagonal().zero_()
    (base * base).sum().backward()
    same(x.grad, "tensor([0., 4., 6., 0.])")
  }

  @Test func assignmentFromItself() {
    let x = leaf([1.0, 2.0, 3.0, 4.0])
    let base = x * 1
    base[.slice(nil, nil, step: 2)] = base[.slice(1, nil, step: 2)] * 3
    (base * base).sum().backward()
    same(x.grad, "tensor([ 0., 40., 0., 80.])")
  }

  @Test func maskOfZeros() {
    let x = leaf([1.0, 2.0, 3.0, 4.0])
    let base = x * 2
    base[base .> 4] = 0
    (base * base).sum().backward()
    same(x.grad, "tensor([ 8., 16., 0., 0.])")
  }

  @Test func indexAssignment() {
    let x = leaf([1.0, 2.0, 3.0, 4.0]), w = leaf([5.0, 6.0])
    let base = x * 2
    base[Tensor([0, 2])] = w
    (base ** 2).sum().backward()
    same(x.grad, "tensor([ 0., 16., 0., 32.])")
    same(w.grad, "tensor([10., 12.])")
  }

  @Test func optimizerStep() {
    let w = leaf([1.0, 2.0])
    (w * w).sum().backward()
    noGrad { w -= 0.5 * w.grad! }
    same(w, "tensor([0., 0.], requires_grad=True)")
    w.grad!.zero_()
    w.sum().backward()
    same(w.grad, "tensor([1., 1.])")
  }
}

/// Gradients through ops with structure; numbers recorded from PyTorch 2.
@Suite struct GradientTests {
  @Test func indexThatRepeats() {
    let x = leaf([1.0, 2.0, 3.0])
    (x[Tensor([0, 0, 2])] * Tensor([1.0, 10.0, 100.0])).sum().backward()
    same(x.grad, "tensor([ 11., 0., 100.])")
  }

  @Test func unbindAndSplit() {
    let x = leaf([[1.0, 2.0], [3.0, 4.0]])
    let columns = x.unbind(dim: 1)
    (columns[0] * columns[1]).sum().backward()
    same(x.grad, "tensor([[2., 1.], [4., 3.]])")
    let y = leaf([1.0, 2.0, 3.0, 4.0, 5.0])
    let parts = y.split(splitSize: 2)
    (parts[0] * parts[1]).sum().backward()
    same(y.grad, "tensor([3., 4., 1., 2., 0.])")
  }

  @Test func expandAndBroadcast() {
    let x = leaf([[1.0], [2.0]])
    (x.expand(2, 3) * Tensor.arange(6.0).reshape(2, 3)).sum().backward()
    same(x.grad, "tensor([[ 3.], [12.]])")
    let a = leaf([1.0, 2.0, 3.0]), b = leaf([[2.0], [3.0]])
    (a * b).sum().backward()
    same(a.grad, "tensor([5., 5., 5.])")
    same(b.grad, "tensor([[6.], [6.]])")
  }

  @Test func extremes() {
    let x = leaf([1.0, 3.0, 3.0, 2.0])
    x.max().backward()
    same(x.grad, "tensor([0.0000, 0.5000, 0.5000, 0.0000])")
    let y = leaf([1.0, 3.0, 3.0, 2.0])
    y.max(dim: 0).values.backward()
    same(y.grad, "tensor([0., 1., 0., 0.])")
    let a = leaf([1.0, 2.0]), b = leaf([1.0, 3.0])
    a.maximum(b).sum().backward()
    same(a.grad, "tensor([0.5000, 0.0000])")
    same(b.grad, "tensor([0.5000, 1.0000])")
  }

  @Test func reductions() {
    let x = leaf([0.0, 4.0])
    x.std().backward()
    same(x.grad, "tensor([-0.7071, 0.7071])")
    let y = leaf([1.0, 2.0, 0.0, 4.0])
    y.prod().backward()
    same(y.grad, "tensor([0., 0., 8., 0.])")
    let z = leaf([1.0, 2.0, 3.0, 4.0])
    z.var(correction: 0).backward()
    same(z.grad, "tensor([-0.7500, -0.2500, 0.2500, 0.7500])")
  }

  @Test func scans() {
    let x = leaf([1.0, 2.0, 3.0, 4.0])
    (x.cumsum(dim: 0) * Tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    same(x.grad, "tensor([10., 9., 7., 4.])")
    let y = leaf([1.0, 2.0, 3.0, 4.0])
    y.cumprod(dim: 0).sum().backward()
    same(y.grad, "tensor([33., 16., 10., 6.])")
  }

  @Test func sorting() {
    let x = leaf([3.0, 1.0, 2.0])
    (x.sort().values * Tensor([1.0, 10.0, 100.0])).sum().backward()
    same(x.grad, "tensor([100., 1., 10.])")
    let y = leaf([3.0, 1.0, 2.0])
    (y.topk(k: 2).values * Tensor([1.0, 10.0])).sum().backward()
    same(y.grad, "tensor([ 1., 0., 10.])")
  }

  @Test func joining() {
    let x = leaf([[1.0, 2.0, 3.0]])
    (Tensor.cat([x, x * 2, x]) * Tensor([[1.0], [2.0], [3.0]])).sum().backward()
    same(x.grad, "tensor([[8., 8., 8.]])")
    let y = leaf([1.0, 2.0, 3.0])
    Tensor.stack([y, y * y], dim: 1).sum(dim: 0).prod().backward()
    same(y.grad, "tensor([26., 38., 50.])")
  }

  @Test func pointwise() {
    let x = leaf([-1.0, 0.5, 2.0])
    x.clamp(min: 0, max: 1).sum().backward()
    same(x.grad, "tensor([0., 1., 0.])")
    let y = leaf([-1.0, 0.0, 2.0])
    (y.abs() + y.relu()).sum().backward()
    same(y.grad, "tensor([-1., 0., 2.])")
    let a = leaf([2.0, 3.0]), b = leaf([3.0, 2.0])
    (a ** b).sum().backward()
    same(a.grad, "tensor([12., 6.])")
    same(b.grad, "tensor([5.5452, 9.8875])")
    let w = leaf([1.0, 2.0, 3.0, 4.0])
    Tensor.where(w .> 2, w * w, w * 10).sum().backward()
    same(w.grad, "tensor([10., 10., 6., 8.])")
  }

  @Test func gatherAndWindows() {
    let x = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (x.gather(dim: 1, index: Tensor([[0, 0], [2, 1]])) * Tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    same(x.grad, "tensor([[3., 0., 0.], [0., 4., 3.]])")
    let y = leaf([1.0, 2.0, 3.0, 4.0])
    (y.unfold(dimension: 0, size: 2, step: 1) * Tensor.arange(6.0).reshape(3, 2)).sum().backward()
    same(y.grad, "tensor([0., 3., 7., 5.])")
  }

  @Test func logSoftmaxOfLabels() {
    let x = leaf([[0.1, 0.2, 0.7], [1.0, 2.0, 3.0]])
    x.logSoftmax(dim: 1)[Tensor.arange(2), Tensor([0, 2])].sum().backward()
    same(x.grad, "tensor([[ 0.7454, -0.2814, -0.4640], [-0.0900, -0.2447, 0.3348]])")
  }
}

/// Graphs too long for recursion. In processes of their own, where no other test makes nodes.
@Suite struct LongChainTests {
  @Test func aMillionSums() async {
    await #expect(processExitsWith: .success) {
      let before = LiveObjects.nodeCount
      do {
        let x = Tensor([1.0], requiresGrad: true)
        var y = x
        for _ in 0..<1_000_000 { y = y + 1 }
        y.sum().backward()
        #expect(x.grad!.item() == 1)
        #expect(y.item() == 1_000_001)
      }
      #expect(LiveObjects.nodeCount == before)
    }
  }

  @Test func aMillionSumsThatNobodyWalks() async {
    await #expect(processExitsWith: .success) {
      let before = LiveObjects.nodeCount
      do {
        var y = Tensor([1.0], requiresGrad: true)
        for _ in 0..<1_000_000 { y = y + 1 }
      }
      #expect(LiveObjects.nodeCount == before)
    }
  }

  /// Each step holds the one before it twice, by both operands.
  @Test func aMillionSquaresThatNobodyWalks() async {
    await #expect(processExitsWith: .success) {
      let before = LiveObjects.nodeCount
      do {
        var y = Tensor([1.0], requiresGrad: true)
        for _ in 0..<1_000_000 { y = y * y }
      }
      #expect(LiveObjects.nodeCount == before)
    }
  }

  @Test func aMillionViews() async {
    await #expect(processExitsWith: .success) {
      let before = LiveObjects.nodeCount
      do {
        let x = Tensor([[1.0, 2.0]], requiresGrad: true)
        var y = x
        for _ in 0..<1_000_000 { y = y.t() }
        y.sum().backward()
        #expect(x.grad!.array() == [1.0, 1.0])
      }
      #expect(LiveObjects.nodeCount == before)
    }
  }

  @Test func manyWritesToViews() async {
    await #expect(processExitsWith: .success) {
      let before = LiveObjects.nodeCount
      do {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let y = x * 1
        for i in 0..<200_000 { y[i % 2].add_(1) }
        y.sum().backward()
        #expect(x.grad!.array() == [1.0, 1.0])
      }
      #expect(LiveObjects.nodeCount == before)
    }
  }
}
