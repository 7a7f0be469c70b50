import Torch

/// Sequences of several lengths without padding, step by step, as `torch.nn.utils.rnn.PackedSequence`.
public struct PackedSequence: Sendable {
  /// The first step of every sequence, then the second of those that have one, and so on; longest sequence first.
  /// - Shape: `[sum of lengths, ...]`.
  public var data: Tensor
  /// How many sequences have each step; never more than the step before.
  public let batchSizes: [Int]
  /// Where each sequence, longest first, stands in the caller's batch; nil where the batch was sorted.
  /// - Shape: `[batch]`, int64.
  public let sortedIndices: Tensor?
  /// Where each sequence of the caller's batch stands, longest first.
  /// - Shape: `[batch]`, int64.
  public let unsortedIndices: Tensor?

  /// Packs rows that are in order already.
  /// - Precondition: batch sizes are positive, fall or stay, and add up to the rows of `data`.
  public init(_ data: Tensor, batchSizes: [Int], sortedIndices: Tensor? = nil, unsortedIndices: Tensor? = nil) {
    guard let first = batchSizes.first, batchSizes.allSatisfy({ $0 > 0 && $0 <= first }),
      zip(batchSizes, batchSizes.dropFirst()).allSatisfy({ $0 >= $1 }), data.ndim > 0,
      batchSizes.reduce(0, +) == data.shape[0]
    else {
      fault(
        "PackedSequence",
        "batchSizes want to be positive, to never grow and to add up to the rows of data; got \(batchSizes), data "
          + data.signature)
    }
    self.data = data
    self.batchSizes = batchSizes
    self.sortedIndices = sortedIndices
    self.unsortedIndices = unsortedIndices ?? sortedIndices.map { order in noGrad { order.argsort() } }
  }

  /// The length of each sequence, longest first.
  private var sortedLengths: [Int] { (0..<batchSizes[0]).map { place in batchSizes.count { $0 > place } } }

  /// The length of each sequence in the caller's order.
  public var lengths: [Int] {
    guard let unsortedIndices else { return sortedLengths }
    let sorted = sortedLengths
    return (unsortedIndices.array() as [Int64]).map { sorted[Int($0)] }
  }
}

extension Utils {
  /// Packs padded sequences, as `torch.nn.utils.rnn.pack_padded_sequence`.
  /// - Parameters:
  ///   - lengths: how many steps of each sequence count.
  ///   - enforceSorted: whether the caller has sorted the batch, longest first; else it is sorted here and put back by
  ///     ``padPackedSequence(_:batchFirst:paddingValue:totalLength:)``.
  /// - Shape: `[length, batch, ...]`, with `batchFirst` `[batch, length, ...]`.
  /// - Precondition: one length for each sequence, from 1 to the input's; sorted where that is promised.
  public static func packPaddedSequence(
    _ input: Tensor, _ lengths: [Int], batchFirst: Bool = false, enforceSorted: Bool = true
  ) -> PackedSequence {
    inOp("pack_padded_sequence") {
      func refuse(_ rule: String) -> Never {
        fault("pack_padded_sequence", "\(rule); got input \(input.signature), lengths \(lengths)")
      }
      guard input.ndim >= 2 else { refuse("input wants at least 2 dimensions") }
      var x = batchFirst ? input.transpose(0, 1) : input
      guard !lengths.isEmpty, lengths.count == x.shape[1] else {
        refuse("wants one length for each of the \(x.shape[1]) sequences")
      }
      guard lengths.allSatisfy({ $0 > 0 && $0 <= x.shape[0] }) else {
        refuse("a length wants to be from 1 to \(x.shape[0])")
      }
      var sorted = lengths, order: Tensor?
      if enforceSorted {
        guard zip(lengths, lengths.dropFirst()).allSatisfy({ $0 >= $1 }) else {
          refuse("lengths want to be sorted, longest first; or say enforceSorted: false")
        }
      } else {
        let places = lengths.indices.sorted { lengths[$0] == lengths[$1] ? $0 < $1 : lengths[$0] > lengths[$1] }
        sorted = places.map { lengths[$0] }
        let indices = Tensor(places).to(x.device)
        x = x.indexSelect(dim: 1, index: indices)
        order = indices
      }
      let sizes = (0..<sorted[0]).map { step in sorted.count { $0 > step } }
      let rows = zip(x.unbind(dim: 0), sizes).map { $0.narrow(dim: 0, start: 0, length: $1) }
      return PackedSequence(Tensor.cat(rows, dim: 0), batchSizes: sizes, sortedIndices: order)
    }
  }

