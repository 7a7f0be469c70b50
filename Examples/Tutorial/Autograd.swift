// Gradients: asking for them, adding them up, clearing them, and doing without.

import Torch

let autograd: Section = .init("autograd", "Autograd") {
  row("S30", "The gradient of a sum")
  let x = Tensor([2.0, 3.0], requiresGrad: true)
  let y = x.pow(2) + 2 * x + 1
  y.sum().backward()
  print(x.grad!)

  row("S31", "Gradients add up until they are cleared")
  (x * 10).sum().backward()
  print(x.grad!)
  x.grad!.zero_()
  print(x.grad!)

  row("S32", "Through several steps")
  let a = Tensor.ones(2, 2, requiresGrad: true)
  let b = a + 2
  let out = (b * b * 3).mean()
  out.backward()
  print(a.grad!)

  row("S33", "Without recording")
  let plain = noGrad { x * 2 }
  print(plain.requiresGrad)

  row("S34", "A tensor taken out of the graph")
  print(y)
  print(y.detach())
  print(x)
}
