// Learning rates that change with the epochs. The text calls cosine annealing a warm-up; it is none, since it begins at
// the full rate: LinearLR before it is one.

import Torch
import TorchOptim
import TorchUtils

/// An optimizer over one weight, whose rate is what matters here.
private func optimizerOf(lr: Double) -> Optimizer {
  let weight = Tensor.ones(1, requiresGrad: true)
  weight.grad = .ones(1)
  return SGD([weight], lr: lr)
}

/// The rate of each epoch.
private func rates(_ optimizer: Optimizer, _ scheduler: LRScheduler, epochs: Int) {
  var seen: [Double] = []
  for _ in 0..<epochs {
    seen.append(optimizer.paramGroups[0].lr)
    optimizer.step()
    scheduler.step()
  }
  print(seen.map { fixed($0, 5) }.joined(separator: " "))
}

let schedulers: Section = .init("schedulers", "Learning rate schedulers") {
  row("S52", "StepLR: a tenth, every so many epochs")
  var optimizer = optimizerOf(lr: 0.1)
  rates(optimizer, StepLR(optimizer, stepSize: 3, gamma: 0.1), epochs: 8)

  row("S53", "ReduceLROnPlateau: smaller steps when the loss stays")
  // Without a loss, `plateau.step()` does not compile.
  optimizer = optimizerOf(lr: 0.1)
  let plateau = ReduceLROnPlateau(optimizer, mode: .min, patience: 2)
  for valLoss in [0.9, 0.7, 0.71, 0.72, 0.7, 0.69, 0.5] {
    optimizer.step()
    plateau.step(valLoss)
    print("loss \(fixed(valLoss, 2)): next rate \(fixed(optimizer.paramGroups[0].lr, 3))")
  }

  row("S54", "Cosine annealing goes down from the first epoch")
  optimizer = optimizerOf(lr: 0.1)
  rates(optimizer, CosineAnnealingLR(optimizer, tMax: 8), epochs: 9)

  row("S54", "A true warm-up, then the cosine")
  optimizer = optimizerOf(lr: 0.1)
  let warmup = LinearLR(optimizer, startFactor: 0.25, totalIters: 3)
  let cosine = CosineAnnealingLR(optimizer, tMax: 6)
  rates(optimizer, SequentialLR(optimizer, schedulers: [warmup, cosine], milestones: [3]), epochs: 9)

  row("S55", "First the optimizer, then the scheduler")
  optimizer = optimizerOf(lr: 0.1)
  rates(optimizer, ExponentialLR(optimizer, gamma: 0.5), epochs: 3)
  optimizer = optimizerOf(lr: 0.1)
  let scheduler = ExponentialLR(optimizer, gamma: 0.5)
  for _ in 0..<3 {
    scheduler.step()  // too early: a warning, and the first rate is never used
    print(fixed(scheduler.lastLR[0], 5))
    optimizer.step()
  }
}
