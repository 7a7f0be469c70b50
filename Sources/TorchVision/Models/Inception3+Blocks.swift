import TorchNN

/// The mean of each 3 x 3 window, at the size of the image.
private func averaged(_ x: Tensor) -> Tensor { F.avgPool2d(x, kernelSize: 3, stride: 1, padding: 1) }

/// A convolution without bias, a batch norm and a rectifier: what ``Inception3`` and ``GoogLeNet`` are made of.
///
/// - Shape: `[batch, inChannels, height, width]` to `[batch, outChannels, ...]`.
public final class BasicConv2d: Module, Layer {
  public var conv: Conv2d
  public var bn: BatchNorm2d

  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0
  ) {
    conv = Conv2d(inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, bias: false)
    bn = BatchNorm2d(outChannels, eps: 0.001)
  }

  private init(copying other: BasicConv2d, _ copy: ModuleCopier) {
    conv = copy(other.conv)
    bn = copy(other.bn)
  }

  public override func copied(_ copy: ModuleCopier) -> Module { BasicConv2d(copying: self, copy) }

  public func forward(_ x: Tensor) -> Tensor { F.relu(bn(conv(x)), inplace: true) }
}

extension Inception3 {
  /// Three sizes of windows and a pool side by side.
  ///
  /// - Shape: `[batch, inChannels, height, width]` to `[batch, 224 + poolFeatures, height, width]`.
  public final class InceptionA: Module, Layer {
    public var branch1x1: BasicConv2d
    public var branch5x5_1: BasicConv2d
    public var branch5x5_2: BasicConv2d
    public var branch3x3dbl_1: BasicConv2d
    public var branch3x3dbl_2: BasicConv2d
    public var branch3x3dbl_3: BasicConv2d
    public var branchPool: BasicConv2d

    public init(_ inChannels: Int, poolFeatures: Int) {
      branch1x1 = BasicConv2d(inChannels, 64, kernelSize: 1)
      branch5x5_1 = BasicConv2d(inChannels, 48, kernelSize: 1)
      branch5x5_2 = BasicConv2d(48, 64, kernelSize: 5, padding: 2)
      branch3x3dbl_1 = BasicConv2d(inChannels, 64, kernelSize: 1)
      branch3x3dbl_2 = BasicConv2d(64, 96, kernelSize: 3, padding: 1)
      branch3x3dbl_3 = BasicConv2d(96, 96, kernelSize: 3, padding: 1)
      branchPool = BasicConv2d(inChannels, poolFeatures, kernelSize: 1)
    }

    private init(copying other: InceptionA, _ copy: ModuleCopier) {
      branch1x1 = copy(other.branch1x1)
      branch5x5_1 = copy(other.branch5x5_1)
      branch5x5_2 = copy(other.branch5x5_2)
      branch3x3dbl_1 = copy(other.branch3x3dbl_1)
      branch3x3dbl_2 = copy(other.branch3x3dbl_2)
      branch3x3dbl_3 = copy(other.branch3x3dbl_3)
      branchPool = copy(other.branchPool)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InceptionA(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let five = branch5x5_2(branch5x5_1(x))
      let double = branch3x3dbl_3(branch3x3dbl_2(branch3x3dbl_1(x)))
      return .cat([branch1x1(x), five, double, branchPool(averaged(x))], dim: 1)
    }
  }

  /// Halves the image, by convolutions and a pool side by side.
  ///
  /// - Shape: `[batch, inChannels, height, width]` to `[batch, 480 + inChannels, ...]`.
  public final class InceptionB: Module, Layer {
    public var branch3x3: BasicConv2d
    public var branch3x3dbl_1: BasicConv2d
    public var branch3x3dbl_2: BasicConv2d
    public var branch3x3dbl_3: BasicConv2d

    public init(_ inChannels: Int) {
      branch3x3 = BasicConv2d(inChannels, 384, kernelSize: 3, stride: 2)
      branch3x3dbl_1 = BasicConv2d(inChannels, 64, kernelSize: 1)
      branch3x3dbl_2 = BasicConv2d(64, 96, kernelSize: 3, padding: 1)
      branch3x3dbl_3 = BasicConv2d(96, 96, kernelSize: 3, stride: 2)
    }

    private init(copying other: InceptionB, _ copy: ModuleCopier) {
      branch3x3 = copy(other.branch3x3)
      branch3x3dbl_1 = copy(other.branch3x3dbl_1)
      branch3x3dbl_2 = copy(other.branch3x3dbl_2)
      branch3x3dbl_3 = copy(other.branch3x3dbl_3)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InceptionB(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let double = branch3x3dbl_3(branch3x3dbl_2(branch3x3dbl_1(x)))
      return .cat([branch3x3(x), double, F.maxPool2d(x, kernelSize: 3, stride: 2)], dim: 1)
    }
  }

