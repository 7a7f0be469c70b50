import Testing
import TorchNN
import TorchOptim

/// Mixed precision: which dtype each op gives, what is cast once, how gradients and steps are scaled.
@Suite struct AutocastTests {
  typealias Ops = [(name: String, run: @Sendable (_ t: ([Int]) -> Tensor) -> Tensor)]

  private static func labels(_ shape: [Int]) -> Tensor { .zeros(shape, dtype: .int64) }

  /// As PyTorch 2.15's CPU: bfloat16 from float32 and from bfloat16.
  static let lower: Ops = [
    ("matmul", { $0([3, 4]).matmul($0([4, 5])) }), ("mm", { $0([3, 4]).mm($0([4, 5])) }),
    ("bmm", { $0([2, 3, 4]).bmm($0([2, 4, 5])) }), ("addmm", { $0([5]).addmm($0([3, 4]), $0([4, 5])) }),
    ("baddbmm", { $0([2, 3, 5]).baddbmm($0([2, 3, 4]), $0([2, 4, 5])) }),
    ("addbmm", { $0([3, 5]).addbmm($0([2, 3, 4]), $0([2, 4, 5])) }),
    ("vecdot", { Linalg.vecdot($0([3, 4]), $0([3, 4])) }), ("linear", { F.linear($0([3, 4]), $0([5, 4]), $0([5])) }),
    ("linear of a vector", { F.linear($0([4]), $0([5, 4]), $0([5])) }),
    ("einsum", { .einsum("ij,jk->ik", $0([3, 4]), $0([4, 5])) }),
    ("tensordot", { $0([3, 4]).tensordot($0([4, 5]), dims: 1) }), ("inner", { $0([3, 4]).inner($0([2, 4])) }),
    ("conv1d", { F.conv1d($0([1, 2, 8]), $0([3, 2, 3])) }),
    ("conv2d", { F.conv2d($0([1, 2, 8, 8]), $0([3, 2, 3, 3]), $0([3])) }),
    ("conv3d", { F.conv3d($0([1, 2, 8, 8, 8]), $0([3, 2, 3, 3, 3])) }),
    ("convTranspose1d", { F.convTranspose1d($0([1, 2, 8]), $0([2, 3, 3])) }),
    ("convTranspose2d", { F.convTranspose2d($0([1, 2, 8, 8]), $0([2, 3, 3, 3])) }),
    ("convTranspose3d", { F.convTranspose3d($0([1, 2, 8, 8, 8]), $0([2, 3, 3, 3, 3])) }),
    ("prelu", { F.prelu($0([3, 4]), $0([4])) }),
    ("attention", { F.scaledDotProductAttention($0([1, 2, 3, 4]), $0([1, 2, 3, 4]), $0([1, 2, 3, 4])) }),
    ("RNN", { RNN(3, 4)($0([5, 2, 3])).0 }), ("LSTM", { LSTM(3, 4)($0([5, 2, 3])).0 }),
  ]
  /// float32 from both.
  static let raise: Ops = [
    ("mse", { F.mseLoss($0([3]), $0([3])) }), ("l1", { F.l1Loss($0([3]), $0([3])) }),
    ("smoothL1", { F.smoothL1Loss($0([3]), $0([3])) }), ("huber", { F.huberLoss($0([3]), $0([3])) }),
    ("crossEntropy", { F.crossEntropy($0([3, 4]), labels([3])) }), ("nll", { F.nllLoss($0([3, 4]), labels([3])) }),
    ("bce", { F.binaryCrossEntropy($0([3]), $0([3])) }),
    ("bceLogits", { F.binaryCrossEntropyWithLogits($0([3]), $0([3])) }),
    ("kl", { F.klDiv($0([3]), $0([3])) }), ("poisson", { F.poissonNllLoss($0([3]), $0([3])) }),
    ("hinge", { F.hingeEmbeddingLoss($0([3]), $0([3])) }),
    ("cosineEmbedding", { F.cosineEmbeddingLoss($0([3, 4]), $0([3, 4]), .ones(3)) }),
    ("marginRanking", { F.marginRankingLoss($0([3]), $0([3]), .ones(3)) }),
    ("softMargin", { F.softMarginLoss($0([3]), $0([3])) }),
    ("triplet", { F.tripletMarginLoss($0([3, 4]), $0([3, 4]), $0([3, 4])) }),
    ("multiMargin", { F.multiMarginLoss($0([3, 4]), labels([3])) }),
    ("multilabelMargin", { F.multilabelMarginLoss($0([3, 4]), labels([3, 4])) }),
    ("cdist", { .cdist($0([30, 4]), $0([30, 4])) }),
    ("avgPool3d", { F.avgPool3d($0([1, 2, 4, 4, 4]), kernelSize: 2) }),
    ("adaptiveAvgPool3d", { F.adaptiveAvgPool3d($0([1, 2, 4, 4, 4]), outputSize: 1) }),
    ("gridSample", { F.gridSample($0([1, 2, 4, 4]), $0([1, 3, 3, 2])) }),
    ("reflecting pad", { F.pad($0([1, 2, 4]), pad: [1, 1], mode: .reflect) }), ("prod", { $0([3]).prod() }),
    ("prod along", { $0([3, 2]).prod(dim: 0) }), ("trace", { $0([3, 3]).trace() }),
    ("quantile", { $0([5]).quantile(q: 0.5) }),
  ]
  /// The dtype of the operand from both.
  static let keep: Ops = [
    ("mv", { $0([3, 4]).mv($0([4])) }), ("dot", { $0([4]).dot($0([4])) }), ("outer", { $0([4]).outer($0([4])) }),
    ("bilinear", { F.bilinear($0([3, 4]), $0([3, 5]), $0([6, 4, 5])) }), ("softmax", { $0([3, 4]).softmax(dim: -1) }),
    ("gelu", { F.gelu($0([3, 4])) }),
    ("layerNorm", { F.layerNorm($0([3, 4]), normalizedShape: [4], weight: .ones(4), bias: .ones(4)) }),
    ("groupNorm", { F.groupNorm($0([3, 4, 5]), numGroups: 2, weight: .ones(4), bias: .ones(4)) }),
    (
      "batchNorm",
      { F.batchNorm($0([3, 4, 5]), .zeros(4), .ones(4), weight: .ones(4), bias: .ones(4), training: true) }
    ),
    ("instanceNorm", { F.instanceNorm($0([3, 4, 5])) }),
    ("avgPool2d", { F.avgPool2d($0([1, 2, 4, 4]), kernelSize: 2) }),
    ("sum", { $0([3]).sum() }), ("cumsum", { $0([3]).cumsum(dim: 0) }), ("norm", { $0([3]).norm() }),
    ("exp", { $0([3]).exp() }), ("mean", { $0([3]).mean() }), ("GRU", { GRU(3, 4)($0([5, 2, 3])).0.float() }),
    ("normalize", { F.normalize($0([3, 4])) }), ("interpolate", { F.interpolate($0([1, 2, 4, 4]), scaleFactor: 2) }),
  ]

