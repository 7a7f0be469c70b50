import Testing
import TorchNN

/// Layers that run as one give what they give one by one, and only where nobody could tell.
///
/// What is compared with is the same model with `backends.cpu.foldedNorms` off, which is a setting of the whole process.
@Suite(.serialized) struct LayerChainTests {
  /// The largest difference of the two ways, relative to the largest number; and their strides.
  private func compare(_ x: Tensor, _ work: (Tensor) -> Tensor) -> (error: Double, sameStrides: Bool) {
    noGrad {
      backends.cpu.foldedNorms = false
      let plain = work(x)
      backends.cpu.foldedNorms = true
      let quick = work(x)
      #expect(quick.shape == plain.shape)
      let error = (quick - plain).abs().max().item() / Swift.max(plain.abs().max().item(), 1e-30)
      return (error, quick.stride() == plain.stride())
    }
  }

  /// Statistics and scales that are not 0 and 1.
  private func shake(_ model: Module) {
    noGrad {
      for case let norm as BatchNorm2d in model.modules() {
        norm.runningMean!.normal_(mean: 0, std: 0.3)
        norm.runningVar!.uniform_(from: 0.5, to: 2)
        norm.weight?.uniform_(from: 0.5, to: 1.5)
        norm.bias?.normal_(mean: 0, std: 0.2)
      }
    }
    model.eval()
  }

  private func seeded<R>(_ seed: Int, _ body: () -> R) -> R {
    forkRNG {
      manualSeed(seed)
      return body()
    }
  }

  private func block(
    _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1, padding: Int = 1, groups: Int = 1,
    bias: Bool = false, _ activation: any Layer = ReLU(inplace: true)
  ) -> Sequential {
    Sequential(
      Conv2d(
        inputs, outputs, kernelSize: kernel, stride: stride, padding: padding, groups: groups, bias: bias),
      BatchNorm2d(outputs), activation)
  }

  @Test(arguments: [(1, 9), (3, 12), (4, 12), (7, 11), (33, 10)]) func convolutions(_ channels: Int, _ size: Int) {
    seeded(channels) {
      for kernel in [1, 2, 3, 5] {
        for stride in [1, 2] {
          for padding in [0, kernel / 2] {
            let model = block(channels, 19, kernel: kernel, stride: stride, padding: padding, bias: kernel == 3)
            shake(model)
            let x = Tensor.randn(2, channels, size, size + 3)
            for input in [x, x.contiguous(memoryFormat: .channelsLast), x.transpose(2, 3)] {
              let (error, same) = compare(input) { model($0) }
              #expect(error < 1e-5 && same, "kernel \(kernel), stride \(stride), padding \(padding)")
            }
          }
        }
      }
    }
  }

  @Test func activations() {
    seeded(1) {
      for activation: any Layer in [ReLU(), ReLU6(), Hardswish(), SiLU(), Tanh()] {
        let model = block(5, 21, activation)
        shake(model)
        let (error, same) = compare(Tensor.randn(3, 5, 8, 9) * 4) { model($0) }
        #expect(error < 1e-5 && same, "\(activation)")
      }
    }
  }

  /// Narrow, wide, depthwise layers, pools and what no chain has, in one sequence.
  @Test func longSequences() {
    seeded(2) {
      let model = Sequential(
        block(3, 20, stride: 2), MaxPool2d(3, stride: 2, padding: 1), block(20, 50, kernel: 1, padding: 0, ReLU6()),
        block(50, 50, stride: 2, groups: 50, ReLU6()), Conv2d(50, 24, kernelSize: 1, bias: false), BatchNorm2d(24),
        block(24, 24, groups: 24, Hardswish()), Conv2d(24, 17, kernelSize: 1), Sigmoid(),
        Conv2d(17, 8, kernelSize: 3, padding: 1, paddingMode: .reflect), AvgPool2d(2), Flatten(), Linear(48, 5))
      shake(model)
      let x = Tensor.randn(2, 3, 40, 44)
      for input in [x, x.contiguous(memoryFormat: .channelsLast)] {
        let (error, same) = compare(input) { model($0) }
        #expect(error < 1e-5 && same)
      }
      // Weights that lie channels last make results that do.
      _ = model.to(memoryFormat: .channelsLast)
      let (error, same) = compare(x) { model[0..<8]($0) }
      #expect(error < 1e-5 && same)
    }
  }

