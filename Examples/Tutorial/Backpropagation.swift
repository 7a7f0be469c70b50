// A training step in its five parts, and the loop around it.

import Torch
import TorchNN
import TorchOptim
import TorchUtils

let backpropagation: Section = .init("backpropagation", "Backpropagation") {
  row("S47", "The five parts of a training step")
  manualSeed(0)
  let model = Linear(3, 1)
  let optimizer = SGD(model.parameters(), lr: 0.02, momentum: 0.9)
  let criterion = MSELoss()
  let inputs = Tensor.randn(16, 3)
  let targets = inputs.matmul(Tensor([[2.0], [-1.0], [0.5]])) + 3

  let outputs = model(inputs)  // 1. forward
  let loss = criterion(outputs, targets)  // 2. how wrong it is
  optimizer.zeroGrad()  // 3. forget the last gradients
  loss.backward()  // 4. new gradients
  print(model.weight.grad!)
  print(model.weight.detach())
  optimizer.step()  // 5. a step downhill
  print(model.weight.detach())

  row("S51", "What zero_grad leaves")
  optimizer.zeroGrad()
  print(model.weight.grad == nil)
  criterion(model(inputs), targets).backward()
  optimizer.zeroGrad(setToNone: false)
  print(model.weight.grad!)

  row("S47", "The same in a loop")
  for epoch in 0..<5 {
    var loss = Tensor(0.0)
    for start in stride(from: 0, to: 16, by: 4) {
      let x = inputs[start..<(start + 4)], y = targets[start..<(start + 4)]
      loss = criterion(model(x), y)
      optimizer.zeroGrad()
      loss.backward()
      optimizer.step()
    }
    print("epoch \(epoch + 1): loss \(fixed(loss.item(), 4))")
  }
  print(model.bias!.detach())
}
