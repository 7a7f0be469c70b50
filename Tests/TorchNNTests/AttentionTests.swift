import Testing
import TorchNN

/// Multi-head attention, transformers and norms: masks, equivalences, copies, wrong uses.
@Suite struct AttentionTests {
  @Test func weightsAndTheFasterWayAgree() {
    for dims in [(4, 4), (3, 5)] {
      let attention = MultiheadAttention(4, 2, kdim: dims.0, vdim: dims.1, batchFirst: true)
      let q = Tensor.randn(2, 3, 4), k = Tensor.randn(2, 5, dims.0), v = Tensor.randn(2, 5, dims.1)
      let padding = Tensor([[false, false, false, true, true], [false, false, false, false, true]])
      let mask = Tensor.randn(3, 5)
      let (slow, weights) = attention(q, k, v, keyPaddingMask: padding, attnMask: mask)
      let (fast, none) = attention(q, k, v, keyPaddingMask: padding, needWeights: false, attnMask: mask)
      #expect(slow.allclose(fast, atol: 1e-6) && none == nil)
      #expect(weights!.shape == [2, 3, 5] && weights![0, 0..., 3...].abs().sum().item() as Float == 0)
      #expect(weights!.sum(dim: -1).allclose(.ones(2, 3)))
      let each = attention(q, k, v, averageAttnWeights: false).weights!
      #expect(each.shape == [2, 2, 3, 5])
      // A mask for each head, and a bool mask is the same as minus infinity.
      let hidden = Tensor.ones(3, 5).triu(diagonal: 2).to(.bool)
      let a = attention(q, k, v, attnMask: hidden).output
      let b = attention(q, k, v, attnMask: hidden.expand(4, 3, 5)).output
      let c = attention(q, k, v, attnMask: Tensor.zeros(3, 5).maskedFill(hidden, value: -Double.infinity)).output
      #expect(a.allclose(b) && a.allclose(c))
    }
  }

  @Test func aPromisedCausalMaskIsTheMask() {
    let attention = MultiheadAttention(4, 2), x = Tensor.randn(5, 2, 4)
    let mask = Transformer.generateSquareSubsequentMask(5)
    let a = attention(x, x, x, needWeights: false, attnMask: mask, isCausal: true).output
    #expect(a.allclose(attention(x, x, x, attnMask: mask).output, atol: 1e-6))
    // Without a batch.
    let single = attention(x[0..., 0], x[0..., 0], x[0..., 0], attnMask: mask)
    #expect(single.output.allclose(a[0..., 0], atol: 1e-6) && single.weights!.shape == [5, 5])
  }

  @Test func layersOfAStackAreEqualCopies() {
    let layer = TransformerEncoderLayer(4, 2, dimFeedforward: 8, dropout: 0), stack = TransformerEncoder(layer, 2)
    #expect(stack.layers[0].linear1.weight.equal(stack.layers[1].linear1.weight))
    #expect(stack.layers[0].linear1.weight !== stack.layers[1].linear1.weight)
    let x = Tensor.randn(3, 2, 4)
    #expect(stack(x).allclose(layer(layer(x)), atol: 1e-6))
    let model = Transformer(dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 8)
    model.eval()
    let y = Tensor.randn(2, 2, 4)
    #expect(model.copy()(x, y).equal(model(x, y)) && model(x, y).shape == [2, 2, 4])
    #expect(model.stateDict().keys.first == "encoder.layers.0.self_attn.in_proj_weight")
    #expect(model.stateDict().keys.last == "decoder.norm.bias")
  }

  @Test func hooksSeeTheCall() {
    let attention = MultiheadAttention(4, 2), x = Tensor.randn(3, 1, 4)
    let seen = Seen()
    attention.registerForwardHook { _, inputs, _ in seen.count = inputs.count }
    _ = attention(x, x, x)
    #expect(seen.count == 3)
  }
  private final class Seen { var count = 0 }

  @Test func runningStatisticsFollowTheBatches() {
    let norm = BatchNorm1d(2, momentum: nil), x = Tensor([[1.0, 2], [3, 6]]), y = Tensor([[5.0, 0], [7, 0]])
    _ = norm(x)
    _ = norm(y)
    #expect(norm.runningMean!.allclose(Tensor([4.0, 2])) && norm.numBatchesTracked!.item() as Int == 2)
    let before = norm.runningMean!.clone()
    norm.eval()
    _ = norm(x)
    #expect(norm.runningMean!.equal(before))
    norm.resetRunningStats()
    #expect(norm.runningVar!.equal(.ones(2)) && norm.numBatchesTracked!.item() as Int == 0)
    // The count is a whole number whatever the model is converted to.
    #expect(norm.to(.float64).numBatchesTracked!.dtype == .int64 && norm.runningMean!.dtype == .float64)
    let image = Tensor.randn(2, 3, 4)
    #expect(InstanceNorm1d(3)(image[0]).allclose(InstanceNorm1d(3)(image)[0], atol: 1e-5))
  }

