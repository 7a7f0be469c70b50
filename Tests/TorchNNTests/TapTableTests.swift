import Testing
import Torch
import TorchNN

/// Layers by tables and in single passes against the same made of other ops: values, gradients of both orders, layouts.
@Suite struct TapTableTests {
  static let works: [FusedWork] = resizing + pools + pads + pairs + norms

  private static let resizing: [FusedWork] = [
    image("nearest", [2, 3, 5, 7]) { F.interpolate($0, size: [9, 4]) },
    image("nearest, twice the size", [1, 2, 6, 20]) { F.interpolate($0, scaleFactor: 2.0) },
    image("nearest exact", [2, 3, 5, 7]) { F.interpolate($0, scaleFactor: [0.7, 2.3], mode: .nearestExact) },
    image("bilinear", [2, 3, 5, 7]) { F.interpolate($0, size: [11, 18], mode: .bilinear) },
    image("bilinear, smaller", [2, 3, 19, 40]) { F.interpolate($0, size: [7, 13], mode: .bilinear) },
    image("bilinear, one side", [2, 3, 5, 7]) { F.interpolate($0, size: [5, 20], mode: .bilinear) },
    image("bilinear, the other side", [2, 3, 5, 7]) { F.interpolate($0, size: [8, 7], mode: .bilinear) },
    image("bilinear, the same size", [2, 3, 5, 7]) { F.interpolate($0, size: [5, 7], mode: .bilinear) },
    image("bilinear by corners", [1, 2, 33, 17]) {
      F.interpolate($0, size: [70, 71], mode: .bilinear, alignCorners: true)
    },
    image("bicubic", [2, 2, 5, 7]) { F.interpolate($0, size: [12, 5], mode: .bicubic) },
    image("antialias", [1, 3, 40, 37]) { F.interpolate($0, size: [7, 50], mode: .bilinear, antialias: true) },
    image("cubic antialias", [1, 3, 21, 37]) { F.interpolate($0, size: [17, 9], mode: .bicubic, antialias: true) },
    image("area", [2, 3, 11, 10]) { F.interpolate($0, size: [4, 5], mode: .area) },
    FusedWork("of a large image") {
      valueAndGradients([numbers(1, 1, 300, 310)], second: false) {
        F.interpolate($0[0], size: [613, 640], mode: .bilinear)
      }
    },
    FusedWork("linear") {
      valueAndGradients([numbers(3, 2, 37)]) { F.interpolate($0[0], size: 100, mode: .linear) }
    },
    FusedWork("trilinear") {
      valueAndGradients([numbers(2, 2, 3, 4, 5)]) { F.interpolate($0[0], size: [5, 6, 9], mode: .trilinear) }
    },
    FusedWork("trilinear along one dimension") {
      valueAndGradients([numbers(2, 2, 3, 4, 5)]) { F.interpolate($0[0], size: [7, 4, 5], mode: .trilinear) }
    },
    FusedWork("trilinear but the middle") {
      valueAndGradients([numbers(2, 2, 3, 4, 5)]) { F.interpolate($0[0], size: [7, 4, 8], mode: .trilinear) }
    },
    FusedWork("nearest of a volume, channels last") {
      valueAndGradients([numbers(2, 5, 3, 4, 5).contiguous(memoryFormat: .channelsLast3d)]) {
        F.interpolate($0[0], size: [5, 2, 9])
      }
    },
    FusedWork("of what is no number") {
      let x = special(numbers(1, 2, 6, 9))
      return [F.interpolate(x, size: [13, 20], mode: .bilinear), F.interpolate(x, size: [13, 20])]
    },
    FusedWork("of whole numbers") {
      let x = (numbers(2, 3, 6, 9).abs() * 60).to(.uint8)
      return [F.interpolate(x, size: [5, 20]), F.interpolate(x, size: [5, 20], mode: .bilinear)]
    },
    FusedWork("of no images") {
      let x = Tensor.zeros(0, 3, 4, 5).requiresGrad_()
      let y = F.interpolate(x, size: [8, 3], mode: .bilinear)
      y.sum().backward()
      return [y, x.grad!]
    },
    FusedWork("of a part") {
      valueAndGradients([numbers(2, 3, 8, 9)]) {
        F.interpolate($0[0][0..., 1..., 2..<7, 1..<8], size: [9, 9], mode: .bilinear)
      }
    },
    wide("bilinear in float64", [2, 3, 5, 7]) { F.interpolate($0, size: [11, 4], mode: .bilinear) },
    wide("bicubic in float64", [2, 3, 5, 20]) { F.interpolate($0, size: [3, 33], mode: .bicubic) },
  ]

