import Testing
import TorchNN

/// Dense kernels of several pixels with what follows them, by tiles or on the matrix unit, against layer after layer.
///
/// What is compared with is the same work with `backends.cpu.foldedNorms` off, which is a setting of the whole process.
@Suite(.serialized) struct FoldedConvolutionTests {
  private func seeded<R>(_ seed: Int, _ body: () -> R) -> R {
    forkRNG {
      manualSeed(seed)
      return body()
    }
  }

  private func block(
    _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1, dilation: Int = 1, bias: Bool = false,
    _ activation: (any Layer)? = ReLU(inplace: true)
  ) -> Sequential {
    let layers: [any Layer] = [
      Conv2d(
        inputs, outputs, kernelSize: kernel, stride: stride, padding: kernel / 2, dilation: dilation, bias: bias),
      BatchNorm2d(outputs),
    ]
    let model = Sequential(layers + [activation].compactMap { $0 }), norm = layers[1] as! BatchNorm2d
    noGrad {
      norm.runningMean!.normal_(mean: 0, std: 0.3)
      norm.runningVar!.uniform_(from: 0.5, to: 2)
      norm.weight!.uniform_(from: 0.5, to: 1.5)
      norm.bias!.normal_(mean: 0, std: 0.2)
    }
    model.eval()
    return model
  }

  /// The plain way's result and the quick one's.
  private func both(_ work: () -> Tensor) -> (plain: Tensor, quick: Tensor) {
    noGrad {
      backends.cpu.foldedNorms = false
      let plain = work()
      backends.cpu.foldedNorms = true
      return (plain, work())
    }
  }

  private func expectSame(_ what: String, _ work: () -> Tensor) {
    let (plain, quick) = both(work)
    #expect(quick.shape == plain.shape && quick.stride() == plain.stride(), "\(what)")
    let error = (quick - plain).abs().max().item() as Double, largest = plain.abs().max().item() as Double
    #expect(error <= 1e-5 * largest, "\(what): \(error) of \(largest)")
  }

  /// Sizes of tiles and sizes of the unit; every layout of input and weights.
  @Test(arguments: [(64, 64, 24), (40, 72, 17), (256, 256, 14), (128, 130, 9)])
  func normsAndActivations(_ inputs: Int, _ outputs: Int, _ size: Int) {
    seeded(inputs) {
      let x = Tensor.randn(2, inputs, size, size + 1)
      for (kernel, stride, dilation) in [(3, 1, 1), (3, 2, 1), (1, 2, 1), (3, 1, 2), (5, 1, 1)] {
        for activation: (any Layer)? in [ReLU(), ReLU6(), Tanh(), nil] {
          let model = block(
            inputs, outputs, kernel: kernel, stride: stride, dilation: dilation, bias: kernel == 3, activation)
          let what =
            "kernel \(kernel), stride \(stride), dilation \(dilation), \(activation.map { "\($0)" } ?? "alone")"
          expectSame(what) { model(x * 3) }
          expectSame(what + ", channels last") { model(x.contiguous(memoryFormat: .channelsLast)) }
          _ = model.to(memoryFormat: .channelsLast)
          expectSame(what + ", weights too") { model(x) }
        }
      }
    }
  }

  @Test func sums() {
    seeded(2) {
      let relu = ReLU(inplace: true)
      for stride in [1, 2] {
        let model = block(96, 64, stride: stride), size = 20 / stride
        let x = Tensor.randn(3, 96, 20, 20), plus = Tensor.randn(3, 64, size, size)
        for plus in [plus, plus.contiguous(memoryFormat: .channelsLast), plus[..., ..<1, ..<1]] {
          let kept = plus.clone()
          expectSame("stride \(stride), plus \(plus.shape)") {
            FoldedConvolution.run(model[0], model[1], x, plus: { plus }, relu)
          }
          #expect(plus.equal(kept))
        }
      }
    }
  }

  /// Where a tile or the unit takes the convolution no norm runs by itself; a hook and a recorded gradient see all layers.
  @Test func onlyWhereNobodyLooks() {
    seeded(3) {
      let model = block(64, 64), x = Tensor.randn(4, 64, 32, 32)
      func norms(_ work: () -> Tensor) -> Int { profile { _ = work() }.keyAverages()["batch_norm"]?.count ?? 0 }
      #expect(norms { noGrad { model(x) } } == 0)
      #expect(norms { model(x) } == 1)
      backends.cpu.foldedNorms = false
      #expect(norms { noGrad { model(x) } } == 1)
      backends.cpu.foldedNorms = true
      var seen = 0
      let handle = model[0].registerForwardHook(any: { _, _, _ in seen += 1 })
      #expect(norms { noGrad { model(x) } } == 1 && seen == 1)
      handle.remove()
      #expect(norms { noGrad { model(x) } } == 0)
    }
  }

  /// Every write to what is kept beside the weights, or worked in, is seen.
  @Test func writesAreSeen() {
    seeded(4) {
      for (stride, channels) in [(1, 64), (2, 64), (1, 256)] {
        let model = block(channels, channels, stride: stride, bias: true)
        let x = Tensor.randn(1, channels, 14, 14), norm = model[1] as! BatchNorm2d, convolution = model[0] as! Conv2d
        let writes: [() -> Void] = [
          { convolution.weight.mul_(2) }, { convolution.bias!.fill_(1) }, { norm.runningMean!.add_(1) },
          { norm.runningVar!.mul_(3) }, { norm.weight!.neg_() }, { norm.bias!.sub_(1) }, { norm.weight = nil },
          { convolution.weight.data = Tensor.randn(channels, channels, 3, 3) }, { convolution.bias = nil },
        ]
        for (i, write) in writes.enumerated() {
          _ = noGrad { model(x) }
          noGrad(write)
          expectSame("write \(i), stride \(stride), \(channels) channels") { model(x) }
        }
      }
    }
  }

  /// Infinite weights go another way than the matrix unit's.
  @Test func numbersThatAreNotFinite() {
    seeded(5) {
      for value in [Double.infinity, .nan] {
        let model = block(128, 64, stride: 2, nil), x = Tensor.randn(2, 128, 16, 16)
        noGrad { _ = (model[0] as! Conv2d).weight[3, 5, 1, 1].fill_(value) }
        let (plain, quick) = both { model(x) }
        #expect(plain.isnan().equal(quick.isnan()) && plain.isinf().equal(quick.isinf()))
        let pixel = x.clone()
        noGrad { _ = pixel[1, 7, 8, 8].fill_(value) }
        let clean = block(128, 64, stride: 2, nil), (a, b) = both { clean(pixel) }
        func finite(_ t: Tensor) -> Tensor { t.nanToNum(nan: 0, posinf: 1, neginf: -1) }
        #expect(a.isnan().equal(b.isnan()) && finite(a).allclose(finite(b), rtol: 1e-4, atol: 1e-4))
      }
    }
  }
}
