// How optimizers print themselves; printed by PyTorch 2.

import Testing
import TorchNN
import TorchOptim

@Suite struct OptimizerPrintTests {
  private let params = [Tensor.ones(2, 2, requiresGrad: true)]

  @Test func sgd() {
    #expect(
      "\(SGD(params, lr: 0.01, momentum: 0.9))" == """
        SGD (
        Parameter Group 0
            dampening: 0
            differentiable: False
            foreach: None
            fused: None
            lr: 0.01
            maximize: False
            momentum: 0.9
            nesterov: False
            weight_decay: 0
        )
        """)
  }

  @Test func groupsAndPairs() {
    let other = Tensor.ones(3, requiresGrad: true)
    let optimizer = AdamW([ParamGroup(params), ParamGroup([other], lr: 1e-5)], eps: 1e-20)
    let text = """
      AdamW (
      Parameter Group 0
          amsgrad: False
          betas: (0.9, 0.999)
          capturable: False
          decoupled_weight_decay: True
          differentiable: False
          eps: 1e-20
          foreach: None
          fused: None
          lr: 0.001
          maximize: False
          weight_decay: 0.01

      Parameter Group 1
          amsgrad: False
          betas: (0.9, 0.999)
          capturable: False
          decoupled_weight_decay: True
          differentiable: False
          eps: 1e-20
          foreach: None
          fused: None
          lr: 1e-05
          maximize: False
          weight_decay: 0.01
      )
      """
    #expect("\(optimizer)" == text)
  }

  @Test func aSchedulerIsSeen() {
    let optimizer = RMSprop(params, lr: 0.001)
    _ = StepLR(optimizer, stepSize: 3)
    #expect("\(optimizer)".contains("    foreach: None\n    initial_lr: 0.001\n    lr: 0.001\n"))
  }
}