  /// Every write to what a convolution was folded from is seen.
  @Test func writesAreSeen() {
    seeded(3) {
      let model = block(4, 6, bias: true)
      shake(model)
      let x = Tensor.randn(1, 4, 6, 6), norm = model[1] as! BatchNorm2d, convolution = model[0] as! Conv2d
      let writes: [() -> Void] = [
        { convolution.weight.mul_(2) }, { convolution.weight.data.add_(0.1) }, { convolution.bias!.fill_(1) },
        { norm.runningMean!.add_(1) }, { norm.runningVar!.mul_(3) }, { norm.weight!.neg_() }, { norm.bias!.sub_(1) },
        { convolution.weight = Tensor.randn(6, 4, 3, 3) }, { norm.weight = nil }, { convolution.bias = nil },
      ]
      for (i, write) in writes.enumerated() {
        _ = noGrad { model(x) }
        noGrad(write)
        #expect(compare(x) { model($0) }.error < 1e-5, "write \(i)")
      }
    }
  }

  /// Hooks run, subclasses are asked, and recording goes the plain way.
  @Test func nothingIsPassedOver() {
    final class Doubled: BatchNorm2d {
      override func forward(_ x: Tensor) -> Tensor { super.forward(x) * 2 }
    }
    seeded(4) {
      let x = Tensor.randn(2, 3, 8, 8)
      let subclassed = Sequential(Conv2d(3, 4, kernelSize: 3), Doubled(4), ReLU())
      shake(subclassed)
      #expect(compare(x) { subclassed($0) }.error < 1e-5)

      let model = block(3, 4)
      shake(model)
      var seen: [Int] = []
      let handle = model[1].registerForwardHook(any: { _, _, _ in seen.append(1) })
      noGrad { _ = model(x) }
      #expect(seen == [1])
      handle.remove()
      noGrad { _ = model(x) }
      #expect(seen == [1])

      #expect(model(x).requiresGrad)
      #expect(!noGrad { model(x) }.requiresGrad)
      // A norm that takes the batch's statistics stays one.
      let before = (model[1] as! BatchNorm2d).runningMean!.clone()
      model[1].train()
      noGrad { _ = model(x) }
      #expect(!(model[1] as! BatchNorm2d).runningMean!.equal(before))
    }
  }

  @Test func oddNumbersComeThrough() {
    seeded(5) {
      let model = Sequential(block(3, 4), MaxPool2d(2))
      shake(model)
      let x = Tensor.randn(1, 3, 12, 12)
      x[0, 1, 2, 3] = Tensor(Double.nan)
      noGrad {
        let quick = model(x)
        backends.cpu.foldedNorms = false
        let plain = model(x)
        backends.cpu.foldedNorms = true
        #expect(quick.isnan().equal(plain.isnan()))
        #expect(quick.isnan().any().item() == 1)
      }
      #expect(noGrad { model(Tensor.empty(0, 3, 12, 12)) }.shape == [0, 4, 6, 6])
    }
  }

  /// Equal bits for any number of threads.
  @Test func threads() {
    seeded(6) {
      let model = Sequential(
        block(3, 32, stride: 2), block(32, 96, kernel: 1, padding: 0), block(96, 96, groups: 96),
        Conv2d(96, 24, kernelSize: 1), BatchNorm2d(24), block(24, 70))
      shake(model)
      let x = Tensor.randn(3, 3, 33, 29), count = numThreads()
      defer { setNumThreads(count) }
      let results = [1, 2, 3].map { threads in
        setNumThreads(threads)
        return noGrad { model(x) }
      }
      #expect(results[1].equal(results[0]) && results[2].equal(results[0]))
    }
  }
}