  private static let pools: [FusedWork] = [
    image("mean", [2, 3, 8, 10]) { F.avgPool2d($0, kernelSize: 2) },
    image("mean, wide", [2, 2, 12, 70]) { F.avgPool2d($0, kernelSize: [3, 2], stride: [2, 1]) },
    image("mean with padding", [2, 3, 9, 7]) { F.avgPool2d($0, kernelSize: 3, stride: 2, padding: 1, ceilMode: true) },
    image("mean of what is there", [2, 3, 9, 7]) {
      F.avgPool2d($0, kernelSize: [3, 4], stride: [1, 3], padding: [1, 2], countIncludePad: false)
    },
    image("sum over a number", [2, 3, 9, 7]) { F.avgPool2d($0, kernelSize: 3, padding: 1, divisorOverride: 5) },
    image("mean with gaps", [1, 2, 14, 15]) { F.avgPool2d($0, kernelSize: 2, stride: 3) },
    FusedWork("mean of a signal") { valueAndGradients([numbers(2, 3, 31)]) { F.avgPool1d($0[0], kernelSize: 4) } },
    FusedWork("mean of a volume") {
      valueAndGradients([numbers(2, 2, 5, 6, 7)]) { F.avgPool3d($0[0], kernelSize: [2, 3, 2], stride: 2, padding: 1) }
    },
    FusedWork("mean without a batch") {
      valueAndGradients([numbers(3, 9, 8)]) { F.avgPool2d($0[0], kernelSize: 3, stride: 2) }
    },
    image("adaptive mean", [2, 3, 30, 17]) { F.adaptiveAvgPool2d($0, outputSize: [7, 5]) },
    image("adaptive mean, even", [2, 3, 12, 10]) { F.adaptiveAvgPool2d($0, outputSize: [4, 5]) },
    image("adaptive mean, larger", [2, 3, 4, 5]) { F.adaptiveAvgPool2d($0, outputSize: [7, 5]) },
    image("adaptive mean of all", [2, 3, 4, 5]) { F.adaptiveAvgPool2d($0, outputSize: 1) },
    FusedWork("adaptive mean of a signal") {
      valueAndGradients([numbers(2, 3, 31)]) { F.adaptiveAvgPool1d($0[0], outputSize: 4) }
    },
    FusedWork("adaptive mean of a volume") {
      valueAndGradients([numbers(2, 2, 5, 6, 7)]) { F.adaptiveAvgPool3d($0[0], outputSize: [2, 6, 4]) }
    },
    image("adaptive maximum", [2, 3, 30, 17]) { F.adaptiveMaxPool2d($0, outputSize: [7, 5]) },
    image("adaptive maximum, larger", [1, 3, 4, 5]) { F.adaptiveMaxPool2d($0, outputSize: [7, 5]) },
    FusedWork("places of adaptive maxima") {
      let x = numbers(2, 3, 11, 9)
      x[0, 1, 4, 4] = Tensor(Double.nan)
      let a = F.adaptiveMaxPool2dWithIndices(x, outputSize: [4, 5])
      let b = F.adaptiveMaxPool1dWithIndices(x[0], outputSize: 4)
      let c = F.adaptiveMaxPool3dWithIndices(x, outputSize: [2, 4, 3])
      return [a.output, a.indices, b.output, b.indices, c.output, c.indices]
    },
    FusedWork("adaptive maximum of a signal") {
      valueAndGradients([numbers(2, 3, 31)]) { F.adaptiveMaxPool1d($0[0], outputSize: 4) }
    },
    FusedWork("of what is no number, pooled") {
      let x = special(numbers(1, 2, 8, 9))
      return [F.avgPool2d(x, kernelSize: 2), F.adaptiveAvgPool2d(x, outputSize: [3, 5])]
    },
    FusedWork("of no images, pooled") {
      let x = Tensor.zeros(0, 3, 8, 8)
      return [
        F.avgPool2d(x, kernelSize: 2), F.adaptiveAvgPool2d(x, outputSize: 3), F.adaptiveMaxPool2d(x, outputSize: 3),
      ]
    },
    FusedWork("of no size") { [F.adaptiveAvgPool2d(numbers(2, 3, 8, 8), outputSize: [0, 3])] },
    wide("mean in float64", [2, 3, 9, 8]) { F.avgPool2d($0, kernelSize: 3, stride: 2, padding: 1) },
    wide("adaptive maximum in float64", [2, 3, 9, 8]) { F.adaptiveMaxPool2d($0, outputSize: [4, 3]) },
  ]

