import Testing
import TorchNN
import TorchOptim

/// Recurrent layers and optimizers by CUDA's kernels, on a card or on the fake driver.
@Suite(.serialized, .enabled(if: CUDA.isAvailable, "CUDA has no device here"))
struct TrainingCUDATests {
  /// Parameters and losses of a few steps.
  private func trained(_ layer: Module, _ device: Device, _ make: ([Tensor]) -> Optimizer) -> [Tensor] {
    layer.to(device)
    let optimizer = make(layer.parameters())
    let x = (Tensor.arange(0, 5 * 2 * 4).to(.float32) * 0.37).sin().view(5, 2, 4).to(device)
    var losses: [Tensor] = []
    for _ in 0..<3 {
      optimizer.zeroGrad()
      let y = (layer as? LSTM)?.callAsFunction(x).0 ?? (layer as! HiddenStateLayer)(x).0
      let loss = (y - 0.3).square().mean()
      loss.backward()
      optimizer.step()
      losses.append(loss.detach().cpu())
    }
    return losses + layer.parameters().map { $0.detach().cpu() }
  }

  @Test func recurrentLayersTrain() {
    let layers: [() -> Module] = [
      { LSTM(4, 6, bidirectional: true) }, { GRU(4, 6, bidirectional: true) }, { RNN(4, 6) },
      { RNN(4, 6, nonlinearity: .relu) },
    ]
    for (index, make) in layers.enumerated() {
      func layer() -> Module {
        forkRNG {
          manualSeed(5)
          return make()
        }
      }
      let wanted = trained(layer(), .cpu) { AdamW($0, lr: 0.02) }, got = trained(layer(), .cuda) { AdamW($0, lr: 0.02) }
      for (theirs, ours) in zip(wanted, got) {
        #expect(ours.allclose(theirs, rtol: 1e-4, atol: 1e-5), "layer \(index)")
      }
    }
  }

  @Test func optimizersStep() {
    for (name, make) in DeviceOptimizerTests.makers {
      for (dtype, tolerance) in [(DType.float32, 2e-5), (.float64, 1e-12)] {
        let wanted = DeviceOptimizerTests.trained(make, .cpu, dtype, steps: 3)
        let got = DeviceOptimizerTests.trained(make, .cuda, dtype, steps: 3)
        for (theirs, ours) in zip(wanted, got) {
          #expect(ours.allclose(theirs, rtol: tolerance, atol: tolerance), "\(name) of \(dtype)")
        }
      }
    }
  }
}
