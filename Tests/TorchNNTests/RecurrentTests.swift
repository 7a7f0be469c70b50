import Testing
import TorchNN

/// Recurrent nets: packed sequences against each sequence alone, states, what is printed, wrong uses.
@Suite struct RecurrentTests {
  /// Sequences of several lengths, in one pack and one by one.
  @Test(arguments: [false, true], [false, true])
  func packedSequencesAreTheSequences(_ bidirectional: Bool, _ isSorted: Bool) {
    let lengths = isSorted ? [5, 4, 4, 1] : [2, 5, 1, 3]
    let sequences = lengths.map { Tensor.randn($0, 3, dtype: .float64) }
    let padded = Utils.padSequence(sequences)
    let pack = Utils.packPaddedSequence(padded, lengths, enforceSorted: isSorted)
    #expect(pack.lengths == lengths)
    #expect(Utils.padPackedSequence(pack).output.equal(padded))
    let directions = bidirectional ? 2 : 1
    let lstm = LSTM(3, 4, numLayers: 2, bidirectional: bidirectional, projSize: 2, dtype: .float64)
    let gru = GRU(3, 4, numLayers: 2, bidirectional: bidirectional, dtype: .float64)
    let h0 = Tensor.randn(2 * directions, 4, 2, dtype: .float64),
      c0 = Tensor.randn(2 * directions, 4, 4, dtype: .float64)
    let (output, (hN, cN)) = lstm(pack, (h0, c0))
    let (states, last) = gru(pack)
    let (all, counts) = Utils.padPackedSequence(output, batchFirst: true, totalLength: 7)
    #expect(all.shape == [4, 7, 2 * directions] && counts.array() as [Int] == lengths)
    let gruAll = Utils.padPackedSequence(states).output
    for (i, sequence) in sequences.enumerated() {
      let (alone, (h, c)) = lstm(sequence, (h0[0..., i], c0[0..., i]))
      #expect(all[i, 0..<lengths[i]].allclose(alone) && all[i, lengths[i]...].abs().sum().item() == 0)
      #expect(hN[0..., i].allclose(h) && cN[0..., i].allclose(c))
      let (gruAlone, gruLast) = gru(sequence)
      #expect(gruAll[0..<lengths[i], i].allclose(gruAlone) && last[0..., i].allclose(gruLast))
    }
  }

  @Test func aPackOfSequencesPadsBack() {
    let sequences = [Tensor.randn(2, 3), .randn(4, 3), .randn(1, 3)]
    let pack = Utils.packSequence(sequences, enforceSorted: false)
    #expect(pack.batchSizes == [3, 2, 1, 1])
    let (padded, lengths) = Utils.padPackedSequence(pack, batchFirst: true, paddingValue: -1)
    for (back, sequence) in zip(Utils.unpadSequence(padded, lengths.array(), batchFirst: true), sequences) {
      #expect(back.equal(sequence))
    }
    #expect(padded[2, 3, 0].item() as Float == -1)
    let left = Utils.padSequence(sequences, batchFirst: true, paddingOnLeft: true)
    #expect(left[0, 2...].equal(sequences[0]) && left[0, 0, 0].item() as Float == 0)
  }

  /// A cell step by step is the layer.
  @Test func cellsAreTheLayersSteps() throws {
    let lstm = LSTM(3, 4), cell = LSTMCell(3, 4), gru = GRU(3, 4), gruCell = GRUCell(3, 4)
    let rnn = RNN(3, 4, nonlinearity: .relu), rnnCell = RNNCell(3, 4, nonlinearity: .relu)
    for (layer, single) in [(lstm as Module, cell as Module), (gru, gruCell), (rnn, rnnCell)] {
      let state = layer.stateDict()
      try single.loadStateDict(StateDict(state.keys.map { (String($0.dropLast(3)), state[$0]!) }))
    }
    let x = Tensor.randn(5, 2, 3)
    var state: (Tensor, Tensor)?, h: Tensor?, r: Tensor?
    for t in 0..<5 {
      state = state == nil ? cell(x[t]) : cell(x[t], state)
      h = gruCell(x[t], h)
      r = rnnCell(x[t], r)
    }
    let (_, (hN, cN)) = lstm(x)
    #expect(state!.0.allclose(hN[0]) && state!.1.allclose(cN[0]))
    #expect(h!.allclose(gru(x).1[0]) && r!.allclose(rnn(x).1[0]))
    // Without a batch.
    #expect(cell(x[0, 0]).0.allclose(cell(x[0]).0[0]) && gruCell(x[0, 0]).shape == [4])
  }

