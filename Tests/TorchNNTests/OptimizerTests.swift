import Foundation
import Testing
import Torch
import TorchOptim

@Suite struct OptimizerTests {
  /// A few steps of an optimizer on one parameter; the objective's gradient is 2(p - 1) + 0.3.
  private func run(
    _ dtype: DType, steps: Int = 5, contiguous: Bool = true, _ make: ([Tensor]) -> Optimizer
  ) -> [Double] {
    let values = (0..<37).map { Double($0) / 10 - 1.5 }
    var param = Tensor(values, dtype: dtype)
    if !contiguous { param = Tensor.stack([param, param], dim: 1).select(dim: 1, index: 0) }
    param = param.detach().requiresGrad_()
    let optimizer = make([param])
    for _ in 0..<steps {
      optimizer.zeroGrad()
      ((param - 1).pow(2) + param * 0.3).sum().backward()
      optimizer.step()
    }
    return param.array(Double.self)
  }

  /// Both paths and every dtype walk the same way, up to rounding.
  private func checkPaths(
    _ name: String, _ make: ([Tensor]) -> Optimizer, _ update: (inout [Double], Double, Int) -> Double
  ) {
    var states = Array(repeating: [Double](), count: 37)
    var expected = (0..<37).map { Double($0) / 10 - 1.5 }
    for step in 1...5 {
      for i in expected.indices {
        let p = expected[i]
        if states[i].isEmpty { states[i] = [0, 0, 0, p] }
        states[i][3] = p
        expected[i] = update(&states[i], 2 * (p - 1) + 0.3, step)
      }
    }
    for (dtype, tolerance) in [(DType.float64, 1e-12), (.float32, 2e-5), (.bfloat16, 0.15), (.float16, 0.02)] {
      for contiguous in [true, false] {
        let got = run(dtype, contiguous: contiguous, make)
        let error = zip(got, expected).map { abs($0 - $1) }.max()!
        #expect(error < tolerance, "\(name) \(dtype) contiguous \(contiguous)")
      }
    }
  }

  @Test func sgd() {
    checkPaths("plain", { SGD($0, lr: 0.1) }) { s, g, _ in s[3] - 0.1 * g }
    checkPaths("nesterov", { SGD($0, lr: 0.1, momentum: 0.9, weightDecay: 0.1, nesterov: true) }) { s, g, step in
      let g = g + 0.1 * s[3]
      s[0] = step == 1 ? g : 0.9 * s[0] + g
      return s[3] - 0.1 * (g + 0.9 * s[0])
    }
    checkPaths("dampened", { SGD($0, lr: 0.01, momentum: 0.9, dampening: 0.5, maximize: true) }) { s, g, step in
      s[0] = step == 1 ? -g : 0.9 * s[0] - 0.5 * g
      return s[3] - 0.01 * s[0]
    }
  }

  private func adam(
    _ s: inout [Double], _ g: Double, _ step: Int, decay: Double = 0, decoupled: Double = 0, amsgrad: Bool = false
  ) -> Double {
    let g = g + decay * s[3], p = s[3] * (1 - 0.05 * decoupled)
    s[0] = 0.9 * s[0] + 0.1 * g
    s[1] = 0.9 * s[1] + 0.1 * g * g
    s[2] = max(s[2], s[1])
    let square = amsgrad ? s[2] : s[1]
    let root = (square / (1 - pow(0.9, Double(step)))).squareRoot() + 1e-3
    return p - 0.05 / (1 - pow(0.9, Double(step))) * s[0] / root
  }

  @Test func adamAndAdamW() {
    checkPaths("adam", { Adam($0, lr: 0.05, betas: (0.9, 0.9), eps: 1e-3, weightDecay: 0.1) }) {
      adam(&$0, $1, $2, decay: 0.1)
    }
    checkPaths("amsgrad", { Adam($0, lr: 0.05, betas: (0.9, 0.9), eps: 1e-3, amsgrad: true) }) {
      adam(&$0, $1, $2, amsgrad: true)
    }
    checkPaths("adamw", { AdamW($0, lr: 0.05, betas: (0.9, 0.9), eps: 1e-3, weightDecay: 0.1) }) {
      adam(&$0, $1, $2, decoupled: 0.1)
    }
  }

  @Test func stateFollowsTheTensorAndTheDictionary() throws {
    let param = Tensor([1.0, 2.0]).requiresGrad_()
    let optimizer = Adam([param], lr: 0.1)
    func step(_ p: Tensor, _ o: Optimizer) {
      o.zeroGrad()
      p.pow(2).sum().backward()
      o.step()
    }
    step(param, optimizer)
    param.grad = nil
    param.setData_(param.detach().double())
    step(param, optimizer)
    #expect(param.dtype == .float64)
    #expect(optimizer.state(of: param).tensors["exp_avg"]!.dtype == .float64)

    let copy = param.detach().clone().requiresGrad_()
    let other = Adam([copy], lr: 0.5)
    try other.loadStateDict(optimizer.stateDict())
    #expect(other.paramGroups[0].lr == 0.1)
    step(param, optimizer)
    step(copy, other)
    #expect(copy.array(Double.self) == param.array(Double.self))
    #expect(optimizer.stateDict().state[0]?["step"]?.double == 3)

    #expect(throws: OptimizerStateError.self) { try Adam([Tensor([1.0])]).loadStateDict(optimizer.stateDict()) }
    #expect(throws: OptimizerStateError.self) {
      try Adam([param, copy]).loadStateDict(optimizer.stateDict())
    }
  }

  @Test func groupsHaveOptionsOfTheirOwn() {
    let a = Tensor([1.0]).requiresGrad_(), b = Tensor([1.0]).requiresGrad_()
    let optimizer = SGD([ParamGroup([a], lr: 0.5), ParamGroup([b])], lr: 0.25)
    (a + b).sum().backward()
    optimizer.step()
    #expect(a.item() == 0.5 && b.item() == 0.75)
    optimizer.zeroGrad(setToNone: false)
    #expect(a.grad!.item() == 0)
    optimizer.zeroGrad()
    #expect(a.grad == nil)
    optimizer.paramGroups[1].lr = 1
    let loss = optimizer.step {
      let loss = (b * 2).sum()
      loss.backward()
      return loss
    }
    #expect(loss.item() == 1.5 && b.item() == -1.25 && a.item() == 0.5)
  }
}
