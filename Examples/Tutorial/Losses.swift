// How wrong an answer is: for classes, for yes and no, and for numbers.

import Torch
import TorchNN

let losses: Section = .init("losses", "Losses") {
  row("S43", "Cross entropy: scores and the right class")
  manualSeed(2)
  let scores = Tensor.randn(4, 3)
  let labels = Tensor([0, 2, 1, 1])
  let criterion = CrossEntropyLoss()
  print(criterion(scores, labels))
  print(CrossEntropyLoss(reduction: .none)(scores, labels))
  print(-scores.softmax(dim: 1)[Tensor.arange(4), labels].log().mean())

  row("S44", "Binary cross entropy from logits")
  let logits = Tensor([1.5, -0.5, 0.0])
  let answers = Tensor([1.0, 0.0, 1.0])
  let binary = BCEWithLogitsLoss()
  print(binary(logits, answers))
  print(binary(logits.unsqueeze(1), answers.unsqueeze(1)))

  row("S45", "The squared error")
  let guess = Tensor([2.0, 4.5, -1.0])
  let truth = Tensor([2.5, 4.0, 1.0])
  print(MSELoss()(guess, truth))

  row("S46", "The absolute error")
  print(L1Loss()(guess, truth))
  print(L1Loss(reduction: .sum)(guess, truth))
}
