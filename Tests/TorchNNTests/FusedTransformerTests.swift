import Testing
import Torch
import TorchNN

/// Layers of transformers, with all quick ways and without.
@Suite struct FusedTransformerTests {
  static func gradients(_ module: Module, _ output: Tensor) -> [Tensor] {
    let slope = Tensor.randn(Array(output.shape), generator: Generator(seed: 9)).to(output.dtype)
    (output * slope).sum().backward()
    return [output] + module.parameters().compactMap(\.grad)
  }

  static func attention(_ name: String, batchFirst: Bool, dropout: Double = 0.2, _ sizes: [Int], _ masks: [String])
    -> FusedWork
  {
    FusedWork(name) {
      let layer = MultiheadAttention(8, 2, dropout: dropout, batchFirst: batchFirst)
      let x = Tensor.randn(sizes, generator: Generator(seed: 1)).requiresGrad_()
      let isSingle = sizes.count == 2, length = sizes[isSingle || !batchFirst ? 0 : 1]
      let batch = isSingle ? 1 : sizes[batchFirst ? 0 : 1]
      let hidden = Tensor.ones(length, length).triu(diagonal: 1).to(.bool)
      let padding = Tensor.arange(length) .> (Tensor.arange(batch) + length - batch).unsqueeze(1)
      let mask: Tensor? =
        masks.contains("bool") || masks.contains("causal")
        ? hidden : masks.contains("heads") ? numbers(2 * batch, length, length, seed: 3) : nil
      let y = layer(
        x, x, x, keyPaddingMask: masks.contains("padding") ? (isSingle ? padding[0] : padding) : nil,
        needWeights: false, attnMask: mask, isCausal: masks.contains("causal")
      ).output
      return gradients(layer, y) + [x.grad!]
    }
  }

  static let works: [FusedWork] = [
    attention("attention", batchFirst: false, [5, 3, 8], []),
    attention("attention, batch first", batchFirst: true, [3, 5, 8], []),
    attention("attention, one sequence", batchFirst: true, [5, 8], ["padding"]),
    attention("attention, padded", batchFirst: true, [3, 5, 8], ["padding"]),
    attention("attention, masked", batchFirst: false, [5, 3, 8], ["bool", "padding"]),
    attention("attention, a mask for each head", batchFirst: true, [3, 5, 8], ["heads"]),
    attention("attention, causal", batchFirst: true, dropout: 0, [3, 5, 8], ["causal"]),
    FusedWork("attention of what lies anywhere") {
      let layer = MultiheadAttention(8, 2), x = numbers(5, 8, 3).requiresGrad_(), y = x.permute(0, 2, 1)
      return gradients(layer, layer(y, y, y, needWeights: false).output) + [x.grad!]
    },
    FusedWork("linear") {
      let layer = Linear(5, 7)
      return valueAndGradients([numbers(2, 3, 5)]) { layer($0[0]) } + [layer.weight.grad!, layer.bias!.grad!]
    },
    FusedWork("linear of what lies anywhere") {
      let layer = Linear(5, 7)
      return valueAndGradients([numbers(2, 5, 3, 2)]) { layer($0[0].permute(3, 0, 2, 1)) } + [layer.weight.grad!]
    },
    FusedWork("linear of nothing") {
      let layer = Linear(5, 7), empty = Linear(0, 2)
      return gradients(layer, layer(Tensor.zeros(2, 0, 5))) + [empty(Tensor.zeros(2, 3, 0))]
    },
  ]

  static func encoder(normFirst: Bool, batchFirst: Bool, _ activation: TransformerActivation = .relu) -> FusedWork {
    FusedWork("encoder, normFirst \(normFirst), batchFirst \(batchFirst)") {
      let layer = TransformerEncoderLayer(
        8, 2, dimFeedforward: 12, dropout: 0.3, activation: activation, batchFirst: batchFirst, normFirst: normFirst)
      let x = numbers(4, 6, 8).requiresGrad_()
      let all = gradients(layer, layer(x)) + [x.grad!]
      return all + noGrad { [layer(x.detach()), layer.eval()(x.detach())] }
    }
  }

  static let layers: [FusedWork] =
    [encoder(normFirst: false, batchFirst: true, .gelu)]
    + [(false, false), (false, true), (true, false), (true, true)].map { encoder(normFirst: $0.0, batchFirst: $0.1) }
    + [false, true].map { normFirst in
      FusedWork("decoder, normFirst \(normFirst)") {
        let layer = TransformerDecoderLayer(8, 2, dimFeedforward: 12, dropout: 0.3, normFirst: normFirst)
        let x = numbers(4, 3, 8).requiresGrad_(), memory = numbers(5, 3, 8, seed: 2).requiresGrad_()
        let mask = Transformer.generateSquareSubsequentMask(4)
        let y = layer(x, memory, tgtMask: mask, tgtIsCausal: true)
        return gradients(layer, y) + [x.grad!, memory.grad!]
      }
    }

  @Test(arguments: works.indices) func partsAgree(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in Self.works[index].check() }
  }

  @Test(arguments: layers.indices) func layersAgree(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in Self.layers[index].check() }
  }

  @Test func autocastAgrees() async {
    await #expect(processExitsWith: .success) {
      FusedWork("autocast") {
        let layer = TransformerEncoderLayer(16, 2, dimFeedforward: 32, batchFirst: true)
        let x = numbers(3, 5, 16)
        return Self.gradients(layer, autocast(.cpu, dtype: .bfloat16) { layer(x) })
      }.check(0.05)
    }
  }

  /// A layer that somebody listens to runs by itself.
  @Test func hooksAreNotPassedOver() {
    final class Count { var calls = 0 }
    let layer = TransformerEncoderLayer(4, 2, dimFeedforward: 8), count = Count()
    for dropout in [layer.dropout, layer.dropout1, layer.dropout2] {
      dropout.registerForwardHook { _, _, _ in count.calls += 1 }
    }
    for linear in [layer.linear1, layer.linear2] { linear.registerForwardHook { _, _, _ in count.calls += 1 } }
    forkRNG { _ = layer(numbers(3, 2, 4)) }
    #expect(count.calls == 5)
  }
}
