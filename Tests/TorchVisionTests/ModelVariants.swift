import TorchNN
import TorchVision

/// Networks with other arguments than the official ones, as Tools/goldens/models.py makes them.
func modelVariant(_ name: String) throws -> any Layer {
  switch name {
  case "resnet-dilated":
    ResNet(
      ResNet.Bottleneck.self, [1, 2, 2, 1], numClasses: 7, zeroInitResidual: true, groups: 2, widthPerGroup: 32,
      replaceStrideWithDilation: [false, true, true])
  case "resnet-groupNorm":
    try Models.resnet18(numClasses: 7, zeroInitResidual: true, normLayer: { GroupNorm(4, $0) })
  case "mobilenetV2-half": try Models.mobilenetV2(numClasses: 7, widthMult: 0.5, dropout: 0.4)
  case "mobilenetV3Large-dilated":
    try Models.mobilenetV3Large(numClasses: 7, widthMult: 0.75, reducedTail: true, dilated: true)
  case "mobilenetV3Small-wide": try Models.mobilenetV3Small(numClasses: 7, widthMult: 1.3)
  case "efficientnetB0-deepDrops": try Models.efficientnetB0(numClasses: 7, dropout: 0.5, stochasticDepthProb: 0.7)
  case "efficientnetV2-short":
    EfficientNet(
      [.fusedMBConv(1, 3, 1, 24, 24, 2), .fusedMBConv(4, 3, 2, 24, 48, 2), .mbConv(4, 3, 2, 48, 64, 2)], dropout: 0.2,
      stochasticDepthProb: 0.5, numClasses: 7, lastChannel: 96)
  case "densenet-drops":
    DenseNet(growthRate: 8, blockConfig: [2, 3], numInitFeatures: 12, bnSize: 2, dropRate: 0.3, numClasses: 7)
  case "googlenet-plain":
    GoogLeNet(numClasses: 7, auxLogits: false, transformInput: true, initWeights: false, dropout: 0.3)
  case "inceptionV3-plain": Inception3(numClasses: 7, auxLogits: false, transformInput: true, initWeights: false)
  case "vit-representation":
    VisionTransformer(
      imageSize: 32, patchSize: 8, numLayers: 2, numHeads: 4, hiddenDim: 32, mlpDim: 48, dropout: 0.1,
      attentionDropout: 0.2, numClasses: 7, representationSize: 16)
  case "vit-convStem":
    VisionTransformer(
      imageSize: 32, patchSize: 8, numLayers: 2, numHeads: 4, hiddenDim: 32, mlpDim: 48, numClasses: 7,
      convStemConfigs: [
        .init(outChannels: 8, kernelSize: 3, stride: 2), .init(outChannels: 12, kernelSize: 3, stride: 2),
        .init(outChannels: 16, kernelSize: 3, stride: 2),
      ])
  default: throw UnknownVariant(name: name)
  }
}

struct UnknownVariant: Error {
  var name: String
}