  private static let pads: [FusedWork] = [
    image("mirrored", [2, 3, 6, 40]) { F.pad($0, pad: [2, 3, 1, 5], mode: .reflect) },
    image("repeated", [2, 3, 6, 5]) { F.pad($0, pad: [2, 9, 0, 7], mode: .replicate) },
    image("around", [2, 3, 6, 5]) { F.pad($0, pad: [2, 5, 6, 1], mode: .circular) },
    image("mirrored and cut", [2, 3, 6, 7]) { F.pad($0, pad: [-2, 3, 1, -1], mode: .reflect) },
    image("around and cut", [2, 3, 6, 7]) { F.pad($0, pad: [-2, 3, 1, -1], mode: .circular) },
    FusedWork("of signals") {
      valueAndGradients([numbers(2, 3, 8)]) { F.pad($0[0], pad: [3, 2], mode: .reflect) }
        + valueAndGradients([numbers(3, 8)]) { F.pad($0[0], pad: [3, 20], mode: .replicate) }
    },
    FusedWork("of volumes") {
      valueAndGradients([numbers(2, 2, 3, 4, 5)]) { F.pad($0[0], pad: [1, 2, 3, 0, 2, 1], mode: .reflect) }
        + valueAndGradients([numbers(2, 2, 3, 4, 5)]) { F.pad($0[0], pad: [1, 2, 0, 0, 2, 1], mode: .circular) }
    },
    FusedWork("of whole numbers, padded") {
      [DType.int64, .int32, .int16, .uint8, .bool].flatMap { dtype -> [Tensor] in
        let x = (numbers(2, 3, 5, 4) * 9).abs().to(dtype)
        let around = F.pad(x, pad: [1, 2, 3, 4], mode: .circular)
        return dtype == .bool ? [around] : [around, F.pad(x, pad: [1, 2, 3, 4], mode: .reflect)]
      }
    },
    FusedWork("of no images, padded") {
      [F.pad(Tensor.zeros(0, 3, 5, 5), pad: [1, 2, 1, 2], mode: .reflect)]
    },
    wide("mirrored in float64", [2, 3, 6, 20]) { F.pad($0, pad: [2, 3, 1, 5], mode: .reflect) },
  ]

