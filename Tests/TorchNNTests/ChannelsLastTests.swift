import Testing
import Torch
import TorchNN

/// Images with their channels innermost: the same numbers, and results that lie as PyTorch's do.
@Suite struct ChannelsLastTests {
  typealias Layer = (name: String, keeps: Bool, run: @Sendable (Tensor) -> Tensor)

  static let layers: [Layer] = [
    ("maxPool2d", true, { F.maxPool2d($0, kernelSize: 2) }), ("avgPool2d", true, { F.avgPool2d($0, kernelSize: 2) }),
    ("adaptiveAvgPool2d", true, { F.adaptiveAvgPool2d($0, outputSize: 3) }),
    ("adaptiveAvgPool2d uneven", true, { F.adaptiveAvgPool2d($0, outputSize: 4) }),
    ("adaptiveMaxPool2d", true, { F.adaptiveMaxPool2d($0, outputSize: 3) }),
    ("batchNorm", true, { F.batchNorm($0, nil, nil, training: true) }),
    ("groupNorm", true, { F.groupNorm($0, numGroups: 2) }), ("instanceNorm", false, { F.instanceNorm($0) }),
    ("pad", true, { F.pad($0, pad: [1, 1, 1, 1]) }),
    ("reflect", true, { F.pad($0, pad: [1, 1, 1, 1], mode: .reflect) }),
    ("nearest", true, { F.interpolate($0, scaleFactor: 2.0) }),
    ("bilinear", true, { F.interpolate($0, scaleFactor: 2.0, mode: .bilinear) }), ("relu", true, { F.relu($0) }),
    (
      "convTranspose2d", true,
      { x in
        F.convTranspose2d(x, Tensor.randn([4, 3, 2, 2], generator: Generator(seed: 8), dtype: x.dtype))
      }
    ),
  ]

  static func isLast(_ x: Tensor) -> Bool {
    x.isContiguous(memoryFormat: .channelsLast) && !x.isContiguous()
  }

  static func close(_ a: Tensor, _ b: Tensor) -> Bool { a.allclose(b, rtol: 1e-5, atol: 1e-5) }

  @Test(arguments: layers.indices) func layersKeepTheFormat(_ index: Int) {
    let (name, keeps, run) = Self.layers[index]
    let x = Tensor.randn([2, 4, 6, 6], generator: Generator(seed: 3))
    let plain = x.clone().requiresGrad_(), last = x.contiguous(memoryFormat: .channelsLast).requiresGrad_()
    let want = run(plain), got = run(last)
    #expect(Self.isLast(got) == keeps, "\(name): strides \(got.stride())")
    #expect(Self.close(got, want), "\(name)")
    let slope = Tensor.randn(want.shape, generator: Generator(seed: 5))
    want.backward(gradient: slope)
    got.backward(gradient: slope.contiguous(memoryFormat: .channelsLast))
    #expect(Self.close(last.grad!, plain.grad!), "\(name): gradient")
  }

  @Test(arguments: [false, true], [false, true]) func convolution(inputIsLast: Bool, weightIsLast: Bool) {
    let x = Tensor.randn([2, 4, 6, 6], generator: Generator(seed: 1))
    let w = Tensor.randn([8, 4, 3, 3], generator: Generator(seed: 2))
    func leaf(_ t: Tensor, _ last: Bool) -> Tensor {
      (last ? t.contiguous(memoryFormat: .channelsLast) : t.clone()).requiresGrad_()
    }
    let (plain, weight) = (leaf(x, false), leaf(w, false))
    let (input, kernel) = (leaf(x, inputIsLast), leaf(w, weightIsLast))
    let want = F.conv2d(plain, weight, padding: 1), got = F.conv2d(input, kernel, padding: 1)
    #expect(Self.isLast(got) == (inputIsLast || weightIsLast))
    #expect(Self.close(got, want))
    let slope = Tensor.randn(want.shape, generator: Generator(seed: 5))
    want.backward(gradient: slope)
    got.backward(gradient: slope)
    #expect(Self.isLast(input.grad!) == inputIsLast)
    #expect(Self.close(input.grad!, plain.grad!) && Self.close(kernel.grad!, weight.grad!))
  }
}
