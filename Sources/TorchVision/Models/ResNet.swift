import TorchNN

/// Residual blocks in four stages, as `torchvision.models.ResNet`.
///
/// ```swift
/// let resnet = try Models.resnet18(weights: .imagenet1kV1)
/// resnet.fc = Linear(resnet.fc.inFeatures, 10)
/// ```
/// He et al., "Deep Residual Learning for Image Recognition", 2015.
/// - Shape: `[batch, 3, height, width]` to `[batch, numClasses]`.
open class ResNet: Module, Layer {
  public var conv1: Conv2d
  public var bn1: any Layer
  public let relu = ReLU(inplace: true)
  public var maxpool: MaxPool2d
  public var layer1: Sequential, layer2: Sequential, layer3: Sequential, layer4: Sequential
  public var avgpool: AdaptiveAvgPool2d
  public var fc: Linear

  /// - Parameters:
  ///   - block: `ResNet.BasicBlock.self` or `ResNet.Bottleneck.self`.
  ///   - layers: how many blocks each stage has.
  ///   - zeroInitResidual: whether every block hands its input on at first.
  ///   - groups: into how many groups the 3 x 3 convolutions divide.
  ///   - widthPerGroup: how many channels a group has where the stage has 64.
  ///   - replaceStrideWithDilation: whether the last three stages keep the size of the image and spread their windows.
  ///   - normLayer: makes the normalisations.
  /// - Precondition: four numbers of layers, three of `replaceStrideWithDilation`.
  public init(
    _ block: any ResidualBlock.Type, _ layers: [Int], numClasses: Int = 1000, zeroInitResidual: Bool = false,
    groups: Int = 1, widthPerGroup: Int = 64, replaceStrideWithDilation: [Bool] = [false, false, false],
    normLayer: @escaping NormLayer = { BatchNorm2d($0) }
  ) {
    guard layers.count == 4, replaceStrideWithDilation.count == 3 else {
      fault(
        "ResNet",
        "wants four numbers of layers and three of replaceStrideWithDilation; got \(layers) and \(replaceStrideWithDilation)"
      )
    }
    var inplanes = 64, dilation = 1
    func stage(_ planes: Int, _ count: Int, stride: Int, dilate: Bool) -> Sequential {
      let previousDilation = dilation
      var stride = stride
      if dilate {
        dilation *= stride
        stride = 1
      }
      let outputs = planes * block.expansion
      let downsample =
        stride != 1 || inplanes != outputs
        ? Sequential(conv1x1(inplanes, outputs, stride: stride), normLayer(outputs)) : nil
      let first = block.init(
        inplanes, planes, stride: stride, downsample: downsample, groups: groups, baseWidth: widthPerGroup,
        dilation: previousDilation, normLayer: normLayer)
      inplanes = outputs
      var blocks: [any Layer] = [first]
      for _ in 1..<max(count, 1) {
        let next = block.init(
          inplanes, planes, stride: 1, downsample: nil, groups: groups, baseWidth: widthPerGroup, dilation: dilation,
          normLayer: normLayer)
        blocks.append(next)
      }
      return Sequential(blocks)
    }
    conv1 = Conv2d(3, 64, kernelSize: 7, stride: 2, padding: 3, bias: false)
    bn1 = normLayer(64)
    maxpool = MaxPool2d(3, stride: 2, padding: 1)
    layer1 = stage(64, layers[0], stride: 1, dilate: false)
    layer2 = stage(128, layers[1], stride: 2, dilate: replaceStrideWithDilation[0])
    layer3 = stage(256, layers[2], stride: 2, dilate: replaceStrideWithDilation[1])
    layer4 = stage(512, layers[3], stride: 2, dilate: replaceStrideWithDilation[2])
    avgpool = AdaptiveAvgPool2d([1, 1])
    fc = Linear(512 * block.expansion, numClasses)
    super.init()
    drawWeights(of: self) { Init.kaimingNormal_($0.weight, mode: .fanOut, nonlinearity: .relu) }
    if zeroInitResidual { for case let block as any ResidualBlock in modules() { block.zeroLastNorm() } }
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: ResNet, _ copy: ModuleCopier) {
    conv1 = copy(other.conv1)
    bn1 = copy(other.bn1)
    maxpool = copy(other.maxpool)
    layer1 = copy(other.layer1)
    layer2 = copy(other.layer2)
    layer3 = copy(other.layer3)
    layer4 = copy(other.layer4)
    avgpool = copy(other.avgpool)
    fc = copy(other.fc)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { ResNet(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor {
    let stages: [any Layer] = [conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4]
    return fc(avgpool(Sequential.run(stages, x)).flatten(1))
  }
}
