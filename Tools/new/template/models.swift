import Torch
import TorchNN

/// Layers are properties; `forward` says what becomes of an input.
final class MyModel: Module, Layer {
  let fc1: Linear, fc2: Linear, fc3: Linear

  init(inputs: Int = 2, hidden: Int = 64, classes: Int = 2) {
    fc1 = Linear(inputs, hidden)
    fc2 = Linear(hidden, hidden)
    fc3 = Linear(hidden, classes)
  }

  func forward(_ x: Tensor) -> Tensor { fc3(F.relu(fc2(F.relu(fc1(x))))) }
}
