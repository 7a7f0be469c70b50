import Testing
import TorchNN
import TorchOptim
import TutorialNetworks

/// Trainings on the device against the same on the processor: equal first weights, equal batches, nothing that draws.
@Suite(.serialized, .needsOpenCL) struct TrainingTests {
  /// One step's loss after the other.
  private static func losses(
    _ device: Device, steps: Int, model: () -> some Layer, batch: () -> (x: Tensor, y: Tensor),
    optimizer: ([Tensor]) -> Optimizer
  ) -> [Double] {
    let (model, (x, y)) = forkRNG {
      manualSeed(4)
      return (model(), batch())
    }
    model.to(device)
    let (there, wanted) = (x.to(device), y.to(device))
    let optimizer = optimizer(model.parameters())
    return (0..<steps).map { _ in
      optimizer.zeroGrad()
      let scores = model(there)
      let loss = F.crossEntropy(scores.reshape(-1, scores.size(-1)), wanted.reshape(-1))
      loss.backward()
      optimizer.step()
      return loss.item()
    }
  }

  private func compare(
    _ what: String, steps: Int, within tolerance: Double = 1e-4, model: () -> some Layer,
    batch: () -> (x: Tensor, y: Tensor),
    optimizer: ([Tensor]) -> Optimizer
  ) {
    let here = Self.losses(.cpu, steps: steps, model: model, batch: batch, optimizer: optimizer)
    let there = Self.losses(.opencl, steps: steps, model: model, batch: batch, optimizer: optimizer)
    let apart = zip(here, there).map { abs($0 - $1) }.max()!
    #expect(apart <= tolerance, "\(what): \(there) instead of \(here)")
    // What did not learn would prove little.
    #expect(here.last! < 0.9 * here[0], "\(what): \(here)")
  }

  @Test func networkForDigits() {
    compare("MLP", steps: 20) {
      digitNetwork()
    } batch: {
      (Tensor.randn(64, 1, 28, 28), Tensor.randint(0, 10, [64]))
    } optimizer: {
      Adam($0, lr: 0.001)
    }
  }

  @Test func recurrentNetworks() {
    for (layers, bidirectional) in [(1, false), (2, true)] {
      compare("LSTM of \(layers) layers", steps: 20) {
        TextClassifier(
          words: 40, embedSize: 16, hiddenSize: 24, classes: 2, layers: layers, bidirectional: bidirectional)
      } batch: {
        let words = Tensor.randint(0, 40, [32, 7])
        return (words, (words[0..., -2] .< 20).long())
      } optimizer: {
        Adam($0, lr: 0.01)
      }
    }
  }

  @Test func transformer() {
    compare("Transformer", steps: 20) {
      WordNetwork()
    } batch: {
      let words = Tensor.randint(0, 40, [8, 12])
      return (words, words.flip(dims: [1]))
    } optimizer: {
      Adam($0, lr: 0.002)
    }
  }

  @Test func networkForPhotographs() {
    compare("CNN", steps: 8) {
      PhotoClassifier(classes: 10, dropout: 0)
    } batch: {
      (Tensor.randn(8, 3, 32, 32), Tensor.arange(0, 8))
    } optimizer: {
      SGD($0, lr: 0.01, momentum: 0.9, weightDecay: 5e-4)
    }
  }

  /// Products in float16, the scale falling until no gradient overflows; dropout included.
  @Test func photographsInMixedPrecision() {
    let (model, x) = forkRNG {
      manualSeed(5)
      return (PhotoClassifier(classes: 10), Tensor.randn(8, 3, 32, 32))
    }
    model.to(.opencl)
    let there = x.to(.opencl), wanted = Tensor.arange(0, 8).to(.opencl)
    let optimizer = SGD(model.parameters(), lr: 0.01, momentum: 0.9)
    // Far too much at first: the first steps must be skipped.
    let scaler = GradScaler(initScale: 16_777_216)
    var losses: [Double] = [], steps = 0
    forkRNG {
      manualSeed(6)
      for _ in 0..<14 {
        optimizer.zeroGrad()
        let loss = autocast(.opencl, dtype: .float16) {
          let scores = model(there)
          #expect(scores.dtype == .float16)
          return F.crossEntropy(scores, wanted)
        }
        #expect(loss.dtype == .float32)
        scaler.scale(loss).backward()
        if scaler.step(optimizer) { steps += 1 }
        scaler.update()
        losses.append(loss.item())
      }
    }
    #expect(steps >= 6 && steps < 14, "\(steps) steps, scale \(scaler.scale)")
    #expect(scaler.scale < 16_777_216)
    #expect(losses.allSatisfy(\.isFinite) && losses.last! < 0.7 * losses[0], "\(losses)")
    for parameter in model.parameters() {
      #expect(parameter.dtype == .float32 && parameter.device == .opencl(0))
      #expect(parameter.isfinite().all().item() as Bool)
    }
  }
}
