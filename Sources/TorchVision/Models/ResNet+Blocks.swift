import TorchNN

/// A block of a ``ResNet``: what it computes is added to its input.
public protocol ResidualBlock: Layer {
  /// How many times `planes` channels it gives.
  static var expansion: Int { get }
  init(
    _ inplanes: Int, _ planes: Int, stride: Int, downsample: Sequential?, groups: Int, baseWidth: Int, dilation: Int,
    normLayer: NormLayer)
  /// Makes the last normalisation scale by 0, so that the block hands its input on.
  func zeroLastNorm()
}

extension ResNet {
  /// Two 3 x 3 convolutions beside a shortcut, as `torchvision.models.resnet.BasicBlock`.
  ///
  /// - Shape: `[batch, inplanes, height, width]` to `[batch, planes, height / stride, width / stride]`.
  public final class BasicBlock: Module, ResidualBlock, ChainLink {
    public static let expansion = 1

    public var conv1: Conv2d
    public var bn1: any Layer
    public let relu = ReLU(inplace: true)
    public var conv2: Conv2d
    public var bn2: any Layer
    /// What makes the input as large as the result; nil where it is.
    public var downsample: Sequential?

    /// - Precondition: `groups` is 1, `baseWidth` 64 and `dilation` 1: other blocks are ``ResNet/Bottleneck``s.
    public init(
      _ inplanes: Int, _ planes: Int, stride: Int = 1, downsample: Sequential? = nil, groups: Int = 1,
      baseWidth: Int = 64, dilation: Int = 1, normLayer: NormLayer = { BatchNorm2d($0) }
    ) {
      guard groups == 1, baseWidth == 64, dilation == 1 else {
        fault(
          "BasicBlock",
          "wants groups 1, baseWidth 64 and dilation 1; got \(groups), \(baseWidth) and \(dilation). Use ResNet.Bottleneck"
        )
      }
      conv1 = conv3x3(inplanes, planes, stride: stride)
      bn1 = normLayer(planes)
      conv2 = conv3x3(planes, planes)
      bn2 = normLayer(planes)
      self.downsample = downsample
    }

    private init(copying other: BasicBlock, _ copy: ModuleCopier) {
      conv1 = copy(other.conv1)
      bn1 = copy(other.bn1)
      conv2 = copy(other.conv2)
      bn2 = copy(other.bn2)
      downsample = copy(other.downsample)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { BasicBlock(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      if let result = LayerChain.run(x, { extend(&$0, from: 0) }) { return result }
      let out = FoldedConvolution.run(conv1, bn1, x, relu)
      return FoldedConvolution.run(conv2, bn2, out, plus: { self.downsample.map { $0(x) } ?? x }, relu)
    }

    package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
      chain.extend(from: value, by: [conv1, bn1, relu, conv2, bn2], beside: downsample, relu)
    }

    public func zeroLastNorm() { zeroScale(of: bn2) }
  }

  /// A 3 x 3 convolution between two that narrow and widen, beside a shortcut, as `torchvision.models.resnet.Bottleneck`.
  ///
  /// The 3 x 3 convolution takes the stride, which the paper gives to the first one.
  /// - Shape: `[batch, inplanes, height, width]` to `[batch, 4 * planes, height / stride, width / stride]`.
  public final class Bottleneck: Module, ResidualBlock, ChainLink {
    public static let expansion = 4

    public var conv1: Conv2d
    public var bn1: any Layer
    public var conv2: Conv2d
    public var bn2: any Layer
    public var conv3: Conv2d
    public var bn3: any Layer
    public let relu = ReLU(inplace: true)
    /// What makes the input as large as the result; nil where it is.
    public var downsample: Sequential?

    public init(
      _ inplanes: Int, _ planes: Int, stride: Int = 1, downsample: Sequential? = nil, groups: Int = 1,
      baseWidth: Int = 64, dilation: Int = 1, normLayer: NormLayer = { BatchNorm2d($0) }
    ) {
      let width = Int(Double(planes) * (Double(baseWidth) / 64)) * groups
      conv1 = conv1x1(inplanes, width)
      bn1 = normLayer(width)
      conv2 = conv3x3(width, width, stride: stride, groups: groups, dilation: dilation)
      bn2 = normLayer(width)
      conv3 = conv1x1(width, planes * Self.expansion)
      bn3 = normLayer(planes * Self.expansion)
      self.downsample = downsample
    }

    private init(copying other: Bottleneck, _ copy: ModuleCopier) {
      conv1 = copy(other.conv1)
      bn1 = copy(other.bn1)
      conv2 = copy(other.conv2)
      bn2 = copy(other.bn2)
      conv3 = copy(other.conv3)
      bn3 = copy(other.bn3)
      downsample = copy(other.downsample)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { Bottleneck(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      if let result = LayerChain.run(x, { extend(&$0, from: 0) }) { return result }
      let out = FoldedConvolution.run(conv2, bn2, FoldedConvolution.run(conv1, bn1, x, relu), relu)
      return FoldedConvolution.run(conv3, bn3, out, plus: { self.downsample.map { $0(x) } ?? x }, relu)
    }

    package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
      chain.extend(from: value, by: [conv1, bn1, relu, conv2, bn2, relu, conv3, bn3], beside: downsample, relu)
    }

    public func zeroLastNorm() { zeroScale(of: bn3) }
  }
}

func conv3x3(_ inplanes: Int, _ planes: Int, stride: Int = 1, groups: Int = 1, dilation: Int = 1) -> Conv2d {
  Conv2d(
    inplanes, planes, kernelSize: 3, stride: stride, padding: dilation, dilation: dilation, groups: groups, bias: false)
}

func conv1x1(_ inplanes: Int, _ planes: Int, stride: Int = 1) -> Conv2d {
  Conv2d(inplanes, planes, kernelSize: 1, stride: stride, bias: false)
}

private func zeroScale(of norm: any Layer) {
  for case (name: "weight", parameter: let weight) in norm.namedParameters() { Init.zeros_(weight) }
}
