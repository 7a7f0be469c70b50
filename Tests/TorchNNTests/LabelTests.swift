// Layers made with all of torch's argument names are those made without.

import Testing
import Torch
import TorchNN

@Suite struct LabelTests {
  @Test func convolutionsAndPools() {
    let pairs: [(Module, Module)] = [
      (Conv1d(inChannels: 2, outChannels: 4, kernelSize: 3, stride: 2), Conv1d(2, 4, kernelSize: 3, stride: 2)),
      (
        Conv2d(inChannels: 2, outChannels: 4, kernelSize: [3, 1], padding: .same, groups: 2, bias: false),
        Conv2d(2, 4, kernelSize: [3, 1], padding: .same, groups: 2, bias: false)
      ),
      (Conv3d(inChannels: 1, outChannels: 2, kernelSize: 2, dilation: 2), Conv3d(1, 2, kernelSize: 2, dilation: 2)),
      (
        ConvTranspose2d(inChannels: 2, outChannels: 3, kernelSize: 2, stride: 2, outputPadding: 1),
        ConvTranspose2d(2, 3, kernelSize: 2, stride: 2, outputPadding: 1)
      ),
      (MaxPool2d(kernelSize: 3, stride: 2, ceilMode: true), MaxPool2d(3, stride: 2, ceilMode: true)),
      (MaxPool1d(kernelSize: 3, padding: 1), MaxPool1d(3, padding: 1)),
      (AvgPool2d(kernelSize: [2, 3], countIncludePad: false), AvgPool2d([2, 3], countIncludePad: false)),
      (AdaptiveAvgPool2d(outputSize: [1, nil]), AdaptiveAvgPool2d([1, nil])),
      (AdaptiveMaxPool1d(outputSize: 2), AdaptiveMaxPool1d(2)),
    ]
    for (labelled, plain) in pairs { #expect("\(labelled)" == "\(plain)") }
  }

  @Test func normsAndDropouts() {
    let pairs: [(Module, Module)] = [
      (BatchNorm1d(numFeatures: 4, momentum: nil), BatchNorm1d(4, momentum: nil)),
      (BatchNorm2d(numFeatures: 4, affine: false), BatchNorm2d(4, affine: false)),
      (InstanceNorm2d(numFeatures: 4, affine: true), InstanceNorm2d(4, affine: true)),
      (GroupNorm(numGroups: 2, numChannels: 4), GroupNorm(2, 4)),
      (LayerNorm(normalizedShape: [2, 3], bias: false), LayerNorm([2, 3], bias: false)),
      (RMSNorm(normalizedShape: 3, eps: 0.1), RMSNorm(3, eps: 0.1)),
      (Dropout(p: 0.25), Dropout(0.25)),
      (Dropout2d(p: 0.25, inplace: true), Dropout2d(0.25, inplace: true)),
    ]
    for (labelled, plain) in pairs { #expect("\(labelled)" == "\(plain)") }
  }

  @Test func recurrentLayers() {
    let pairs: [(Module, Module)] = [
      (
        RNN(inputSize: 3, hiddenSize: 4, numLayers: 2, nonlinearity: .relu),
        RNN(3, 4, numLayers: 2, nonlinearity: .relu)
      ),
      (
        LSTM(inputSize: 3, hiddenSize: 4, batchFirst: true, bidirectional: true, projSize: 2),
        LSTM(3, 4, batchFirst: true, bidirectional: true, projSize: 2)
      ),
      (GRU(inputSize: 3, hiddenSize: 4, numLayers: 2, dropout: 0.5), GRU(3, 4, numLayers: 2, dropout: 0.5)),
      (LSTMCell(inputSize: 3, hiddenSize: 4, bias: false), LSTMCell(3, 4, bias: false)),
    ]
    for (labelled, plain) in pairs {
      #expect("\(labelled)" == "\(plain)")
      #expect(labelled.stateDict().keys == plain.stateDict().keys)
    }
  }
}