  @Test func batchFirstAndNoBatchAreTheSame() throws {
    let manual = GRU(3, 4, numLayers: 2, bidirectional: true), x = Tensor.randn(5, 2, 3)
    let first = GRU(3, 4, numLayers: 2, batchFirst: true, bidirectional: true)
    try first.loadStateDict(manual.stateDict())
    let (a, h) = manual(x), (b, g) = first(x.transpose(0, 1))
    #expect(a.allclose(b.transpose(0, 1)) && h.allclose(g))
    let (c, k) = manual(x[0..., 0])
    #expect(c.allclose(a[0..., 0]) && k.allclose(h[0..., 0]))
  }

  @Test func copiesAndKeys() {
    let lstm = LSTM(3, 4, numLayers: 2, bias: false, bidirectional: true, projSize: 2)
    #expect(
      lstm.stateDict().keys.prefix(6) == [
        "weight_ih_l0", "weight_hh_l0", "weight_hr_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse",
        "weight_hr_l0_reverse",
      ])
    #expect(lstm.weight("weight_ih_l1")?.shape == [16, 4] && lstm.weight("bias_ih_l0") == nil)
    let copy = lstm.copy(), x = Tensor.randn(5, 2, 3)
    #expect(copy(x).0.equal(lstm(x).0) && copy.weight("weight_ih_l0") !== lstm.weight("weight_ih_l0"))
    #expect(
      "\(LSTM(3, 4, numLayers: 2, bias: false, batchFirst: true, dropout: 0.1, projSize: 2))"
        == "LSTM(3, 4, proj_size=2, num_layers=2, bias=False, batch_first=True, dropout=0.1)")
    #expect("\(RNN(3, 4, nonlinearity: .relu, bidirectional: true))" == "RNN(3, 4, bidirectional=True)")
    #expect("\(RNNCell(3, 4, nonlinearity: .relu))" == "RNNCell(3, 4, nonlinearity=relu)")
    #expect("\(GRUCell(3, 4, bias: false))" == "GRUCell(3, 4, bias=False)")
  }

  @Test func dropoutActsBetweenLayersInTraining() {
    let lstm = LSTM(3, 4, numLayers: 2, dropout: 0.5), x = Tensor.randn(5, 2, 3)
    #expect(!lstm(x).0.equal(lstm(x).0))
    lstm.eval()
    #expect(lstm(x).0.equal(lstm(x).0))
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = LSTM(3, 4)(.ones(5, 2, 7))
      }, "LSTM", "input wants 3 features in its last dimension; got input [5, 2, 7] float32")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = GRU(3, 4)(.ones(5, 2, 3), .ones(1, 3, 4))
      }, "the hidden state wants the shape [1, 2, 4]", "it has [1, 3, 4]")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = LSTM(3, 4, projSize: 4)
      }, "projSize wants to be 0 or below hiddenSize 4, got 4")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Utils.packPaddedSequence(.ones(3, 2, 1), [1, 3])
      }, "lengths want to be sorted, longest first; or say enforceSorted: false")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Utils.packPaddedSequence(.ones(3, 2, 1), [4, 3])
      }, "a length wants to be from 1 to 3")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = LSTMCell(3, 4)(.ones(2, 3), (.ones(2, 5), .ones(2, 4)))
      }, "the state wants 4 numbers for each input")
  }
}
