import Torch
import TorchNN

/// The tutorial's network: three blocks of two convolutions, and two linear layers.
final class CNN: Module, Layer {
  let features: Sequential
  let classifier: Sequential

  /// - Parameter width: the channels of the first block, 64 in the tutorial.
  init(numClasses: Int = 10, width: Int = 64) {
    func block(_ inputs: Int, _ outputs: Int) -> [any Layer] {
      [
        Conv2d(inputs, outputs, kernelSize: 3, padding: 1), BatchNorm2d(outputs), ReLU(inplace: true),
        Conv2d(outputs, outputs, kernelSize: 3, padding: 1), BatchNorm2d(outputs), ReLU(inplace: true),
        MaxPool2d(2, stride: 2),
      ]
    }
    // 32 x 32 pixels become 16, 8 and 4.
    features = Sequential(block(3, width) + block(width, 2 * width) + block(2 * width, 4 * width))
    classifier = Sequential(
      Flatten(), Linear(4 * width * 4 * 4, 512), ReLU(inplace: true), Dropout(0.5), Linear(512, numClasses))
  }

  func forward(_ x: Tensor) -> Tensor { classifier(features(x)) }
}