  private static let pairs: [FusedWork] = [
    FusedWork("gates") { valueAndGradients([numbers(5, 94)]) { F.glu($0[0]) } },
    FusedWork("many gates") { valueAndGradients([numbers(300, 702)], second: false) { F.glu($0[0]) } },
    FusedWork("gates of channels") { valueAndGradients([numbers(3, 6, 5, 7)]) { F.glu($0[0], dim: 1) } },
    FusedWork("gates of a whole") { valueAndGradients([numbers(6, 7)]) { F.glu($0[0], dim: 0) } },
    FusedWork("short rows of gates") { valueAndGradients([numbers(6, 4)]) { F.glu($0[0]) } },
    FusedWork("gates, transposed") { valueAndGradients([numbers(64, 48)]) { F.glu($0[0].t()) } },
    FusedWork("gates that are no numbers") { [F.glu(special(numbers(4, 50)))] },
    FusedWork("no gates") { [F.glu(Tensor.zeros(0, 8))] },
    FusedWork("gates with a gradient of one number") {
      let x = numbers(4, 66).requiresGrad_()
      F.glu(x).sum().backward()
      return [x.grad!]
    },
    FusedWork("gates in float64") { valueAndGradients([numbers(5, 94).double()]) { F.glu($0[0]) } },
    loss("smooth") { F.smoothL1Loss($0, $1, reduction: .none) },
    loss("smooth, a mean") { F.smoothL1Loss($0, $1, beta: 0.4) },
    loss("smooth, a sum") { F.smoothL1Loss($0, $1, reduction: .sum, beta: 2) },
    loss("smooth without a bend") { F.smoothL1Loss($0, $1, beta: 0) },
    loss("Huber's") { F.huberLoss($0, $1, reduction: .none, delta: 0.7) },
    loss("Huber's, a mean") { F.huberLoss($0, $1, delta: 1.5) },
    loss("smooth, transposed") { F.smoothL1Loss($0.t(), $1.t()) },
    loss("smooth, of one target") { F.smoothL1Loss($0, $1[0]) },
    FusedWork("smooth, of a target without a gradient") {
      valueAndGradients([numbers(9, 31)]) { F.smoothL1Loss($0[0], numbers(9, 31, seed: 8)) }
    },
    FusedWork("smooth, of what is no number") {
      let x = special(numbers(4, 33)).requiresGrad_()
      let loss = F.smoothL1Loss(x, numbers(4, 33, seed: 3), reduction: .none)
      return [loss]
    },
    FusedWork("smooth, of nothing") { [F.smoothL1Loss(Tensor.zeros(0, 3), Tensor.zeros(0, 3), reduction: .none)] },
    FusedWork("smooth, in float64") {
      valueAndGradients([numbers(9, 31).double(), numbers(9, 31, seed: 2).double()]) { F.smoothL1Loss($0[0], $0[1]) }
    },
  ]

  private static let norms: [FusedWork] = [
    FusedWork("groups") {
      valueAndGradients([numbers(3, 6, 5, 7), numbers(6), numbers(6, seed: 2)]) {
        F.groupNorm($0[0], numGroups: 3, weight: $0[1], bias: $0[2])
      }
    },
    FusedWork("one group") {
      valueAndGradients([numbers(3, 6, 50)]) { F.groupNorm($0[0] + 100, numGroups: 1) }
    },
    FusedWork("large groups") {
      valueAndGradients([numbers(2, 4, 90, 91), numbers(4)], second: false) {
        F.groupNorm($0[0], numGroups: 2, weight: $0[1])
      }
    },
    FusedWork("groups, channels last") {
      valueAndGradients([numbers(3, 6, 5, 7).contiguous(memoryFormat: .channelsLast), numbers(6)]) {
        F.groupNorm($0[0], numGroups: 2, weight: $0[1])
      }
    },
    FusedWork("groups in float64") {
      valueAndGradients([numbers(3, 6, 5, 7).double()]) { F.groupNorm($0[0], numGroups: 3) }
    },
  ]

