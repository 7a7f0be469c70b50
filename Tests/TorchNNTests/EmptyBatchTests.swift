import Testing
import TorchNN

/// Batches, sequences and keys of no elements, as PyTorch 2.15 takes them.
@Suite struct EmptyBatchTests {
  @Test func batchesOfNothing() {
    #expect(LSTM(3, 4)(.ones(5, 0, 3)).0.shape == [5, 0, 4])
    #expect(GRU(3, 4, bidirectional: true)(.ones(5, 0, 3)).1.shape == [2, 0, 4])
    #expect(RNNCell(3, 4)(.ones(0, 3)).shape == [0, 4])
    let x = Tensor.ones(3, 0, 4), attention = MultiheadAttention(4, 2)
    #expect(attention(x, x, x).weights!.shape == [0, 3, 3])
    #expect(attention(x, x, x, needWeights: false).output.shape == [3, 0, 4])
    #expect(TransformerEncoderLayer(4, 2, dimFeedforward: 8)(x).shape == [3, 0, 4])
    #expect(LayerNorm(3)(.ones(0, 3)).shape == [0, 3] && Bilinear(2, 3, 4)(.ones(0, 2), .ones(0, 3)).shape == [0, 4])
    #expect(BatchNorm1d(3)(.ones(0, 3)).shape == [0, 3] && BatchNorm2d(3)(.ones(0, 3, 4, 4)).shape == [0, 3, 4, 4])
    #expect(ConvTranspose2d(2, 3, kernelSize: 3)(.ones(0, 2, 4, 4)).shape == [0, 3, 6, 6])
  }

  @Test func noQueriesAndNoKeys() {
    let attention = MultiheadAttention(4, 2), some = Tensor.ones(3, 2, 4), none = Tensor.ones(0, 2, 4)
    #expect(attention(none, some, some).output.shape == [0, 2, 4])
    let (output, weights) = attention(some, none, none)
    #expect(output.equal(attention.outProj.bias!.expand(3, 2, 4)) && weights!.shape == [2, 3, 0])
  }
}
