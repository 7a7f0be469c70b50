import Torch
import TorchNN

/// What networks are built of, at sizes that networks have: `conv2d_3x3` is the forward pass alone, `conv2d_3x3_step` the
/// forward pass and all gradients. The PyTorch side is Benchmarks/peer_layers.py.
enum Layers {
  static var all: [Workload] {
    entries.flatMap { entry in
      let forward = Workload(entry.name, entry.inputs) { inputs in noGrad { entry.work(inputs) } }
      let step = Workload(entry.name + "_step", entry.withSlope) { inputs in
        enableGrad {
          let out = entry.work(inputs), leaves = inputs.filter(\.requiresGrad)
          return grad(outputs: [out], inputs: leaves, gradOutputs: [inputs.last!], allowUnused: true)[0]!
        }
      }
      return [forward, step]
    }
  }

  private struct Entry {
    let name: String
    /// The operands; those of floating point get gradients in a step.
    let inputs: () -> [Tensor]
    let work: ([Tensor]) -> Tensor

    init(_ name: String, _ inputs: @escaping () -> [Tensor], _ work: @escaping ([Tensor]) -> Tensor) {
      (self.name, self.inputs, self.work) = (name, inputs, work)
    }

    /// The operands as leaves, and last what the result's gradient is.
    func withSlope() -> [Tensor] {
      let operands = inputs(), result = noGrad { work(operands) }
      return operands.map { $0.isFloatingPoint() ? $0.requiresGrad_() : $0 } + [Tensor.randn(result.shape)]
    }
  }

  private static var entries: [Entry] { convolutions + pools + norms + others }

  /// Normally distributed operands of these shapes.
  private static func normal(_ shapes: [Int]...) -> () -> [Tensor] { { shapes.map { Tensor.randn($0) } } }

  private static var convolutions: [Entry] {
    [
      Entry("conv2d_3x3", normal([8, 64, 56, 56], [64, 64, 3, 3], [64])) { F.conv2d($0[0], $0[1], $0[2], padding: 1) },
      Entry("conv2d_first", normal([8, 3, 224, 224], [64, 3, 7, 7])) {
        F.conv2d($0[0], $0[1], stride: 2, padding: 3)
      },
      Entry("conv2d_mnist", normal([64, 1, 28, 28], [32, 1, 3, 3], [32])) { F.conv2d($0[0], $0[1], $0[2]) },
      Entry("conv2d_1x1", normal([8, 256, 14, 14], [512, 256, 1, 1])) { F.conv2d($0[0], $0[1]) },
      Entry("conv2d_depthwise", normal([8, 128, 28, 28], [128, 1, 3, 3])) {
        F.conv2d($0[0], $0[1], padding: 1, groups: 128)
      },
      Entry("conv2d_dilated", normal([4, 64, 32, 32], [64, 64, 3, 3])) {
        F.conv2d($0[0], $0[1], padding: 2, dilation: 2)
      },
      Entry(
        "conv2d_channels_last",
        {
          [
            Tensor.randn(8, 64, 56, 56).contiguous(memoryFormat: .channelsLast),
            Tensor.randn(64, 64, 3, 3).contiguous(memoryFormat: .channelsLast),
          ]
        }, { F.conv2d($0[0], $0[1], padding: 1) }),
      Entry("conv1d", normal([16, 64, 1024], [64, 64, 3])) { F.conv1d($0[0], $0[1], padding: 1) },
      Entry("conv3d", normal([2, 16, 16, 32, 32], [32, 16, 3, 3, 3])) { F.conv3d($0[0], $0[1], padding: 1) },
      Entry("conv_transpose2d", normal([8, 64, 28, 28], [64, 32, 4, 4])) {
        F.convTranspose2d($0[0], $0[1], stride: 2, padding: 1)
      },
    ]
  }

  private static var pools: [Entry] {
    [
      Entry("max_pool2d", normal([8, 64, 112, 112])) { F.maxPool2d($0[0], kernelSize: 3, stride: 2, padding: 1) },
      Entry("max_pool2d_2", normal([64, 32, 26, 26])) { F.maxPool2d($0[0], kernelSize: 2) },
      Entry("avg_pool2d", normal([8, 64, 56, 56])) { F.avgPool2d($0[0], kernelSize: 2) },
      Entry("adaptive_avg_pool2d_1", normal([8, 512, 7, 7])) { F.adaptiveAvgPool2d($0[0], outputSize: 1) },
      Entry("adaptive_avg_pool2d_7", normal([8, 64, 30, 30])) { F.adaptiveAvgPool2d($0[0], outputSize: 7) },
      Entry("nearest", normal([8, 64, 28, 28])) { F.interpolate($0[0], scaleFactor: 2.0) },
      Entry("bilinear", normal([8, 64, 28, 28])) {
        F.interpolate($0[0], scaleFactor: 2.0, mode: .bilinear, alignCorners: false)
      },
      Entry("pad_zeros", normal([8, 64, 56, 56])) { F.pad($0[0], pad: [1, 1, 1, 1]) },
      Entry("pad_reflect", normal([8, 64, 56, 56])) { F.pad($0[0], pad: [2, 2, 2, 2], mode: .reflect) },
    ]
  }

