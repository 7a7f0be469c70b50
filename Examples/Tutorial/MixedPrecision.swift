// Products in a half type, sums and weights in float32. On a GPU with float16 the scaler keeps small gradients alive; on the
// CPU the half type is bfloat16, which needs none.

import Torch
import TorchNN
import TorchOptim
import TorchUtils

let mixedPrecision: Section = .init("mixed-precision", "Mixed precision") {
  row("S93", "The device, its half type and the scaler")
  let onGPU = CUDA.isAvailable
  let device: Device = onGPU ? .cuda : .cpu
  let half: DType = onGPU ? .float16 : .bfloat16
  let scaler = GradScaler(enabled: onGPU)
  print(scaler.isEnabled, scaler.scale)

  row("S93", "What runs in the half type")
  manualSeed(93)
  let first = Linear(16, 32)
  let model = Sequential(first, ReLU(), Linear(32, 4)).to(device)
  let inputs = Tensor.randn(64, 16, device: device)
  let labels = inputs[0..., ..<4].argmax(dim: 1)
  let criterion = CrossEntropyLoss()
  let (outputs, loss) = autocast(device.kind, dtype: half) {
    let outputs = model(inputs)
    return (outputs, criterion(outputs, labels))
  }
  print(outputs.dtype, loss.dtype, first.weight.dtype)
  print(model(inputs).dtype)

  row("S93", "The training loop")
  let optimizer = Adam(model.parameters(), lr: 0.01)
  for step in 1...50 {
    optimizer.zeroGrad()
    let loss = autocast(device.kind, dtype: half) { criterion(model(inputs), labels) }
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    if step % 10 == 0 { print("step \(step): loss \(fixed(loss.item(), 2))") }
  }
  print(first.weight.grad!.dtype)
}
