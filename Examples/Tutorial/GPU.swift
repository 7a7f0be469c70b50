// Asking for GPUs. The lines run with and without one; without, they print what PyTorch prints on such a machine.

import Torch
import TorchNN

let gpu: Section = .init("gpu", "GPUs") {
  row("S92", "Is there one, and how many")
  print(CUDA.isAvailable)
  print(CUDA.deviceCount)

  row("S92", "Which one, and what it is called")
  if CUDA.isAvailable {
    print(CUDA.currentDevice)
    print(CUDA.getDeviceName(0))
  } else {
    print("no GPU to ask")  // CUDA.unavailableReason says why
  }

  row("S92", "One line for machines with and without")
  let device: Device = CUDA.isAvailable ? "cuda:0" : "cpu"
  print(device)

  row("S92", "A model and its data go there")
  let model = Linear(3, 2).to(device)
  var x = Tensor.ones(4, 3).to(device)
  print(model.weight.device, x.device, model(x).device)
  if CUDA.isAvailable {
    model.cuda()
    x = x.cuda()
  }

  row("S92", "Memory that is kept for later")
  CUDA.emptyCache()  // without a GPU this does nothing
  print("done")
}