  /// The padded batch of packed sequences and their lengths, as `torch.nn.utils.rnn.pad_packed_sequence`.
  /// - Parameter totalLength: the steps of the result; nil for those of the longest sequence.
  /// - Shape: `[length, batch, ...]`, with `batchFirst` `[batch, length, ...]`; lengths `[batch]`.
  /// - Precondition: `totalLength` is at least the longest length.
  public static func padPackedSequence(
    _ sequence: PackedSequence, batchFirst: Bool = false, paddingValue: Double = 0, totalLength: Int? = nil
  ) -> (output: Tensor, lengths: Tensor) {
    inOp("pad_packed_sequence") {
      let sizes = sequence.batchSizes, length = totalLength ?? sizes.count
      guard length >= sizes.count else {
        fault("pad_packed_sequence", "totalLength \(length) is below the longest sequence's \(sizes.count) steps")
      }
      let shape = [sizes[0]] + Array(sequence.data.shape.dropFirst())
      var steps = sequence.data.split(splitSize: sizes, dim: 0).map { rows in
        let missing = sizes[0] - rows.shape[0]
        if missing == 0 { return rows }
        let filler = Tensor.full(
          [missing] + Array(shape.dropFirst()), paddingValue, dtype: rows.dtype, device: rows.device)
        return Tensor.cat([rows, filler], dim: 0)
      }
      if length > steps.count {
        let filler = Tensor.full(shape, paddingValue, dtype: sequence.data.dtype, device: sequence.data.device)
        steps += Array(repeating: filler, count: length - steps.count)
      }
      var output = Tensor.stack(steps)
      if let places = sequence.unsortedIndices { output = output.indexSelect(dim: 1, index: places) }
      return (batchFirst ? output.transpose(0, 1) : output, Tensor(sequence.lengths))
    }
  }

  /// Sequences of several lengths in one batch, padded at their ends, as `torch.nn.utils.rnn.pad_sequence`.
  /// - Parameter paddingOnLeft: whether sequences are padded at their beginnings, as `padding_side="left"`.
  /// - Shape: each `[length, ...]`; the result `[longest, batch, ...]`, with `batchFirst` `[batch, longest, ...]`.
  /// - Precondition: at least one sequence; all agree but in length.
  public static func padSequence(
    _ sequences: [Tensor], batchFirst: Bool = false, paddingValue: Double = 0, paddingOnLeft: Bool = false
  ) -> Tensor {
    inOp("pad_sequence") {
      guard let first = sequences.first else { fault("pad_sequence", "wants at least one sequence") }
      for sequence in sequences {
        guard sequence.ndim > 0, sequence.dtype == first.dtype,
          sequence.shape.dropFirst().elementsEqual(first.shape.dropFirst())
        else {
          fault(
            "pad_sequence",
            "all sequences want one dtype, and one shape but for their lengths; got "
              + "\(first.signature) and \(sequence.signature)")
        }
      }
      let longest = sequences.map { $0.shape[0] }.max() ?? 0
      let padded = sequences.map { sequence in
        let missing = longest - sequence.shape[0]
        if missing == 0 { return sequence }
        let filler = Tensor.full(
          [missing] + Array(sequence.shape.dropFirst()), paddingValue, dtype: sequence.dtype, device: sequence.device)
        return Tensor.cat(paddingOnLeft ? [filler, sequence] : [sequence, filler], dim: 0)
      }
      return Tensor.stack(padded, dim: batchFirst ? 0 : 1)
    }
  }

  /// Packs sequences of several lengths, as `torch.nn.utils.rnn.pack_sequence`.
  /// - Precondition: as ``padSequence(_:batchFirst:paddingValue:paddingOnLeft:)`` and
  ///   ``packPaddedSequence(_:_:batchFirst:enforceSorted:)``.
  public static func packSequence(_ sequences: [Tensor], enforceSorted: Bool = true) -> PackedSequence {
    inOp("pack_sequence") {
      packPaddedSequence(padSequence(sequences), sequences.map { $0.shape[0] }, enforceSorted: enforceSorted)
    }
  }

  /// The sequences of a padded batch, each as long as it is, as `torch.nn.utils.rnn.unpad_sequence`.
  public static func unpadSequence(_ padded: Tensor, _ lengths: [Int], batchFirst: Bool = false) -> [Tensor] {
    inOp("unpad_sequence") {
      let batch = batchFirst ? padded : padded.transpose(0, 1)
      guard lengths.count == batch.shape[0], lengths.allSatisfy({ $0 >= 0 && $0 <= batch.shape[1] }) else {
        fault(
          "unpad_sequence",
          "wants one length for each sequence, of at most \(batch.shape[1]); got \(lengths), "
            + "padded \(padded.signature)")
      }
      return zip(batch.unbind(dim: 0), lengths).map { $0.narrow(dim: 0, start: 0, length: $1) }
    }
  }
}
