import TorchNN
import TorchOptim

/// One thing that a device and the processor both compute.
struct SelfCheck: Sendable {
  let name: String
  let tolerance: Double
  /// Results on a device, which may be the processor; draws come from the seed alone.
  let results: @Sendable (Device) -> [Tensor]

  func largestError(_ device: Device) -> Double {
    func computed(_ device: Device) -> [Tensor] {
      forkRNG {
        manualSeed(20)
        return results(device).map { $0.detach().cpu().double() }
      }
    }
    // By the largest number of a result: what cancels out in a sum leaves the errors of what it was made of.
    return zip(computed(device), computed(.cpu)).map { got, wanted in
      wanted.numel() == 0 ? 0 : (got - wanted).abs().max().item() / Swift.max(wanted.abs().max().item(), 1)
    }.max() ?? 0
  }
}

enum SelfChecks {
  private static func normal(_ device: Device, _ shape: Int...) -> Tensor { Tensor.randn(shape).to(device) }

  /// Values of an op and the gradients of its operands.
  private static func withGradients(_ operands: [Tensor], _ op: ([Tensor]) -> Tensor) -> [Tensor] {
    for x in operands { x.requiresGrad = true }
    let out = op(operands)
    (out * out).sum().backward()
    return [out] + operands.map { $0.grad! }
  }

  static let all: [SelfCheck] = [
    SelfCheck(name: "copies there and back", tolerance: 0) { [normal($0, 1000, 33).transpose(0, 1).contiguous()] },
    SelfCheck(name: "pointwise functions and gradients", tolerance: 1e-5) { device in
      withGradients([normal(device, 200, 70), normal(device, 70)]) { F.gelu($0[0] * $0[1]).tanh() + $0[0].sigmoid() }
    },
    SelfCheck(name: "sums and extremes", tolerance: 1e-5) { device in
      let x = normal(device, 40, 50, 60)
      return [x.sum(dim: 1), x.amax(dim: [0, 2]), x.mean()]
    },
    SelfCheck(name: "matrix products", tolerance: 1e-5) { device in
      withGradients([normal(device, 130, 70), normal(device, 70, 90)]) { $0[0].matmul($0[1]) }
    },
    SelfCheck(name: "convolutions", tolerance: 1e-5) { device in
      withGradients([normal(device, 2, 3, 16, 16), normal(device, 8, 3, 3, 3)]) {
        F.conv2d($0[0], $0[1], stride: 2, padding: 1)
      }
    },
    SelfCheck(name: "max pools", tolerance: 1e-6) { device in
      withGradients([normal(device, 2, 3, 16, 16)]) { F.maxPool2d($0[0], kernelSize: 2) }
    },
    SelfCheck(name: "softmax and layer norm", tolerance: 1e-5) { device in
      withGradients([normal(device, 20, 100)]) { F.layerNorm($0[0].softmax(dim: -1), normalizedShape: [100]) }
    },
    SelfCheck(name: "embedding, gather, sort", tolerance: 1e-6) { device in
      let x = normal(device, 50, 20), index = Tensor([3, 7, 3, 49, 0]).to(device)
      return withGradients([x]) { F.embedding(index, $0[0]) } + [x.detach().sort(dim: 1).values]
    },
    SelfCheck(name: "LSTM and GRU", tolerance: 1e-5) { device in
      let lstm = LSTM(10, 24, bidirectional: true), gru = GRU(48, 16)
      for layer in [lstm, gru] as [Module] { layer.to(device) }
      let weights = lstm.parameters() + gru.parameters(), x = normal(device, 7, 5, 10).requiresGrad_()
      let out = gru(lstm(x).0).0
      out.square().sum().backward()
      return [out] + ([x] + weights).map { $0.grad! }
    },
    SelfCheck(name: "random numbers, against PyTorch's on CUDA", tolerance: 6e-5) { device in
      if device.kind == .cpu { return publishedNumbers }
      manualSeed(0)
      let first = Tensor.rand(10, device: device), second = Tensor.rand(10, device: device)
      manualSeed(0)
      return [first, second, .randn(16, device: device)]
    },
    SelfCheck(name: "training an MLP with Adam, 20 losses", tolerance: 1e-4) { device in
      losses(Sequential(Linear(20, 64), ReLU(), Linear(64, 5)), device, input: [64, 20], steps: 20)
    },
    SelfCheck(name: "training a small CNN with Adam, 8 losses", tolerance: 1e-3) { device in
      losses(
        Sequential(
          Conv2d(1, 8, kernelSize: 3, padding: 1), BatchNorm2d(8), ReLU(), MaxPool2d(2), Flatten(), Linear(8 * 49, 5)),
        device, input: [16, 1, 14, 14], steps: 8)
    },
  ]

  /// What people have published of seed 0: twice ten numbers of `torch.rand`, and sixteen of `torch.randn`.
  private static let publishedNumbers = [
    Tensor([0.3990, 0.5167, 0.0249, 0.9401, 0.9459, 0.7967, 0.4150, 0.8203, 0.2290, 0.9096]),
    Tensor([0.9722, 0.7910, 0.4690, 0.3300, 0.3345, 0.3783, 0.7640, 0.6405, 0.1103, 0.3594]),
    Tensor(
      [
        -0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284, -1.0745, -0.3631, -1.6711, 2.2655,
        0.3117,
        -0.1842, 1.2866, 1.1820,
      ]),
  ]

  private static func losses(_ model: Sequential, _ device: Device, input: [Int], steps: Int) -> [Tensor] {
    let x = Tensor.randn(input).to(device), y = Tensor.randint(0, 5, [input[0]]).to(device)
    model.to(device)
    let optimizer = Adam(model.parameters(), lr: 0.01)
    let losses = (0..<steps).map { _ in
      optimizer.zeroGrad()
      let loss = F.crossEntropy(model(x), y)
      loss.backward()
      optimizer.step()
      return loss.detach().cpu()
    }
    return [Tensor.stack(losses)]
  }
}
