import TorchNN

extension Models {
  /// EfficientNet B0, as `torchvision.models.efficientnet_b0`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB0(
    weights: EfficientNetB0Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.2,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 1.0, depthMult: 1.0), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses))
    }
  }

  /// EfficientNet B1, as `torchvision.models.efficientnet_b1`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB1(
    weights: EfficientNetB1Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.2,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 1.0, depthMult: 1.1), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses))
    }
  }

  /// EfficientNet B2, as `torchvision.models.efficientnet_b2`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB2(
    weights: EfficientNetB2Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.3,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 1.1, depthMult: 1.2), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses))
    }
  }

  /// EfficientNet B3, as `torchvision.models.efficientnet_b3`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB3(
    weights: EfficientNetB3Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.3,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 1.2, depthMult: 1.4), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses))
    }
  }

  /// EfficientNet B4, as `torchvision.models.efficientnet_b4`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB4(
    weights: EfficientNetB4Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.4,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 1.4, depthMult: 1.8), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses))
    }
  }

  /// EfficientNet B5, as `torchvision.models.efficientnet_b5`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB5(
    weights: EfficientNetB5Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.4,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 1.6, depthMult: 2.2), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses), normLayer: { BatchNorm2d($0, eps: 0.001, momentum: 0.01) })
    }
  }

  /// EfficientNet B6, as `torchvision.models.efficientnet_b6`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB6(
    weights: EfficientNetB6Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.5,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 1.8, depthMult: 2.6), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses), normLayer: { BatchNorm2d($0, eps: 0.001, momentum: 0.01) })
    }
  }

  /// EfficientNet B7, as `torchvision.models.efficientnet_b7`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetB7(
    weights: EfficientNetB7Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.5,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    try pretrained(weights, progress) {
      EfficientNet(
        efficientnetB(widthMult: 2.0, depthMult: 3.1), dropout: dropout, stochasticDepthProb: stochasticDepthProb,
        numClasses: classes(weights, numClasses), normLayer: { BatchNorm2d($0, eps: 0.001, momentum: 0.01) })
    }
  }

  /// The small EfficientNetV2, as `torchvision.models.efficientnet_v2_s`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetV2S(
    weights: EfficientNetV2SWeights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.2,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    let stages: [EfficientNet.BlockConfig] = [
      .fusedMBConv(1, 3, 1, 24, 24, 2),
      .fusedMBConv(4, 3, 2, 24, 48, 4),
      .fusedMBConv(4, 3, 2, 48, 64, 4),
      .mbConv(4, 3, 2, 64, 128, 6),
      .mbConv(6, 3, 1, 128, 160, 9),
      .mbConv(6, 3, 2, 160, 256, 15),
    ]
    return try pretrained(weights, progress) {
      EfficientNet(
        stages, dropout: dropout, stochasticDepthProb: stochasticDepthProb, numClasses: classes(weights, numClasses),
        normLayer: { BatchNorm2d($0, eps: 0.001) }, lastChannel: 1280)
    }
  }

  /// The medium EfficientNetV2, as `torchvision.models.efficientnet_v2_m`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetV2M(
    weights: EfficientNetV2MWeights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.3,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    let stages: [EfficientNet.BlockConfig] = [
      .fusedMBConv(1, 3, 1, 24, 24, 3),
      .fusedMBConv(4, 3, 2, 24, 48, 5),
      .fusedMBConv(4, 3, 2, 48, 80, 5),
      .mbConv(4, 3, 2, 80, 160, 7),
      .mbConv(6, 3, 1, 160, 176, 14),
      .mbConv(6, 3, 2, 176, 304, 18),
      .mbConv(6, 3, 1, 304, 512, 5),
    ]
    return try pretrained(weights, progress) {
      EfficientNet(
        stages, dropout: dropout, stochasticDepthProb: stochasticDepthProb, numClasses: classes(weights, numClasses),
        normLayer: { BatchNorm2d($0, eps: 0.001) }, lastChannel: 1280)
    }
  }

  /// The large EfficientNetV2, as `torchvision.models.efficientnet_v2_l`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func efficientnetV2L(
    weights: EfficientNetV2LWeights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.4,
    stochasticDepthProb: Double = 0.2
  ) throws -> EfficientNet {
    let stages: [EfficientNet.BlockConfig] = [
      .fusedMBConv(1, 3, 1, 32, 32, 4),
      .fusedMBConv(4, 3, 2, 32, 64, 7),
      .fusedMBConv(4, 3, 2, 64, 96, 7),
      .mbConv(4, 3, 2, 96, 192, 10),
      .mbConv(6, 3, 1, 192, 224, 19),
      .mbConv(6, 3, 2, 224, 384, 25),
      .mbConv(6, 3, 1, 384, 640, 7),
    ]
    return try pretrained(weights, progress) {
      EfficientNet(
        stages, dropout: dropout, stochasticDepthProb: stochasticDepthProb, numClasses: classes(weights, numClasses),
        normLayer: { BatchNorm2d($0, eps: 0.001) }, lastChannel: 1280)
    }
  }

  /// The stages of the first version, wider and deeper by two factors.
  private static func efficientnetB(widthMult: Double, depthMult: Double) -> [EfficientNet.BlockConfig] {
    let rows: [(Double, Int, Int, Int, Int, Int)] = [
      (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3), (6, 5, 1, 80, 112, 3),
      (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1),
    ]
    return rows.map { .mbConv($0.0, $0.1, $0.2, $0.3, $0.4, $0.5, widthMult: widthMult, depthMult: depthMult) }
  }
}
