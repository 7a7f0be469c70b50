// Three habits: clip gradients that grow too large, stop when held-out data are read no better, and let several models answer
// together. EarlyStopping keeps the count that the text keeps by hand.

import Torch
import TorchNN
import TorchOptim
import TorchUtils

let trainingTips: Section = .init("training-tips", "Training tips") {
  row("S96", "Clipping gradients")
  manualSeed(96)
  let linear = Linear(4, 1)
  linear(Tensor.randn(8, 4) * 10).pow(2).mean().backward()
  let norm = Utils.clipGradNorm_(linear.parameters(), maxNorm: 1.0)
  print(fixed(norm.item(), 3))
  print(fixed(Utils.getTotalNorm(linear.parameters().compactMap(\.grad)).item(), 3))

  row("S97", "Early stopping")
  manualSeed(97)
  let x = Tensor.randn(40, 12), noise = Tensor.randn(40, 1)
  let y = x[0..., ..<1] + noise
  let learnt = 0..<20, held = 20..<40
  let model = Sequential(Linear(12, 32), Tanh(), Linear(32, 1))
  let optimizer = Adam(model.parameters(), lr: 0.01)
  let criterion = MSELoss()
  var stopping = EarlyStopping(patience: 5)
  for epoch in 1...100 {
    optimizer.zeroGrad()
    let loss = criterion(model(x[learnt]), y[learnt])
    loss.backward()
    optimizer.step()
    let valLoss = noGrad { criterion(model(x[held]), y[held]).item() }
    if stopping.update(valLoss) { try save(model.stateDict(), "best_model.pth") }
    if epoch % 5 == 0 || stopping.shouldStop {
      print("epoch \(epoch): train \(fixed(loss.item(), 3)), held out \(fixed(valLoss, 3))")
    }
    if stopping.shouldStop {
      print("Early stopping")
      break
    }
  }
  try model.loadStateDict(load("best_model.pth"))
  noGrad { print("best \(fixed(criterion(model(x[held]), y[held]).item(), 3))") }

  row("S98", "An ensemble")
  let models = [2, 3, 4].map { seed in
    manualSeed(seed)
    let member = Sequential(Linear(12, 16), Tanh(), Linear(16, 1))
    let optimizer = Adam(member.parameters(), lr: 0.05)
    for _ in 0..<40 {
      optimizer.zeroGrad()
      criterion(member(x[learnt]), y[learnt]).backward()
      optimizer.step()
    }
    return member.eval()
  }
  noGrad {
    let predictions = models.map { $0(x[held]) }
    let together = Tensor.stack(predictions).mean(dim: 0)
    for (number, prediction) in predictions.enumerated() {
      print("model \(number + 1): \(fixed(criterion(prediction, y[held]).item(), 3))")
    }
    print("together: \(fixed(criterion(together, y[held]).item(), 3))")
  }
}
