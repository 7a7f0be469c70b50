// The text's chain of shape changes ends with a step that PyTorch refuses: after squeeze and transpose there are two
// dimensions, and permute names three. What goes wrong in the program is a fault here, which ends it and says why.

import Torch

let shapeTrap: Section = .init("shape-trap", "A chain of shapes that breaks") {
  row("S29", "The chain whose last step does not fit")
  var x = Tensor.arange(12).reshape(3, 4)
  x = x.unsqueeze(0)
  x = x.squeeze()
  x = x.transpose(0, 1)
  print(x.shape)
  // x.permute(1, 0, 2) would end the program with
  //   permute: wants one dim for each of the 2 dimensions, got 3: [1, 0, 2]; got input [4, 3]
  // What comes from outside can be checked without a fault:
  do { try x.require(shape: [nil, nil, nil]) } catch { print("x has two dimensions, the step wants three") }

  row("S29", "The chain as it was meant")
  x = Tensor.arange(12).reshape(3, 4).unsqueeze(0)
  print(x.permute(1, 0, 2).shape)
  print(x.squeeze().permute(1, 0).shape)
}