  @Test func aPassGivesBatchNormsItsStatistics() {
    let model = Sequential(Linear(2, 3), BatchNorm1d(3, momentum: 0.3)).eval()
    let batches = [Tensor.randn(4, 2), .randn(4, 2)]
    updateBN(batches, model)
    let norm = model[1] as! BatchNorm1d
    let means = batches.map { (model[0] as! Linear)($0).mean(dim: 0) }
    #expect(norm.runningMean!.allclose((means[0] + means[1]) / 2, atol: 1e-6))
    #expect(norm.momentum == 0.3 && !norm.training && norm.numBatchesTracked!.item() as Int == 2)
    updateBN(batches.map { ($0, Tensor.zeros(4)) }, model)
    #expect(norm.numBatchesTracked!.item() as Int == 2)
  }

  @Test func outputSizesOfTransposedConvolutions() {
    let up = ConvTranspose2d(2, 3, kernelSize: 3, stride: 2, padding: 1), x = Tensor.randn(1, 2, 5, 5)
    #expect(up(x).shape == [1, 3, 9, 9] && up(x, outputSize: [10, 9]).shape == [1, 3, 10, 9])
    #expect(
      "\(ConvTranspose2d(4, 6, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2, bias: false, dilation: 2))"
        == "ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(2, 2), "
        + "output_padding=(1, 1), groups=2, bias=False)")
    #expect("\(GroupNorm(3, 6))" == "GroupNorm(3, 6, eps=1e-05, affine=True, bias=True)")
    #expect("\(RMSNorm([3, 4]))" == "RMSNorm((3, 4), eps=None, elementwise_affine=True)")
    #expect("\(LayerNorm(4))" == "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)")
    #expect("\(LocalResponseNorm(3))" == "LocalResponseNorm(3, alpha=0.0001, beta=0.75, k=1.0)")
    #expect(
      "\(BatchNorm2d(3, momentum: nil))"
        == "BatchNorm2d(3, eps=1e-05, momentum=None, affine=True, bias=True, track_running_stats=True)")
    #expect("\(Bilinear(2, 3, 4))" == "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)")
    let names = "\(MultiheadAttention(4, 2))"
    #expect(names.contains("(out_proj): NonDynamicallyQuantizableLinear(in_features=4, out_features=4, bias=True)"))
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = MultiheadAttention(6, 4)
      }, "embedDim wants to be a positive multiple of numHeads; got embedDim 6, numHeads 4")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let x = Tensor.ones(5, 2, 4)
        _ = MultiheadAttention(4, 2)(x, x, x, attnMask: .ones(5, 4))
      }, "attnMask wants the shape [5, 5], or [4, 5, 5] for batch times heads", "attnMask [5, 4] float32")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let x = Tensor.ones(5, 2, 4)
        _ = MultiheadAttention(4, 2)(x, x, x, keyPaddingMask: .ones(5, 2).to(.bool))
      }, "keyPaddingMask wants the shape [2, 5], a place for each key")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let x = Tensor.ones(5, 2, 4)
        _ = MultiheadAttention(4, 2)(x, x, x, isCausal: true)
      }, "isCausal is a promise about attnMask: give the mask too")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let model = Transformer(dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1)
        _ = model(.ones(3, 2, 4), .ones(3, 1, 4))
      }, "Transformer", "src and tgt differ in batch size; got src [3, 2, 4] float32, tgt [3, 1, 4] float32")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = BatchNorm2d(3)(.ones(2, 3, 4))
      }, "input wants 4 dimensions; got [2, 3, 4] float32")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = BatchNorm2d(3)(.ones(2, 4, 4, 4))
      }, "the layer has 3 channels, the input 4")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let up = ConvTranspose1d(1, 1, kernelSize: 3, stride: 2)
        _ = up(.ones(1, 1, 4), outputSize: [11])
      }, "outputSize 11 at spatial dim 0 wants to be from 9 to 10")
  }
}