  /// Of images in both layouts, with gradients.
  private static func image(_ name: String, _ shape: [Int], _ f: @escaping @Sendable (Tensor) -> Tensor) -> FusedWork {
    FusedWork(name) {
      let x = Tensor.randn(shape, generator: Generator(seed: 3))
      let rows = valueAndGradients([x]) { f($0[0]) }
      let last = valueAndGradients([x.contiguous(memoryFormat: .channelsLast)]) { f($0[0]) }
      for (a, b) in zip(rows, last) where !a.allclose(b, rtol: 1e-4, atol: 1e-4) {
        fatalError("\(name): the layouts differ")
      }
      return rows + last
    }
  }

  private static func wide(_ name: String, _ shape: [Int], _ f: @escaping @Sendable (Tensor) -> Tensor) -> FusedWork {
    FusedWork(name) {
      valueAndGradients([Tensor.randn(shape, generator: Generator(seed: 3), dtype: .float64)]) { f($0[0]) }
    }
  }

  private static func loss(_ name: String, _ f: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> FusedWork {
    FusedWork(name) { valueAndGradients([numbers(37, 29), numbers(37, 29, seed: 2)]) { f($0[0], $0[1]) } }
  }

  private static func special(_ x: Tensor) -> Tensor {
    let flat = x.flatten().clone()
    flat[3] = Tensor(Double.nan)
    flat[40] = Tensor(Double.infinity)
    return flat.view(x.shape)
  }

  @Test(arguments: works.indices) func quickWaysGiveTheSame(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      let work = Self.works[index]
      work.check(work.name.hasSuffix("float64") ? 1e-12 : 2e-5)
    }
  }

