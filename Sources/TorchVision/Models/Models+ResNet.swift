import TorchNN

extension Models {
  /// ResNet-18, as `torchvision.models.resnet18`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnet18(
    weights: ResNet18Weights? = nil, progress: Bool = true, numClasses: Int? = nil, zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.BasicBlock.self, [2, 2, 2, 2], weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNet-34, as `torchvision.models.resnet34`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnet34(
    weights: ResNet34Weights? = nil, progress: Bool = true, numClasses: Int? = nil, zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.BasicBlock.self, [3, 4, 6, 3], weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNet-50, as `torchvision.models.resnet50`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnet50(
    weights: ResNet50Weights? = nil, progress: Bool = true, numClasses: Int? = nil, zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 4, 6, 3], weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNet-101, as `torchvision.models.resnet101`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnet101(
    weights: ResNet101Weights? = nil, progress: Bool = true, numClasses: Int? = nil, zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 4, 23, 3], weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNet-152, as `torchvision.models.resnet152`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnet152(
    weights: ResNet152Weights? = nil, progress: Bool = true, numClasses: Int? = nil, zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 8, 36, 3], weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNeXt-50 of 32 groups of 4 channels, as `torchvision.models.resnext50_32x4d`.
  ///
  /// Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", 2016.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnext50_32x4d(
    weights: ResNeXt50_32X4DWeights? = nil, progress: Bool = true, numClasses: Int? = nil,
    zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 4, 6, 3], groups: 32, widthPerGroup: 4, weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNeXt-101 of 32 groups of 8 channels, as `torchvision.models.resnext101_32x8d`.
  ///
  /// Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", 2016.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnext101_32x8d(
    weights: ResNeXt101_32X8DWeights? = nil, progress: Bool = true, numClasses: Int? = nil,
    zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 4, 23, 3], groups: 32, widthPerGroup: 8, weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNeXt-101 of 64 groups of 4 channels, as `torchvision.models.resnext101_64x4d`.
  ///
  /// Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", 2016.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func resnext101_64x4d(
    weights: ResNeXt101_64X4DWeights? = nil, progress: Bool = true, numClasses: Int? = nil,
    zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 4, 23, 3], groups: 64, widthPerGroup: 4, weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNet-50 of twice the inner channels, as `torchvision.models.wide_resnet50_2`.
  ///
  /// Zagoruyko and Komodakis, "Wide Residual Networks", 2016.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func wideResnet50_2(
    weights: WideResNet50_2Weights? = nil, progress: Bool = true, numClasses: Int? = nil,
    zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 4, 6, 3], widthPerGroup: 128, weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  /// ResNet-101 of twice the inner channels, as `torchvision.models.wide_resnet101_2`.
  ///
  /// Zagoruyko and Komodakis, "Wide Residual Networks", 2016.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func wideResnet101_2(
    weights: WideResNet101_2Weights? = nil, progress: Bool = true, numClasses: Int? = nil,
    zeroInitResidual: Bool = false,
    replaceStrideWithDilation: [Bool] = [false, false, false], normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) throws -> ResNet {
    try resnet(
      ResNet.Bottleneck.self, [3, 4, 23, 3], widthPerGroup: 128, weights, progress, numClasses,
      zeroInitResidual, replaceStrideWithDilation, normLayer)
  }

  private static func resnet(
    _ block: any ResidualBlock.Type, _ layers: [Int], groups: Int = 1, widthPerGroup: Int = 64,
    _ weights: (some PretrainedWeights)?, _ progress: Bool, _ numClasses: Int?, _ zeroInitResidual: Bool,
    _ replaceStrideWithDilation: [Bool], _ normLayer: @escaping NormLayer
  ) throws -> ResNet {
    try pretrained(weights, progress) {
      ResNet(
        block, layers, numClasses: classes(weights, numClasses), zeroInitResidual: zeroInitResidual, groups: groups,
        widthPerGroup: widthPerGroup, replaceStrideWithDilation: replaceStrideWithDilation, normLayer: normLayer)
    }
  }
}