  @Test func dtypesAreTorchs() {
    let float: ([Int]) -> Tensor = { Tensor.rand($0) }, half: ([Int]) -> Tensor = { Tensor.rand($0).to(.bfloat16) }
    autocast(.cpu, dtype: .bfloat16) {
      for (name, run) in Self.lower {
        #expect(run(float).dtype == .bfloat16, "\(name)")
        #expect(run(half).dtype == .bfloat16, "\(name) of bfloat16")
      }
      for (name, run) in Self.raise {
        #expect(run(float).dtype == .float32, "\(name)")
        #expect(run(half).dtype == .float32, "\(name) of bfloat16")
      }
      for (name, run) in Self.keep {
        #expect(run(float).dtype == .float32, "\(name)")
        if name != "GRU" { #expect(run(half).dtype == .bfloat16, "\(name) of bfloat16") }
      }
      #expect(Tensor.ones(2, 2, dtype: .float64).matmul(.ones(2, 2, dtype: .float64)).dtype == .float64)
      #expect(Tensor.ones(2, 2, dtype: .int64).matmul(.ones(2, 2, dtype: .int64)).dtype == .int64)
      #expect(Tensor.ones(2, 2).matmul(.ones(2, 2, dtype: .bfloat16)).dtype == .bfloat16)
      #expect(F.mseLoss(Tensor.ones(2), .ones(2, dtype: .bfloat16)).dtype == .float32)
      #expect(Tensor.ones(2, 2).addmm_(.ones(2, 2), .ones(2, 2)).dtype == .float32)
      #expect(LSTMCell(3, 4)(Tensor.ones(2, 3)).0.dtype == .float32)
      #expect(TransformerEncoderLayer(4, 2, dimFeedforward: 8)(Tensor.ones(3, 1, 4)).dtype == .float32)
      #expect(MultiheadAttention(4, 2)(.ones(3, 1, 4), .ones(3, 1, 4), .ones(3, 1, 4)).weights?.dtype == .bfloat16)
    }
    #expect(Tensor.ones(2, 2).matmul(.ones(2, 2)).dtype == .float32)
  }

  @Test func scopesNest() {
    let x = Tensor.ones(2, 2)
    #expect(!isAutocastEnabled(.cpu))
    autocast(.cpu) {
      #expect(isAutocastEnabled(.cpu) && !isAutocastEnabled(.cuda))
      autocast(.cpu, enabled: false) { #expect(!isAutocastEnabled(.cpu) && x.matmul(x).dtype == .float32) }
      autocast(.cpu, dtype: .float16) { #expect(x.matmul(x).dtype == .float16) }
      autocast(.cuda) { #expect(x.matmul(x).dtype == .bfloat16 && isAutocastEnabled(.cuda)) }
      #expect(x.matmul(x).dtype == .bfloat16)
    }
    autocast(.cuda) { #expect(x.matmul(x).dtype == .float32) }
    #expect(!isAutocastEnabled(.cpu))
  }

  /// One cast a scope: two uses of a weight meet in one node, and a write makes the kept cast stale.
  @Test func weightsAreCastOnce() {
    let layer = Linear(3, 3, bias: false), x = Tensor.ones(2, 3)
    func casts(_ y: Tensor) -> Int {
      var seen: Set<ObjectIdentifier> = []
      func visit(_ node: Node?) {
        guard let node, seen.insert(ObjectIdentifier(node)).inserted else { return }
        for next in node.nextFunctions { visit(next) }
      }
      visit(y.gradFn)
      return seen.count
    }
    let kept = autocast(.cpu) { casts(layer(layer(x))) }
    let fresh = autocast(.cpu, cacheEnabled: false) { casts(layer(layer(x))) }
    #expect(kept == fresh - 1)
    autocast(.cpu) {
      let before: Float = layer(x).float().sum().item()
      noGrad { layer.weight.mul_(2) }
      #expect(abs(layer(x).float().sum().item() - 2 * before) <= 0.05 * abs(before))
      // What was cast without recording does not cut the graph later.
      noGrad { layer(x) }
      #expect(layer(x).requiresGrad)
    }
  }

  @Test func gradientsHaveTheDtypeOfTheWeights() {
    let layer = Linear(3, 2), x = Tensor.rand(4, 3)
    let loss = autocast(.cpu) { F.crossEntropy(layer(x), Tensor([0, 1, 0, 1])) }
    #expect(loss.dtype == .float32)
    loss.backward()
    #expect(layer.weight.grad?.dtype == .float32 && layer.bias?.grad?.dtype == .float32)
    let exact = grad(outputs: [F.crossEntropy(layer(x), Tensor([0, 1, 0, 1]))], inputs: [layer.weight])[0]!
    let apart: Float = (layer.weight.grad! - exact).abs().max().item()
    #expect(apart < 0.01)
  }

  /// Recorded from torch.amp.GradScaler: a parameter, the scale and the steps that went well, after each of seven steps.
  @Test func scalesAreTorchs() throws {
    let scaler = GradScaler(initScale: 4, growthInterval: 2)
    let p = Tensor([1.0, 2.0], requiresGrad: true), optimizer = SGD([p], lr: 0.1)
    let wanted: [(Float, Double, Int)] = [
      (0.9, 4, 1), (0.7, 8, 0), (0.7, 4, 0), (0.4, 4, 1), (0.3, 8, 0), (0.2, 8, 1), (0.2, 4, 0),
    ]
    for (factor, want) in zip([1, 2, Double.infinity, 3, 1, 1, .nan], wanted) {
      optimizer.zeroGrad()
      scaler.scale((p * factor).sum()).backward()
      #expect(scaler.step(optimizer) == factor.isFinite)
      scaler.update()
      #expect(abs(p.detach()[0].item() - want.0) < 1e-6 && scaler.scale == want.1)
      #expect(scaler.stateDict()["_growth_tracker"]?.int == want.2)
    }
    let other = GradScaler()
    try other.loadStateDict(scaler.stateDict())
    #expect(other.scale == 4 && other.growthInterval == 2)
    #expect(throws: OptimizerStateError.self) { try other.loadStateDict(["scale": .double(2)]) }
    #expect(other.scale == 4)
    #expect(scaler.scale(Tensor(1.0).to(.bfloat16)).dtype == .float32)
    #expect(scaler.scale(Tensor.ones(2, dtype: .float16)).dtype == .float16)
  }

  @Test func unscalingComesBeforeClipping() {
    let scaler = GradScaler(initScale: 1024)
    let p = Tensor([1.0], requiresGrad: true), optimizer = SGD([p], lr: 1)
    scaler.scale((p * 3).sum()).backward()
    scaler.unscale_(optimizer)
    #expect(p.grad!.item() as Float == 3)
    #expect(scaler.step(optimizer) && p.detach().item() as Float == -2)
    scaler.update()

    let off = GradScaler(enabled: false), loss = Tensor(2.0)
    #expect(off.scale(loss) === loss && off.scale == 1 && off.stateDict().isEmpty)
    off.unscale_(optimizer)
    off.update()
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        autocast(.cpu, dtype: .float32) {}
      }, "dtype wants to be bfloat16 or float16, it is float32")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        GradScaler().update()
      }, "no optimizer was stepped or unscaled since the last update(); call step(optimizer) first")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let p = Tensor([1.0], requiresGrad: true), optimizer = SGD([p]), scaler = GradScaler()
        scaler.scale(p.sum()).backward()
        scaler.step(optimizer)
        scaler.step(optimizer)
      }, "was called already on this optimizer since the last update(); call update() after each step")
  }
}