  /// Windows of 7 x 1 and 1 x 7 in turn, beside a pool.
  ///
  /// - Shape: `[batch, inChannels, height, width]` to `[batch, 768, height, width]`.
  public final class InceptionC: Module, Layer {
    public var branch1x1: BasicConv2d
    public var branch7x7_1: BasicConv2d
    public var branch7x7_2: BasicConv2d
    public var branch7x7_3: BasicConv2d
    public var branch7x7dbl_1: BasicConv2d
    public var branch7x7dbl_2: BasicConv2d
    public var branch7x7dbl_3: BasicConv2d
    public var branch7x7dbl_4: BasicConv2d
    public var branch7x7dbl_5: BasicConv2d
    public var branchPool: BasicConv2d

    public init(_ inChannels: Int, channels7x7: Int) {
      branch1x1 = BasicConv2d(inChannels, 192, kernelSize: 1)
      branch7x7_1 = BasicConv2d(inChannels, channels7x7, kernelSize: 1)
      branch7x7_2 = BasicConv2d(channels7x7, channels7x7, kernelSize: [1, 7], padding: [0, 3])
      branch7x7_3 = BasicConv2d(channels7x7, 192, kernelSize: [7, 1], padding: [3, 0])
      branch7x7dbl_1 = BasicConv2d(inChannels, channels7x7, kernelSize: 1)
      branch7x7dbl_2 = BasicConv2d(channels7x7, channels7x7, kernelSize: [7, 1], padding: [3, 0])
      branch7x7dbl_3 = BasicConv2d(channels7x7, channels7x7, kernelSize: [1, 7], padding: [0, 3])
      branch7x7dbl_4 = BasicConv2d(channels7x7, channels7x7, kernelSize: [7, 1], padding: [3, 0])
      branch7x7dbl_5 = BasicConv2d(channels7x7, 192, kernelSize: [1, 7], padding: [0, 3])
      branchPool = BasicConv2d(inChannels, 192, kernelSize: 1)
    }

    private init(copying other: InceptionC, _ copy: ModuleCopier) {
      branch1x1 = copy(other.branch1x1)
      branch7x7_1 = copy(other.branch7x7_1)
      branch7x7_2 = copy(other.branch7x7_2)
      branch7x7_3 = copy(other.branch7x7_3)
      branch7x7dbl_1 = copy(other.branch7x7dbl_1)
      branch7x7dbl_2 = copy(other.branch7x7dbl_2)
      branch7x7dbl_3 = copy(other.branch7x7dbl_3)
      branch7x7dbl_4 = copy(other.branch7x7dbl_4)
      branch7x7dbl_5 = copy(other.branch7x7dbl_5)
      branchPool = copy(other.branchPool)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InceptionC(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let seven = branch7x7_3(branch7x7_2(branch7x7_1(x)))
      let double = branch7x7dbl_5(branch7x7dbl_4(branch7x7dbl_3(branch7x7dbl_2(branch7x7dbl_1(x)))))
      return .cat([branch1x1(x), seven, double, branchPool(averaged(x))], dim: 1)
    }
  }

  /// Halves the image, one branch by way of 7 x 1 and 1 x 7 windows.
  ///
  /// - Shape: `[batch, inChannels, height, width]` to `[batch, 512 + inChannels, ...]`.
  public final class InceptionD: Module, Layer {
    public var branch3x3_1: BasicConv2d
    public var branch3x3_2: BasicConv2d
    public var branch7x7x3_1: BasicConv2d
    public var branch7x7x3_2: BasicConv2d
    public var branch7x7x3_3: BasicConv2d
    public var branch7x7x3_4: BasicConv2d

    public init(_ inChannels: Int) {
      branch3x3_1 = BasicConv2d(inChannels, 192, kernelSize: 1)
      branch3x3_2 = BasicConv2d(192, 320, kernelSize: 3, stride: 2)
      branch7x7x3_1 = BasicConv2d(inChannels, 192, kernelSize: 1)
      branch7x7x3_2 = BasicConv2d(192, 192, kernelSize: [1, 7], padding: [0, 3])
      branch7x7x3_3 = BasicConv2d(192, 192, kernelSize: [7, 1], padding: [3, 0])
      branch7x7x3_4 = BasicConv2d(192, 192, kernelSize: 3, stride: 2)
    }

