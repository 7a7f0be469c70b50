// The usual optimizers on one small problem, and optimizers that train only a part.

import Torch
import TorchNN
import TorchOptim
import TorchUtils

/// The losses of ten steps of an optimizer on one small problem.
private func descend(_ make: ([Tensor]) -> Optimizer) {
  manualSeed(4)
  let model = Linear(2, 1)
  let x = Tensor.randn(8, 2)
  let y = x.sum(dim: 1, keepdim: true) * 2 - 1
  let optimizer = make(model.parameters())
  var losses: [Double] = []
  for _ in 0..<10 {
    let loss = F.mseLoss(model(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
  }
  print(stride(from: 0, to: 10, by: 3).map { fixed(losses[$0], 4) }.joined(separator: " "))
}

let optimizers: Section = .init("optimizers", "Optimizers") {
  row("S47", "SGD")
  descend { SGD($0, lr: 0.05) }
  descend { SGD($0, lr: 0.05, momentum: 0.9) }

  row("S48", "Adam")
  descend { Adam($0, lr: 0.1, betas: (0.9, 0.999)) }

  row("S49", "RMSprop")
  descend { RMSprop($0, lr: 0.05, alpha: 0.99) }

  row("S50", "Adagrad")
  descend { Adagrad($0, lr: 0.3) }

  row("S51", "Some parameters only")
  manualSeed(4)
  let body = Linear(4, 5), head = Linear(5, 2)
  let network = Sequential(body, Tanh(), head)
  let before = network.parameters().map { $0.detach().clone() }
  let headOnly = SGD(head.parameters(), lr: 0.1)
  headOnly.zeroGrad()
  network(.ones(1, 4)).sum().backward()
  headOnly.step()
  print(zip(before, network.parameters()).map { $0.equal($1) })

  row("S51", "Another rate for each group")
  let optimizer = SGD(
    [ParamGroup(body.parameters(), lr: 0.001), ParamGroup(head.parameters())], lr: 0.1, momentum: 0.9)
  for group in optimizer.paramGroups {
    print(group.lr, group.momentum, group.params.count)
  }

  row("S48", "Printing an optimizer")
  print(Adam(network.parameters(), lr: 0.001))
}