  private static var norms: [Entry] {
    [
      Entry("batch_norm", normal([8, 64, 56, 56], [64], [64])) {
        F.batchNorm($0[0], nil, nil, weight: $0[1], bias: $0[2], training: true)
      },
      Entry("batch_norm_eval", { [Tensor.randn(8, 64, 56, 56), Tensor.randn(64), Tensor.randn(64)] }) {
        F.batchNorm(
          $0[0], Tensor.zeros(64), Tensor.ones(64), weight: $0[1], bias: $0[2],
          training: false)
      },
      Entry("layer_norm", normal([512, 768], [768], [768])) {
        F.layerNorm($0[0], normalizedShape: [768], weight: $0[1], bias: $0[2])
      },
      Entry("group_norm", normal([8, 64, 56, 56], [64], [64])) {
        F.groupNorm($0[0], numGroups: 32, weight: $0[1], bias: $0[2])
      },
      Entry("instance_norm", normal([8, 64, 56, 56])) { F.instanceNorm($0[0]) },
      Entry("rms_norm", normal([512, 768], [768])) { F.rmsNorm($0[0], normalizedShape: [768], weight: $0[1]) },
    ]
  }

  private static var others: [Entry] {
    [
      Entry("linear", normal([128, 512], [512, 512], [512])) { F.linear($0[0], $0[1], $0[2]) },
      Entry("embedding", { [Tensor.randn(50_000, 256), Tensor.randint(0, 50_000, [64, 128])] }) {
        F.embedding($0[1], $0[0])
      },
      Entry("attention", normal([4, 8, 128, 64], [4, 8, 128, 64], [4, 8, 128, 64])) {
        F.scaledDotProductAttention($0[0], $0[1], $0[2])
      },
      Entry("attention_causal", normal([4, 8, 128, 64], [4, 8, 128, 64], [4, 8, 128, 64])) {
        F.scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true)
      },
      Entry("attention_long", normal([1, 8, 1024, 64], [1, 8, 1024, 64], [1, 8, 1024, 64])) {
        F.scaledDotProductAttention($0[0], $0[1], $0[2])
      },
      Entry("softmax", normal([512, 1024])) { F.softmax($0[0], dim: -1) },
      Entry("gelu", normal([512, 3072])) { F.gelu($0[0]) },
      Entry("silu", normal([512, 3072])) { F.silu($0[0]) },
      Entry("glu", normal([512, 3072])) { F.glu($0[0]) },
      Entry("cross_entropy_10", { [Tensor.randn(64, 10), Tensor.randint(0, 10, [64])] }) {
        F.crossEntropy($0[0], $0[1])
      },
      Entry("cross_entropy_10k", { [Tensor.randn(256, 10_000), Tensor.randint(0, 10_000, [256])] }) {
        F.crossEntropy($0[0], $0[1])
      },
      Entry("mse_loss", { [Tensor.randn(512, 512), Tensor.randn(512, 512)] }) { F.mseLoss($0[0], $0[1]) },
      Entry("bce_with_logits", { [Tensor.randn(512, 512), Tensor.rand(512, 512)] }) {
        F.binaryCrossEntropyWithLogits($0[0], $0[1].detach())
      },
      Entry("smooth_l1_loss", { [Tensor.randn(512, 512), Tensor.randn(512, 512)] }) { F.smoothL1Loss($0[0], $0[1]) },
      Entry("kl_div", { [Tensor.randn(512, 512), Tensor.rand(512, 512)] }) {
        F.klDiv($0[0], $0[1].detach(), reduction: .batchmean)
      },
      Entry("normalize", normal([512, 768])) { F.normalize($0[0]) },
      Entry("cosine_similarity", normal([512, 768], [512, 768])) { F.cosineSimilarity($0[0], $0[1]) },
      Entry("dropout", normal([512, 3072])) { F.dropout($0[0], p: 0.1) },
    ]
  }
}