    private init(copying other: InceptionD, _ copy: ModuleCopier) {
      branch3x3_1 = copy(other.branch3x3_1)
      branch3x3_2 = copy(other.branch3x3_2)
      branch7x7x3_1 = copy(other.branch7x7x3_1)
      branch7x7x3_2 = copy(other.branch7x7x3_2)
      branch7x7x3_3 = copy(other.branch7x7x3_3)
      branch7x7x3_4 = copy(other.branch7x7x3_4)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InceptionD(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let three = branch3x3_2(branch3x3_1(x))
      let seven = branch7x7x3_4(branch7x7x3_3(branch7x7x3_2(branch7x7x3_1(x))))
      return .cat([three, seven, F.maxPool2d(x, kernelSize: 3, stride: 2)], dim: 1)
    }
  }

  /// Windows of 1 x 3 and 3 x 1 side by side, beside a pool.
  ///
  /// - Shape: `[batch, inChannels, height, width]` to `[batch, 2048, height, width]`.
  public final class InceptionE: Module, Layer {
    public var branch1x1: BasicConv2d
    public var branch3x3_1: BasicConv2d
    public var branch3x3_2a: BasicConv2d
    public var branch3x3_2b: BasicConv2d
    public var branch3x3dbl_1: BasicConv2d
    public var branch3x3dbl_2: BasicConv2d
    public var branch3x3dbl_3a: BasicConv2d
    public var branch3x3dbl_3b: BasicConv2d
    public var branchPool: BasicConv2d

    public init(_ inChannels: Int) {
      branch1x1 = BasicConv2d(inChannels, 320, kernelSize: 1)
      branch3x3_1 = BasicConv2d(inChannels, 384, kernelSize: 1)
      branch3x3_2a = BasicConv2d(384, 384, kernelSize: [1, 3], padding: [0, 1])
      branch3x3_2b = BasicConv2d(384, 384, kernelSize: [3, 1], padding: [1, 0])
      branch3x3dbl_1 = BasicConv2d(inChannels, 448, kernelSize: 1)
      branch3x3dbl_2 = BasicConv2d(448, 384, kernelSize: 3, padding: 1)
      branch3x3dbl_3a = BasicConv2d(384, 384, kernelSize: [1, 3], padding: [0, 1])
      branch3x3dbl_3b = BasicConv2d(384, 384, kernelSize: [3, 1], padding: [1, 0])
      branchPool = BasicConv2d(inChannels, 192, kernelSize: 1)
    }

    private init(copying other: InceptionE, _ copy: ModuleCopier) {
      branch1x1 = copy(other.branch1x1)
      branch3x3_1 = copy(other.branch3x3_1)
      branch3x3_2a = copy(other.branch3x3_2a)
      branch3x3_2b = copy(other.branch3x3_2b)
      branch3x3dbl_1 = copy(other.branch3x3dbl_1)
      branch3x3dbl_2 = copy(other.branch3x3dbl_2)
      branch3x3dbl_3a = copy(other.branch3x3dbl_3a)
      branch3x3dbl_3b = copy(other.branch3x3dbl_3b)
      branchPool = copy(other.branchPool)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InceptionE(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let one = branch1x1(x)
      let three = branch3x3_1(x)
      let threes = Tensor.cat([branch3x3_2a(three), branch3x3_2b(three)], dim: 1)
      let double = branch3x3dbl_2(branch3x3dbl_1(x))
      let doubles = Tensor.cat([branch3x3dbl_3a(double), branch3x3dbl_3b(double)], dim: 1)
      return .cat([one, threes, doubles, branchPool(averaged(x))], dim: 1)
    }
  }

  /// The second head, which is only trained with.
  ///
  /// - Shape: `[batch, inChannels, 17, 17]`, or larger, to `[batch, numClasses]`.
  public final class InceptionAux: Module, Layer {
    public var conv0: BasicConv2d
    public var conv1: BasicConv2d
    public var fc: Linear

    public init(_ inChannels: Int, _ numClasses: Int) {
      conv0 = BasicConv2d(inChannels, 128, kernelSize: 1)
      conv1 = BasicConv2d(128, 768, kernelSize: 5)
      fc = Linear(768, numClasses)
    }

    private init(copying other: InceptionAux, _ copy: ModuleCopier) {
      conv0 = copy(other.conv0)
      conv1 = copy(other.conv1)
      fc = copy(other.fc)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InceptionAux(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let features = conv1(conv0(F.avgPool2d(x, kernelSize: 5, stride: 3)))
      return fc(F.adaptiveAvgPool2d(features, outputSize: [1, 1]).flatten(1))
    }
  }
}