  /// Half types are computed in float32 either way, and rounded at the end.
  @Test(arguments: [DType.bfloat16, .float16]) func halfTypes(_ dtype: DType) async {
    await #expect(processExitsWith: .success) { [code = dtype.rawValue as UInt8] in
      let dtype = DType(rawValue: code)!
      let x = numbers(2, 4, 9, 12).to(dtype), y = numbers(2, 4, 9, 12, seed: 2).to(dtype)
      let works: [@Sendable (Tensor) -> Tensor] = [
        { F.interpolate($0, size: [5, 20], mode: .bilinear) }, { F.interpolate($0, size: [5, 20]) },
        { F.avgPool2d($0, kernelSize: 3) }, { F.adaptiveAvgPool2d($0, outputSize: [4, 5]) },
        { F.adaptiveMaxPool2d($0, outputSize: [4, 5]) }, { F.pad($0, pad: [1, 2, 3, 4], mode: .reflect) },
        { F.glu($0, dim: 1) }, { F.smoothL1Loss($0, y, reduction: .none) }, { F.groupNorm($0, numGroups: 2) },
      ]
      for (i, f) in works.enumerated() {
        FusedWork("\(i)") { valueAndGradients([x], second: false) { f($0[0]) } }.check(dtype == .float16 ? 2e-3 : 2e-2)
      }
    }
  }

  /// Means of many short rows have a quick gradient; where it is recorded the plain one stands.
  @Test func meansOfShortRows() {
    for (shape, dims) in [
      ([5, 40, 3, 7], [2, 3]), ([4, 30, 1, 9, 1, 5], [3, 5]), ([70, 2], [1]), ([6, 20, 17], [-1]),
    ] {
      let x = Tensor.randn(shape, generator: Generator(seed: 2)).requiresGrad_(), mean = x.mean(dim: dims)
      let slope = Tensor.randn(Array(mean.shape), generator: Generator(seed: 3)).requiresGrad_()
      let quick = grad(outputs: [(mean * slope).sum()], inputs: [x], retainGraph: true)[0]!
      let recorded = grad(outputs: [(mean * slope).sum()], inputs: [x], createGraph: true)[0]!
      let count = Double(x.numel() / mean.numel())
      let want = (slope.detach().view(Array(x.mean(dim: dims, keepdim: true).shape)) / count).expand(shape)
      #expect(quick.equal(want) && recorded.equal(want) && quick.isContiguous())
      #expect(recorded.requiresGrad)
    }
  }

  /// As PyTorch's, results of writes by index lie row-major whatever the input does, and turned operands are read right.
  @Test func turnedTensorsByIndex() {
    let n = 90, g = Generator(seed: 4), x = Tensor.randn([n, n], generator: g)
    let index = (Tensor.rand([n, n], generator: g) * Double(n)).to(.int64)
    let source = Tensor.randn([n, n], generator: g)
    let (xt, it, st) = (x.t(), index.t(), source.t())
    func check(_ quick: Tensor, _ plain: Tensor) { #expect(quick.equal(plain) && quick.isContiguous()) }
    // The last of several writes to one place counts, in the order of the index; so they go along rows of their own.
    let own = Tensor.rand([n, n], generator: g).argsort(dim: 0)
    for dim in 0..<2 {
      let places = dim == 0 ? own : own.t().contiguous()
      check(xt.gather(dim: dim, index: it), xt.contiguous().gather(dim: dim, index: it.contiguous()))
      check(
        xt.scatter(dim: dim, index: places.t().contiguous().t(), src: st),
        xt.contiguous().scatter(dim: dim, index: places, src: st.contiguous()))
      check(
        xt.scatterAdd(dim: dim, index: places.t().contiguous().t(), src: st),
        xt.contiguous().scatterAdd(dim: dim, index: places, src: st.contiguous()))
      check(xt.indexSelect(dim: dim, index: index[3]), xt.contiguous().indexSelect(dim: dim, index: index[3]))
    }
  }

  @Test func stepsAreNamedAsInTorch() {
    let x = numbers(2, 4, 6, 6).requiresGrad_(), y = x.unsqueeze(2), z = x[0..., 0..., 0]
    let named: [(Tensor, String)] = [
      (F.interpolate(x, scaleFactor: 2.0), "UpsampleNearest2DBackward0"),
      (F.interpolate(x, size: 4, mode: .nearestExact), "UpsampleNearestExact2DBackward0"),
      (F.interpolate(x, size: 4, mode: .bilinear), "UpsampleBilinear2DBackward0"),
      (F.interpolate(x, size: 4, mode: .bilinear, antialias: true), "UpsampleBilinear2DAaBackward0"),
      (F.interpolate(x, size: 4, mode: .bicubic), "UpsampleBicubic2DBackward0"),
      (F.interpolate(x, size: 4, mode: .area), "AdaptiveAvgPool2DBackward0"),
      (F.interpolate(y, size: 4, mode: .trilinear), "UpsampleTrilinear3DBackward0"),
      (F.interpolate(z, size: 4, mode: .linear), "UpsampleLinear1DBackward0"),
      (F.avgPool1d(z, kernelSize: 2), "SqueezeBackward1"), (F.avgPool2d(x, kernelSize: 2), "AvgPool2DBackward0"),
      (F.adaptiveAvgPool2d(x, outputSize: 4), "AdaptiveAvgPool2DBackward0"),
      (F.adaptiveAvgPool2d(x, outputSize: 1), "MeanBackward1"),
      (F.adaptiveMaxPool2d(x, outputSize: 4), "AdaptiveMaxPool2DBackward0"),
      (F.adaptiveMaxPool1d(z, outputSize: 4), "SqueezeBackward1"),
      (F.pad(x, pad: [1, 1, 1, 1], mode: .reflect), "ReflectionPad2DBackward0"),
      (F.pad(z, pad: [1, 1], mode: .replicate), "ReplicationPad1DBackward0"),
      (F.glu(x), "GluBackward0"), (F.smoothL1Loss(x, x.detach()), "SmoothL1LossBackward0"),
      (F.huberLoss(x, x.detach(), reduction: .none), "HuberLossBackward0"),
    ]
    for (tensor, name) in named { #expect(tensor.gradFn?.name == name) }
  }
}
