import Testing
import TorchNN

/// Batch norms in passes of their own, alone and with what follows them, against the tensor ops and planes that
/// `backends.cpu.fusedNorms` off leaves; that is a setting of the whole process.
@Suite(.serialized) struct NormThenReluTests {
  /// What one way of computing gives: the result, all gradients, and the statistics that ran along.
  private struct Run {
    var name: String?
    var tensors: [Tensor]
    var strides: [Int]
  }

  private func seeded<R>(_ seed: Int, _ body: () -> R) -> R {
    forkRNG {
      manualSeed(seed)
      return body()
    }
  }

  private func norm(_ channels: Int, rank: Int, affine: Bool, training: Bool) -> BatchNorm {
    let norm: BatchNorm =
      switch rank {
      case 4: BatchNorm2d(channels, affine: affine)
      case 5: BatchNorm3d(channels, affine: affine)
      default: BatchNorm1d(channels, affine: affine)
      }
    noGrad {
      norm.weight?.uniform_(from: 0.5, to: 1.5)
      norm.bias?.normal_(mean: 0, std: 0.3)
      norm.runningMean!.normal_(mean: 0, std: 0.5)
      norm.runningVar!.uniform_(from: 0.5, to: 2)
    }
    norm.train(training)
    return norm
  }

  private func run(
    fused: Bool, _ norm: BatchNorm, _ x: Tensor, _ plus: Tensor?, _ g: Tensor, relu: Bool, twice: Bool
  ) -> Run {
    backends.cpu.fusedNorms = fused
    defer { backends.cpu.fusedNorms = true }
    let norm = norm.copy(), x = x.detach().clone().requiresGrad_(), plus = plus?.detach().clone().requiresGrad_()
    let out = relu ? NormThenRelu.run(norm, x, plus: plus, ReLU(inplace: true)) : norm(x)
    let inputs = [x] + [plus, norm.weight, norm.bias].compactMap { $0 }
    var gradients = grad(outputs: [out], inputs: inputs, gradOutputs: [g], createGraph: twice).map { $0! }
    if twice {
      let total = gradients.reduce(Tensor(0.0)) { $0 + ($1 * $1).sum() }
      // Evaluation without weights is linear: there is nothing to be had twice.
      if total.requiresGrad {
        gradients += grad(outputs: [total], inputs: inputs, allowUnused: true).compactMap { $0 }
      }
    }
    return Run(
      name: out.gradFn?.name, tensors: [out.detach(), norm.runningMean!, norm.runningVar!] + gradients,
      strides: out.stride() + gradients[0].stride())
  }

  private func near(_ a: Run, _ b: Run, _ what: String) {
    #expect(a.name == b.name && a.tensors.count == b.tensors.count && a.strides == b.strides, "\(what)")
    for (i, (x, y)) in zip(a.tensors, b.tensors).enumerated() {
      let error: Double = (x - y).abs().max().item() / (1 + y.abs().max().item() as Double)
      #expect(x.shape == y.shape && error < 2e-5, "\(what): tensor \(i) is off by \(error)")
    }
  }

  @Test(arguments: [[6, 5], [4, 3, 9], [3, 5, 6, 7], [2, 17, 3, 3], [5, 64, 8, 8], [2, 3, 4, 3, 5]])
  func sameAsOps(_ shape: [Int]) {
    seeded(shape.count) {
      for training in [true, false] {
        for affine in [true, false] {
          for relu in [true, false] {
            for format in [MemoryFormat.contiguousFormat, shape.count == 5 ? .channelsLast3d : .channelsLast] {
              if format != .contiguousFormat && shape.count < 4 { continue }
              let norm = norm(shape[1], rank: shape.count, affine: affine, training: training)
              let x = (Tensor.randn(shape) * 2 + 0.5).contiguous(memoryFormat: format), g = Tensor.randn(shape)
              let plus = relu ? Tensor.randn(shape).contiguous(memoryFormat: format) : nil
              for added in [plus, nil] {
                for twice in [false, true] {
                  let runs = [true, false].map {
                    run(fused: $0, norm, x, added, g.contiguous(memoryFormat: format), relu: relu, twice: twice)
                  }
                  near(runs[0], runs[1], "\(shape) training \(training) affine \(affine) relu \(relu) \(format)")
                }
              }
            }
          }
        }
      }
    }
  }

  /// A sequence joins the two, and only where nobody watches.
  @Test func sequences() {
    seeded(1) {
      let model = Sequential(
        Conv2d(3, 8, kernelSize: 3), BatchNorm2d(8), ReLU(inplace: true), Flatten(), Linear(8 * 16, 2))
      let x = Tensor.randn(4, 3, 6, 6)
      func step(fused: Bool) -> [Tensor] {
        backends.cpu.fusedNorms = fused
        defer { backends.cpu.fusedNorms = true }
        let model = model.copy()
        let loss = model(x).square().mean()
        loss.backward()
        return [loss.detach()] + model.parameters().map { $0.grad! }
      }
      for (a, b) in zip(step(fused: true), step(fused: false)) {
        #expect((a - b).abs().max().item() < 1e-5 * (1 + b.abs().max().item()))
      }
      var seen = 0
      let handle = model[1].registerForwardHook(any: { _, _, _ in seen += 1 })
      _ = model(x)
      handle.remove()
      _ = model(x)
      #expect(seen == 1)
    }
  }

  @Test func halfTypes() {
    seeded(2) {
      let norm = norm(6, rank: 4, affine: true, training: true), x = Tensor.randn(3, 6, 5, 5).to(.bfloat16)
      let runs = [true, false].map { fused in
        backends.cpu.fusedNorms = fused
        defer { backends.cpu.fusedNorms = true }
        let x = x.clone().requiresGrad_(), out = NormThenRelu.run(norm.copy(), x, ReLU())
        out.sum().backward()
        return (out.detach(), x.grad!)
      }
      #expect(runs[0].0.dtype == .bfloat16 && runs[0].1.dtype == .bfloat16)
      #expect((runs[0].0.to(.float32) - runs[1].0.to(.float32)).abs().max().item() < 0.04)
      #expect((runs[0].1.to(.float32) - runs[1].1.to(.float32)).abs().max().item() < 0.04)
    }
  }

  @Test func oddNumbersComeThrough() {
    seeded(3) {
      let norm = norm(4, rank: 4, affine: true, training: false), x = Tensor.randn(2, 4, 3, 5)
      x[0, 1, 2, 3] = Tensor(Double.nan)
      x[1, 2, 0, 0] = Tensor(-Double.infinity)
      let out = noGrad { NormThenRelu.run(norm, x, ReLU()) }
      #expect(out[0, 1, 2, 3].isnan().item() == 1 && out[1, 2, 0, 0].item() == 0)
      #expect(out.isnan().sum().item() == 1)
    }
  }
}
